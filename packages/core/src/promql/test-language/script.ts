import type { Labels } from "../../model/labels.ts";
import type { Pattern } from "../../model/pattern.ts";
import type { SeriesValue } from "./series-line.ts";

/** A script of Prometheus' test language, command by command. Lines count from 1, times in ms. */
export type Script = { readonly commands: readonly Command[] };

export type Command = Clear | Load | Eval;

/** Forgets everything that was loaded. */
export type Clear = { readonly kind: "clear"; readonly line: number };

/** Adds samples, the first of each series at time 0. */
export type Load = {
  readonly kind: "load";
  readonly line: number;
  readonly stepMs: number;
  /** Whether classic histograms are also loaded as native ones with custom buckets. */
  readonly withCustomBuckets: boolean;
  readonly series: readonly LoadedLine[];
};

export type LoadedLine = {
  readonly line: number;
  readonly labels: Labels;
  readonly values: readonly SeriesValue[];
  /** Per value: when its counter began, in ms relative to the sample; absent where no `@st` told. */
  readonly startOffsetsMs?: readonly (number | undefined)[];
};

/** Asks a query and says what must come back. */
export type Eval = {
  readonly kind: "eval";
  readonly line: number;
  /** From 1, in its line: an expression's own places are on line 1 of its text. */
  readonly exprColumn: number;
  readonly expr: string;
  readonly span: EvalSpan;
  readonly expected: Expected;
  readonly expectations: Expectations;
};

export type EvalSpan =
  | { readonly kind: "instant"; readonly at: number }
  | {
      readonly kind: "range";
      readonly from: number;
      readonly to: number;
      readonly stepMs: number;
    };

export type Expected =
  | { readonly kind: "scalar"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  /** In the order in which they are written; values lie a step apart from the span's beginning. */
  | { readonly kind: "series"; readonly series: readonly ExpectedSeries[] };

export type ExpectedSeries = {
  readonly labels: Labels;
  readonly values: readonly SeriesValue[];
};

/** What the `expect` lines ask for beside values. */
export type Expectations = {
  readonly fail: TextCheck | undefined;
  readonly ordered: boolean;
  readonly warn: readonly TextCheck[];
  readonly info: readonly TextCheck[];
  readonly noWarn: boolean;
  readonly noInfo: boolean;
  /** The times of the samples of a range vector that an instant query gives. */
  readonly rangeVector:
    { readonly from: number; readonly to: number; readonly stepMs: number } | undefined;
};

/** How the text of an error or an annotation is compared. */
export type TextCheck =
  | { readonly kind: "any" }
  | { readonly kind: "msg"; readonly text: string }
  | { readonly kind: "regex"; readonly pattern: Pattern };

export function fitsText(check: TextCheck, text: string): boolean {
  switch (check.kind) {
    case "any":
      return true;
    case "msg":
      return check.text === text;
    case "regex":
      return check.pattern.matches(text);
  }
}

/** The check as a script writes it. */
export function writeTextCheck(check: TextCheck): string {
  switch (check.kind) {
    case "any":
      return "any text";
    case "msg":
      return `msg: ${check.text}`;
    case "regex":
      return `regex: ${check.pattern.source}`;
  }
}
