import type { Transition } from "../model/engine-io.ts";
import { InputError } from "../model/input-error.ts";
import type { Labels } from "../model/labels.ts";
import { STALE } from "../model/sample.ts";
import type { EpochMs } from "../model/time.ts";
import { epochMs } from "../model/time.ts";
import { type CommonParts, commonParts, RememberedWork } from "../promql/remembered-work.ts";
import { ALERTS, ALERTS_FOR_STATE, moveAlerts } from "./alerting.ts";
import type { RuleContext } from "./context.ts";
import type { Element } from "./expression.ts";
import { evaluateExpression } from "./expression.ts";
import { recordedSamples } from "./recording.ts";
import type { Rule, RuleGroup } from "./rule.ts";
import type { GroupState, RuleState } from "./rule-state.ts";

export type RuleFailure = { readonly rule: string; readonly message: string };

export type GroupResult = {
  readonly transitions: readonly Transition[];
  readonly evaluated: number;
  readonly failures: readonly RuleFailure[];
  /** Samples written, stale markers left out. */
  readonly samples: number;
};

/**
 * Whether a group is evaluated at a tick: when a multiple of its interval since 1970 lies between
 * the tick before, excluded, and this one.
 *
 * @param intervalMs absent: every tick
 */
export function isDue(intervalMs: number | undefined, at: EpochMs, tickMs: number): boolean {
  if (intervalMs === undefined || intervalMs <= tickMs) return true;
  return Math.floor(at / intervalMs) > Math.floor((at - tickMs) / intervalMs);
}

/**
 * Evaluates a group's rules in order, each over what the ones before it wrote. A rule that fails
 * keeps its error and its alerts' states and stops no other.
 */
export function* evaluateGroup(
  state: GroupState,
  at: EpochMs,
  context: RuleContext,
): Generator<undefined, GroupResult> {
  const transitions: Transition[] = [];
  const failures: RuleFailure[] = [];
  const written = new Set<string>();
  let samples = 0;
  let evaluated = 0;
  const remembered = new RememberedWork(commonPartsOf(state.group));
  for (const rule of state.rules) {
    if (rule.waiting || (rule.quietUntil !== undefined && at < rule.quietUntil)) continue;
    rule.quietUntil = undefined;
    evaluated++;
    const outcome = yield* evaluateRule(rule, state, at, { context, remembered });
    transitions.push(...outcome.transitions);
    rule.lastEvaluatedAt = at;
    rule.health = outcome.failure === undefined ? "ok" : "err";
    rule.lastError = outcome.failure;
    if (outcome.samples === undefined) {
      failures.push({ rule: rule.rule.name, message: outcome.failure ?? "" });
      continue;
    }
    for (const { labels } of outcome.samples) written.add(labels.key);
    samples += outcome.samples.length;
    write(rule, outcome.samples, { at: epochMs(at - state.group.queryOffsetMs), written }, context);
    for (const metric of writtenBy(rule.rule)) remembered.written(metric);
  }
  state.lastEvaluatedAt = at;
  return { transitions, evaluated, failures, samples };
}

const common = new WeakMap<RuleGroup, CommonParts>();

/** What the expressions of a group have in common, found once. */
function commonPartsOf(group: RuleGroup): CommonParts {
  const known = common.get(group);
  if (known !== undefined) return known;
  const found = commonParts(group.rules.map(({ expr }) => expr.expr));
  common.set(group, found);
  return found;
}

/** The metrics that a rule's samples and stale markers belong to. */
function writtenBy(rule: Rule): readonly string[] {
  return rule.kind === "record" ? [rule.name] : [ALERTS, ALERTS_FOR_STATE];
}

type GroupWork = { readonly context: RuleContext; readonly remembered: RememberedWork };

type RuleOutcome = {
  readonly transitions: readonly Transition[];
  /** Absent exactly when the rule failed. */
  readonly samples: readonly Element[] | undefined;
  readonly failure: string | undefined;
};

function* evaluateRule(
  state: RuleState,
  { group }: GroupState,
  at: EpochMs,
  { context, remembered }: GroupWork,
): Generator<undefined, RuleOutcome> {
  const { rule } = state;
  const time = epochMs(at - group.queryOffsetMs);
  try {
    const elements = yield* evaluateExpression(rule.expr, time, { ...context, remembered });
    if (rule.kind === "record") {
      const samples = recordedSamples(elements, { rule, group, at });
      return { transitions: [], samples, failure: undefined };
    }
    const moved = moveAlerts(state.alerts, elements, { rule, group, at }, context);
    state.alerts = moved.alerts;
    const { transitions, failure } = moved;
    return { transitions, samples: failure === undefined ? moved.samples : undefined, failure };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { transitions: [], samples: undefined, failure: error.message };
  }
}

/** Writes a rule's samples, and a stale marker for each series that it no longer produces. */
function write(
  state: RuleState,
  samples: readonly Element[],
  { at, written }: { readonly at: EpochMs; readonly written: ReadonlySet<string> },
  { append }: RuleContext,
): void {
  const series = new Map<string, Labels>();
  for (const { labels, value } of samples) {
    append(labels, at, value);
    series.set(labels.key, labels);
  }
  for (const [key, labels] of state.series) {
    // Another rule of the group may have taken the series over.
    if (!written.has(key)) append(labels, at, STALE);
  }
  state.series = series;
}
