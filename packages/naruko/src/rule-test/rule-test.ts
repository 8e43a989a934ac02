import type { Place } from "@naruko/core/model/input-error";
import type { Labels } from "@naruko/core/model/labels";
import type { SeriesValue, WrittenHistogram } from "@naruko/core/promql/test-language/series-line";

/** A file of rule tests in promtool's format. Times are durations in ms from a test's start. */
export type RuleTestFile = {
  readonly name: string;
  readonly ruleFiles: readonly NamedPattern[];
  readonly intervalMs: number;
  /** Group names; those that are missing here come with the first. */
  readonly groupOrder: readonly string[];
  /** Whether expected numbers may be off by the last digit. */
  readonly fuzzyCompare: boolean;
  readonly tests: readonly RuleTest[];
  /** What is accepted and hardly meant, as `file:line:column: …`. */
  readonly warnings: readonly string[];
};

/** Both from 1. */
export type Position = { readonly line: number; readonly column: number };

/** A path of rule files, relative to the test file, with `*`, `?` and `[…]`. */
export type NamedPattern = { readonly pattern: string; readonly position: Position };

export type RuleTest = {
  /** As it is shown: its name, or its number. */
  readonly name: string;
  readonly position: Position;
  /** Epoch ms. */
  readonly startAt: number;
  /** Between two values of an input series. */
  readonly stepMs: number;
  readonly inputs: readonly InputSeries[];
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  readonly alertChecks: readonly AlertCheck[];
  readonly exprChecks: readonly ExprCheck[];
};

export type InputSeries = { readonly labels: Labels; readonly values: readonly SeriesValue[] };

/** Which alerts of a name fire at a time. */
export type AlertCheck = {
  readonly position: Position;
  readonly atMs: number;
  readonly alertName: string;
  readonly expected: readonly ExpectedAlert[];
};

/** An empty value is kept: no alert has a label or annotation without a value. */
export type ExpectedAlert = {
  readonly labels: readonly Pair[];
  readonly annotations: readonly Pair[];
};

export type Pair = readonly [name: string, value: string];

/** What an expression gives at a time. */
export type ExprCheck = {
  readonly position: Position;
  readonly atMs: number;
  readonly expr: string;
  /** Where in the file a place of the expression lies. */
  readonly exprPosition: (within: Place | undefined) => Position;
  readonly expected: readonly ExpectedSample[];
};

export type ExpectedSample = {
  readonly labels: Labels;
  readonly value: number | WrittenHistogram;
};
