import type { Effect, EngineSetup, Transition } from "../model/engine-io.ts";
import { featureSet } from "../model/features.ts";
import type { FindExemplars } from "../model/exemplar.ts";
import { InputError } from "../model/input-error.ts";
import { labelEntries } from "../model/labels.ts";
import { limitNamedIn } from "../model/limits.ts";
import type { Limits } from "../model/limits.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Reader } from "../model/reader.ts";
import type { Append } from "../model/sample.ts";
import { Tally } from "../model/tally.ts";
import type { EpochMs } from "../model/time.ts";
import type { YamlFile } from "../model/yaml.ts";
import { canonicalMetricName } from "../normalize/metric-names.ts";
import { Forwarder } from "../notify/forward.ts";
import type { PostCount, SavedForwarder } from "../notify/forward.ts";
import { Notifier } from "../notify/notifier.ts";
import type { NotifierSetup } from "../notify/notifier.ts";
import { parseRouting } from "../notify/routing-file.ts";
import { DEFAULT_ROUTING } from "../notify/routing.ts";
import type { Routing } from "../notify/routing.ts";
import type { SavedNotifier } from "../notify/saved-notifier.ts";
import type { ExpressionOptions } from "../rules/expression.ts";
import { parseRuleFile } from "../rules/rule-file.ts";
import type { RuleGroup } from "../rules/rule.ts";
import { RuleSet } from "../rules/rule-set.ts";
import type { TickResult } from "../rules/rule-set.ts";
import type { SavedRuleSet } from "../rules/saved-rules.ts";
import { type GoldenCheck, QualityPages, type SavedQualityPages } from "./quality-pages.ts";

export type AlertingOptions = {
  readonly intervalMs: number;
  readonly limits: Limits;
  readonly parseYaml: (name: string, text: string) => YamlFile;
};

/** What it needs of other stages. */
export type AlertingPorts = { readonly golden: GoldenCheck };

/** What one tick needs of the series. */
export type TickContext = {
  readonly seq: number;
  readonly append: Append;
  readonly reader: () => Reader;
  readonly exemplars: FindExemplars;
};

/** A setup that was read and found right. */
export type CheckedSetup = {
  readonly groups: readonly RuleGroup[];
  readonly routing: Routing;
  /** How far back its rules look, in ms. */
  readonly reachMs: number;
  /** Accepted, but worth a look: told when it is loaded. */
  readonly warnings: readonly string[];
};

type SavedAlerting = {
  readonly rules: SavedRuleSet;
  readonly notifier: SavedNotifier;
  readonly forwarder: SavedForwarder;
  /** Absent in states that were written before there was any. */
  readonly pages?: SavedQualityPages;
  readonly counters: readonly (readonly [string, number])[];
};

function expressionsOf({ features }: EngineSetup): ExpressionOptions {
  return { canonicalName: canonicalMetricName, features: featureSet(features) };
}

/**
 * Reads the texts of a setup.
 *
 * @throws InputError with every fault, a line each
 */
export function checkSetup(setup: EngineSetup, options: AlertingOptions): CheckedSetup {
  const errors: InputError[] = [];
  const warnings: string[] = [];
  const expressions = expressionsOf(setup);
  const groups = setup.ruleFiles.flatMap(({ name, text }) => {
    const parsed = parseRuleFile(options.parseYaml(name, text), expressions);
    errors.push(...parsed.errors);
    warnings.push(...parsed.warnings.map(({ message }) => message));
    return parsed.groups;
  });
  const routing = readRouting(setup, options, errors, warnings);
  const [first] = errors;
  if (first !== undefined || routing === undefined) {
    const lines = errors.map(({ message }) => message).join("\n");
    throw new InputError(first?.kind ?? "routing", lines, first?.place);
  }
  const rules = new RuleSet(options.intervalMs);
  rules.reload(groups, EPOCH);
  return { groups, routing, reachMs: rules.reachMs(), warnings };
}

const EPOCH = 0 as EpochMs;

function readRouting(
  { routing: file }: EngineSetup,
  { parseYaml }: AlertingOptions,
  errors: InputError[],
  warnings: string[],
): Routing | undefined {
  if (file === undefined) return DEFAULT_ROUTING;
  const parsed = parseRouting(parseYaml(file.name, file.text));
  errors.push(...parsed.errors);
  warnings.push(...parsed.warnings.map(({ message }) => message));
  return parsed.routing;
}

/** Rules and notifications: from the series to what people are told. */
export class Alerting {
  readonly #options: AlertingOptions;
  readonly #rules: RuleSet;
  readonly #pages: QualityPages;
  readonly #counters = new Tally();
  #setup: EngineSetup;
  #routing: Routing;
  #notifier: Notifier;
  #forwarder: Forwarder;

  /** @throws InputError when a text of the setup is refused */
  constructor(setup: EngineSetup, options: AlertingOptions & AlertingPorts, saved?: unknown) {
    this.#options = options;
    this.#setup = setup;
    this.#rules = new RuleSet(options.intervalMs);
    const { groups, routing } = checkSetup(setup, options);
    this.#routing = routing;
    // Our own snapshot, whose version the engine has checked.
    const state = saved as SavedAlerting | undefined;
    if (state === undefined) this.#rules.reload(groups, EPOCH);
    else this.#rules.load(groups, state.rules);
    this.#pages = new QualityPages(options.golden, groups, state?.pages);
    for (const [name, count] of state?.counters ?? []) this.#counters.add(name, count);
    this.#notifier = new Notifier(this.#notifierSetup(), state?.notifier);
    this.#forwarder = new Forwarder(this.#forwarderSetup(), state?.forwarder);
  }

  /** Evaluates the rules that are due at a tick, and says what is to be told to whom. */
  *advance(
    at: EpochMs,
    { seq, append, reader, exemplars }: TickContext,
  ): Generator<undefined, readonly Effect[], undefined> {
    const { limits } = this.#options;
    const { externalUrl } = this.#setup;
    const expressions = expressionsOf(this.#setup);
    const context = { reader, append, exemplars, limits, externalUrl, expressions };
    const result = yield* this.#rules.evaluate(at, context);
    this.#count(result);
    return this.#tell(result.transitions, at, seq);
  }

  /** Carries alerts over a time that did not run. */
  gap(from: EpochMs, to: EpochMs, seq: number): readonly Effect[] {
    return keep(this.#rules.gap(from, to), seq);
  }

  /** Takes another setup, which was checked before it was committed. */
  reload(setup: EngineSetup, at: EpochMs, seq: number): readonly Effect[] {
    const { groups, routing } = checkSetup(setup, this.#options);
    const ended = this.#rules.reload(groups, at);
    this.#setup = setup;
    this.#routing = routing;
    this.#notifier.reload(this.#notifierSetup(), at);
    this.#forwarder.reload(this.#forwarderSetup());
    this.#pages.reload(groups);
    this.#take(ended, at);
    return keep(ended, seq);
  }

  settle(key: string, outcome: Outcome): void {
    if (this.#notifier.settle(key, outcome) === "settled") return;
    if (this.#forwarder.settle(key, outcome) === "unknown")
      this.#counters.add("outcomes_unknown", 1);
  }

  outstanding(): readonly Effect[] {
    const deliveries = this.#notifier.outstanding();
    const posts = this.#forwarder.outstanding();
    return [...deliveries.map((delivery) => ({ kind: "deliver" as const, delivery })), ...posts];
  }

  /** How far back memory must reach, in ms. */
  get reachMs(): number {
    return this.#rules.reachMs();
  }

  /** How a receiver is reached; the shell carries deliveries out by it. */
  get routing(): Routing {
    return this.#routing;
  }

  rulesView(): ReturnType<RuleSet["rulesView"]> {
    return this.#rules.rulesView();
  }

  alertsView(): ReturnType<RuleSet["alertsView"]> {
    return this.#rules.alertsView();
  }

  groupsView(): ReturnType<Notifier["views"]> {
    return this.#notifier.views();
  }

  deliveryCounts(): ReturnType<Notifier["deliveryCounts"]> {
    return this.#notifier.deliveryCounts();
  }

  postCounts(): readonly PostCount[] {
    return this.#forwarder.postCounts();
  }

  counters(): Iterable<readonly [string, number]> {
    return this.#counters.counts;
  }

  save(): unknown {
    const saved: SavedAlerting = {
      rules: this.#rules.save(),
      notifier: this.#notifier.save(),
      forwarder: this.#forwarder.save(),
      pages: this.#pages.save(),
      counters: [...this.#counters.counts],
    };
    return saved;
  }

  #tell(transitions: readonly Transition[], at: EpochMs, seq: number): readonly Effect[] {
    this.#take(transitions, at);
    const deliveries = this.#notifier.due(at);
    for (const { truncatedAlerts } of deliveries) {
      if (truncatedAlerts > 0) this.#counters.add("limit_alertsPerNotification", truncatedAlerts);
    }
    return [
      ...keep(transitions, seq),
      ...deliveries.map((delivery) => ({ kind: "deliver" as const, delivery })),
      ...this.#forwarder.due(at),
    ];
  }

  #take(transitions: readonly Transition[], at: EpochMs): void {
    const passed = this.#pages.pass(transitions, at);
    this.#notifier.take(passed, at);
    this.#forwarder.take(passed);
  }

  #count({ evaluated, failures, samples, transitions }: TickResult): void {
    this.#counters.add("rule_evaluations", evaluated);
    this.#counters.add("rule_failures", failures.length);
    this.#counters.add("rule_samples", samples);
    this.#counters.add("alert_transitions", transitions.length);
    for (const { message } of failures) this.#countLimit(message);
    // A text that could not be expanded is shown as the reason for it.
    for (const { annotations, labels } of transitions) {
      for (const [, text] of [...labelEntries(annotations), ...labelEntries(labels)]) {
        if (text.startsWith("<error expanding template: ")) this.#countLimit(text);
      }
    }
  }

  #countLimit(message: string): void {
    const limit = limitNamedIn(message);
    if (limit !== undefined) this.#counters.add(`limit_${limit}`, 1);
  }

  #notifierSetup(): NotifierSetup {
    const { externalUrl } = this.#setup;
    const { limits } = this.#options;
    return { routing: this.#routing, externalUrl, generatorUrl: this.#generatorUrl, limits };
  }

  #forwarderSetup(): ConstructorParameters<typeof Forwarder>[0] {
    const { alertmanagers } = this.#setup;
    const { intervalMs } = this.#options;
    return { alertmanagers, intervalMs, generatorUrl: this.#generatorUrl };
  }

  /** As Prometheus' links: the expression in the query page. */
  readonly #generatorUrl = (transition: Transition): string => {
    const expr = this.#rules.expressionOf(transition) ?? "";
    return `${this.#setup.externalUrl}/graph?g0.expr=${encodeURIComponent(expr)}&g0.tab=1`;
  };
}

function keep(transitions: readonly Transition[], seq: number): readonly Effect[] {
  return transitions.length === 0 ? [] : [{ kind: "keep-transitions", seq, transitions }];
}
