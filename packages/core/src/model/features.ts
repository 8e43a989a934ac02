/**
 * What is off unless it is asked for, under the names that Prometheus gives it
 * (`--enable-feature=…`): experimental parts of PromQL, whose meaning may still change there.
 */
export const FEATURES = [
  /** Functions and aggregations that Prometheus marks experimental. */
  "promql-experimental-functions",
  /** Arithmetic, `step()` and `range()` where a duration stands: `[step() * 2]`. */
  "promql-duration-expr",
  /** `anchored` and `smoothed` after a selector. */
  "promql-extended-range-selectors",
  /** `fill`, `fill_left` and `fill_right` on operators between vectors. */
  "promql-binop-fill-modifiers",
  /** Metric names go away at the end of a query instead of at each function. */
  "promql-delayed-name-removal",
  /** Received metrics get `__type__` and `__unit__`, which tell counters instead of their names. */
  "type-and-unit-labels",
  /** `rate` and its kin take a start timestamp for a reset of the counter. */
  "use-start-timestamps",
] as const;

export type Feature = (typeof FEATURES)[number];

export type Features = ReadonlySet<Feature>;

/** The features of a list of names; of none where there is no list. */
export function featureSet(names: readonly Feature[] = []): Features {
  return new Set(names);
}

/** The default: everything experimental is refused. */
export const NO_FEATURES: Features = new Set();
