import type { Call } from "@naruko/core/model/call";
import type { Labels } from "@naruko/core/model/labels";
import type { Stale } from "@naruko/core/model/sample";

/** Where a directive stands, both from 1. */
export type Position = { readonly line: number; readonly column: number };

/** A file that a directive names, as written there: relative to the scenario's folder. */
export type NamedFile = { readonly file: string; readonly position: Position };

/** `rule NAME for D: EXPR`. */
export type InlineRule = { readonly name: string; readonly forMs: number; readonly expr: string };

/** `load STEP SERIES POINTS`: one value every step, the first at time 0. */
export type Load = {
  readonly stepMs: number;
  readonly labels: Labels;
  /** `undefined` is a gap. */
  readonly values: readonly (number | Stale | undefined)[];
};

/** `calls FROM TO RATE key=value…`: evenly spaced, none on the borders. */
export type Traffic = {
  readonly line: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly callsPerMinute: number;
  readonly call: CallFields;
};

/** What the calls of one directive have in common. */
export type CallFields = Omit<Call, "traceId" | "spanId" | "startAt" | "endAt"> & {
  /** By the evaluation's name: each call gets such a verdict as it ends. */
  readonly scores: ReadonlyMap<string, number>;
};

/** `gap FROM TO`: Naruko does not run, and receives nothing. */
export type Gap = { readonly fromMs: number; readonly toMs: number; readonly position: Position };

/** `at T …`: what holds after tick T, a text a line as `observe` writes them, sorted. */
export type Check = {
  readonly atMs: number;
  readonly position: Position;
  readonly expected: readonly string[];
};

/** A `.scenario` file that was read. Times are milliseconds since its start. */
export type Scenario = {
  /** As shown in messages. */
  readonly name: string;
  readonly intervalMs: number;
  readonly ruleFiles: readonly NamedFile[];
  readonly routing: NamedFile | undefined;
  readonly rules: readonly InlineRule[];
  readonly loads: readonly Load[];
  readonly traffic: readonly Traffic[];
  /** By time, apart from each other. */
  readonly gaps: readonly Gap[];
  /** By time; never empty. */
  readonly checks: readonly Check[];
};
