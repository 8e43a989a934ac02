import type { Place } from "../model/input-error.ts";

/** What may be wrong with a rule that Prometheus accepts. Tools switch on it; it never changes. */
export const LINT_CODES = [
  "unknown-metric",
  "unknown-label",
  "renamed-metric",
  "renamed-label",
  "rate-of-gauge",
  "difference-of-counter",
  "quantile-without-rate",
  "quantile-without-le",
  "quantile-without-buckets",
  "wrong-unit",
  "never-reached",
  "wide-bucket",
  "sides-never-match",
  "for-below-interval",
  "range-below-interval",
  "absent-on-fault",
] as const;

export type LintCode = (typeof LINT_CODES)[number];

/** One thing worth a look: where in the expression (or of the whole rule), what, and what would do. */
export type LintFinding = {
  readonly code: LintCode;
  /** In the expression's text; absent where it is about the rule's other keys. */
  readonly place?: Place;
  readonly message: string;
};
