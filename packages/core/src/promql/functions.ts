import type { ValueKind } from "./ast.ts";

/** What a function takes and gives. Arguments past the last kind have the last kind. */
export type Signature = {
  readonly args: readonly ValueKind[];
  /** Fewest and most arguments. */
  readonly min: number;
  readonly max: number;
  readonly returns: ValueKind;
  /** Off unless experimental functions are enabled, as in Prometheus. */
  readonly experimental: boolean;
};

const KINDS: Readonly<Record<string, ValueKind>> = {
  v: "instant vector",
  r: "range vector",
  s: "scalar",
  t: "string",
};

function kindsOf(letters: string): ValueKind[] {
  return letters.split("").flatMap((letter) => KINDS[letter] ?? []);
}

type Shape = { readonly optional?: number; readonly returns?: ValueKind };

function signature(letters: string, shape: Shape, experimental: boolean): Signature {
  const args = kindsOf(letters);
  const { optional = 0, returns = "instant vector" } = shape;
  const min = args.length - (optional === 0 ? 0 : 1);
  return { args, min, max: min + optional, returns, experimental };
}

// v: instant vector, r: range vector, s: scalar, t: string. `optional` counts from the last kind on.
const STABLE: readonly (readonly [string, string, Shape?])[] = [
  ["v", "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2"],
  ["v", "rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp"],
  ["v", "scalar", { returns: "scalar" }],
  [
    "v",
    "day_of_month day_of_week day_of_year days_in_month hour minute month year",
    { optional: 1 },
  ],
  ["vs", "round", { optional: 1 }],
  ["vs", "clamp_max clamp_min"],
  ["vss", "clamp"],
  [
    "r",
    "absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta",
  ],
  ["r", "increase irate last_over_time max_over_time min_over_time present_over_time rate resets"],
  ["r", "stddev_over_time stdvar_over_time sum_over_time"],
  ["v", "histogram_avg histogram_count histogram_stddev histogram_stdvar histogram_sum"],
  ["rs", "predict_linear"],
  ["sr", "quantile_over_time"],
  ["sv", "histogram_quantile"],
  ["ssv", "histogram_fraction"],
  ["vtttt", "label_replace"],
  ["vttt", "label_join", { optional: Infinity }],
  ["s", "vector"],
  ["", "pi time", { returns: "scalar" }],
];

const EXPERIMENTAL: readonly (readonly [string, string, Shape?])[] = [
  [
    "r",
    "mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time " +
      "ts_of_min_over_time",
  ],
  ["rss", "double_exponential_smoothing"],
  ["", "end range start step", { returns: "scalar" }],
  ["ss", "max_of min_of", { returns: "scalar" }],
  ["v", "start_timestamp"],
  ["vv", "info", { optional: 1 }],
  ["vtss", "histogram_quantiles", { optional: 9 }],
  ["vt", "sort_by_label sort_by_label_desc", { optional: Infinity }],
];

function* entries(): Generator<readonly [string, Signature]> {
  for (const [table, experimental] of [[STABLE, false] as const, [EXPERIMENTAL, true] as const]) {
    for (const [letters, names, shape = {}] of table) {
      for (const name of names.split(" ")) yield [name, signature(letters, shape, experimental)];
    }
  }
}

/** Every function that can be evaluated, by name. */
export const FUNCTIONS: ReadonlyMap<string, Signature> = new Map(entries());
