import { formatDuration } from "@naruko/core/model/duration";
import { InputError } from "@naruko/core/model/input-error";
import type { Features } from "@naruko/core/model/features";
import { formatLabels } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { STALE } from "@naruko/core/model/sample";
import type { Append } from "@naruko/core/model/sample";
import { type EpochMs, epochMs } from "@naruko/core/model/time";
import type { RuleContext } from "@naruko/core/rules/context";
import type { RuleGroup } from "@naruko/core/rules/rule";
import { RuleSet, type TickResult } from "@naruko/core/rules/rule-set";
import { checkAlerts, type Judged } from "./check-alerts.ts";
import { checkExpr } from "./check-expr.ts";
import type {
  AlertCheck,
  ExprCheck,
  InputSeries,
  Position,
  RuleTest,
  RuleTestFile,
} from "./rule-test.ts";
import { TestStore } from "./test-store.ts";

/** One check of a test and what became of it. */
export type RuleCheck = {
  readonly test: string;
  readonly check: AlertCheck | ExprCheck;
  /** Of the check, or of the fault in its expression. */
  readonly position: Position;
  /** Why it failed, where the lines do not tell: the expression was refused. */
  readonly reason?: string;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
  readonly passed: boolean;
};

export type RuleTestResult = {
  /** In the order of the file; those after a fault are missing. */
  readonly checks: readonly RuleCheck[];
  /** What ended the test: a rule failed, or wrote what is there already. */
  readonly faults: readonly string[];
};

/** Evaluations of one test; more would take minutes. */
const TICKS_MAX = 1_000_000;

export type RuleTestOptions = {
  readonly groups: readonly RuleGroup[];
  readonly features: Features;
};

/**
 * Runs one test in event time, as `promtool test rules` does: at each evaluation the input series
 * come up to that time, then every group is evaluated, whatever its own interval. Alerts are those of
 * the last evaluation at or before `eval_time`; expressions are asked when all evaluations are done.
 */
export function runRuleTest(
  file: RuleTestFile,
  test: RuleTest,
  options: RuleTestOptions,
): RuleTestResult {
  const run = new RuleTestRun(file, test, options);
  const times = [...test.alertChecks, ...test.exprChecks].map(({ atMs }) => atMs);
  const lastMs = Math.max(0, ...times);
  if (lastMs / file.intervalMs > TICKS_MAX) {
    const what = `more than ${TICKS_MAX} evaluations; take a longer evaluation_interval`;
    return { checks: [], faults: [`${where(file, test)}: ${what}`] };
  }
  for (let ms = 0; ms <= lastMs; ms += file.intervalMs) {
    const faults = run.evaluate(ms);
    if (faults.length > 0) return { checks: run.checks(), faults };
  }
  run.askExpressions();
  return { checks: run.checks(), faults: [] };
}

function where({ name }: RuleTestFile, test: RuleTest): string {
  return `${name}:${test.position.line}:${test.position.column}: ${test.name}`;
}

class RuleTestRun {
  readonly #file: RuleTestFile;
  readonly #test: RuleTest;
  readonly #features: Features;
  readonly #store = new TestStore();
  readonly #inputs: readonly Input[];
  readonly #rules: RuleSet;
  readonly #context: RuleContext;
  readonly #found = new Map<AlertCheck | ExprCheck, RuleCheck>();
  #refused: string[] = [];

  constructor(file: RuleTestFile, test: RuleTest, { groups, features }: RuleTestOptions) {
    this.#file = file;
    this.#test = test;
    this.#features = features;
    this.#inputs = test.inputs.map((series) => new Input(series, test));
    this.#rules = new RuleSet(file.intervalMs);
    const everyTick = groups.map((group) => ({ ...group, intervalMs: undefined }));
    this.#rules.reload(everyTick, epochMs(test.startAt));
    this.#context = {
      reader: () => this.#store.snapshot(),
      append: (...sample) => this.#append(...sample),
      limits: DEFAULT_LIMITS,
      externalUrl: test.externalUrl,
      externalLabels: test.externalLabels,
      subqueryStepMs: file.intervalMs,
      expressions: { features },
    };
  }

  /** Every check that was made, in the order of the file. */
  checks(): RuleCheck[] {
    const all = [...this.#test.alertChecks, ...this.#test.exprChecks];
    return all.flatMap((check) => this.#found.get(check) ?? []);
  }

  /** Moves to a time; what it returns ends the test. */
  evaluate(ms: number): string[] {
    const at = epochMs(this.#test.startAt + ms);
    for (const input of this.#inputs) input.loadTo(at, this.#store);
    const { failures } = finished(this.#rules.evaluate(at, this.#context));
    const faults = failures.map(({ rule, message }) => `rule ${rule}: ${message}`);
    faults.push(...this.#refused);
    if (faults.length > 0) {
      const place = `${where(this.#file, this.#test)}, at ${formatDuration(ms)}`;
      const { alertChecks, exprChecks } = this.#test;
      const open = alertChecks.length + exprChecks.length - this.#found.size;
      const left = open === 0 ? "" : `; ${open} checks were not made`;
      return faults.map((what, i) => `${place}: ${what}${i === 0 ? left : ""}`);
    }
    for (const check of this.#test.alertChecks) {
      const due = check.atMs >= ms && check.atMs < ms + this.#file.intervalMs;
      if (due) this.#judge(check, () => checkAlerts(check, this.#rules.alertsView()));
    }
    return [];
  }

  askExpressions(): void {
    for (const check of this.#test.exprChecks) {
      const at = epochMs(this.#test.startAt + check.atMs);
      const { fuzzyCompare } = this.#file;
      const options = { fuzzyCompare, features: this.#features };
      this.#judge(check, () => checkExpr(check, at, this.#context, options));
    }
  }

  #judge(check: AlertCheck | ExprCheck, judge: () => Judged): void {
    const { name: test } = this.#test;
    try {
      this.#found.set(check, { test, check, position: check.position, ...judge() });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const position = "expr" in check ? check.exprPosition(error.place) : check.position;
      // The parser counts line and column from where the expression begins.
      const reason = error.message.replace(/^\d+:\d+: /, "");
      const nothing = { expected: [], actual: [], passed: false };
      this.#found.set(check, { test, check, position, reason, ...nothing });
    }
  }

  #append(...[labels, at, value]: Parameters<Append>): void {
    const result = this.#store.append(labels, at, value);
    if (result === "appended" || result === "late" || result === "repeat") return;
    // A series that ends may have gone on otherwise: the end is then not its own.
    if (value === STALE) return;
    const what = result === "duplicate" ? "has another sample at this time already" : result;
    this.#refused.push(`${formatLabels(labels)}, which a rule writes, ${what}`);
  }
}

function finished(work: Generator<undefined, TickResult>): TickResult {
  for (;;) {
    const turn = work.next();
    if (turn.done === true) return turn.value;
  }
}

/** An input series, of which so much is loaded as time has passed. */
class Input {
  readonly #series: InputSeries;
  readonly #startAt: number;
  readonly #stepMs: number;
  #next = 0;

  constructor(series: InputSeries, { startAt, stepMs }: RuleTest) {
    this.#series = series;
    this.#startAt = startAt;
    this.#stepMs = stepMs;
  }

  loadTo(at: EpochMs, store: TestStore): void {
    const { labels, values } = this.#series;
    for (; this.#next < values.length; this.#next++) {
      const time = epochMs(this.#startAt + this.#next * this.#stepMs);
      if (time > at) return;
      const value = values[this.#next];
      if (value !== undefined) store.append(labels, time, value);
    }
  }
}
