import { KahanSum } from "./kahan.ts";

/**
 * One number from the values at [from, to), of which there is at least one. Serves aggregations
 * (over series) and `*_over_time` (over samples) alike, in the order in which the values stand.
 */
export type Reduction = (values: Float64Array, from: number, to: number) => number;

const at = (values: Float64Array, index: number): number => values[index] ?? NaN;

export const sumOf: Reduction = (values, from, to) => {
  const sum = new KahanSum();
  for (let i = from; i < to; i++) sum.add(at(values, i));
  return sum.total();
};

/** The plain mean while the sum stays finite, from there on an incremental one, as Prometheus has it. */
export const meanOf: Reduction = (values, from, to) => {
  const sum = new KahanSum();
  sum.reset(at(values, from));
  let incremental = false;
  for (let i = from + 1; i < to; i++) {
    const count = i - from + 1;
    const value = at(values, i);
    if (!incremental) {
      const { sum: before, compensation } = sum;
      sum.add(value);
      if (Math.abs(sum.sum) !== Infinity) continue;
      incremental = true;
      sum.sum = before / (count - 1);
      sum.compensation = compensation / (count - 1);
    }
    const share = (count - 1) / count;
    sum.sum *= share;
    sum.compensation *= share;
    sum.add(value / count);
  }
  if (incremental) return sum.total();
  return sum.sum / (to - from) + sum.compensation / (to - from);
};

export const minOf: Reduction = (values, from, to) => {
  let min = at(values, from);
  for (let i = from + 1; i < to; i++) {
    const value = at(values, i);
    if (value < min || Number.isNaN(min)) min = value;
  }
  return min;
};

export const maxOf: Reduction = (values, from, to) => {
  let max = at(values, from);
  for (let i = from + 1; i < to; i++) {
    const value = at(values, i);
    if (value > max || Number.isNaN(max)) max = value;
  }
  return max;
};

export const countOf: Reduction = (_values, from, to) => to - from;

export const oneOf: Reduction = () => 1;

export const firstOf: Reduction = (values, from) => at(values, from);

export const lastOf: Reduction = (values, _from, to) => at(values, to - 1);

/** Population variance by Welford's steps with compensation: `stdvar_over_time`. */
export const varianceOf: Reduction = (values, from, to) => {
  const mean = new KahanSum();
  const squares = new KahanSum();
  for (let i = from; i < to; i++) {
    const value = at(values, i);
    const delta = value - mean.total();
    mean.add(delta / (i - from + 1));
    squares.add(delta * (value - mean.total()));
  }
  return squares.total() / (to - from);
};

export const deviationOf: Reduction = (values, from, to) => Math.sqrt(varianceOf(values, from, to));

/** Population variance by Welford's plain steps: the aggregation `stdvar`. */
export const plainVarianceOf: Reduction = (values, from, to) => {
  let mean = at(values, from);
  let squares = Number.isFinite(mean) ? 0 : NaN;
  for (let i = from + 1; i < to; i++) {
    const value = at(values, i);
    const delta = value - mean;
    mean += delta / (i - from + 1);
    squares += delta * (value - mean);
  }
  return squares / (to - from);
};

export const plainDeviationOf: Reduction = (values, from, to) =>
  Math.sqrt(plainVarianceOf(values, from, to));

/** The interpolated quantile of the values; NaN counts as smaller than every number. */
export function quantileOf(q: number, values: Float64Array, from: number, to: number): number {
  if (Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const sorted = values.subarray(from, to).toSorted();
  // The platform sorts NaN behind the numbers; here they stand before them.
  let numbers = sorted.length;
  while (numbers > 0 && Number.isNaN(sorted[numbers - 1])) numbers--;
  const missing = sorted.length - numbers;
  const ranked = (rank: number): number => (rank < missing ? NaN : at(sorted, rank - missing));
  const rank = q * (sorted.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return ranked(lower) * (1 - weight) + ranked(upper) * weight;
}

/** The median of the distances from the median: `mad_over_time`. */
export const medianDeviationOf: Reduction = (values, from, to) => {
  const window = values.slice(from, to);
  if (window.some((value) => Number.isNaN(value))) return NaN;
  const median = quantileOf(0.5, window, 0, window.length);
  const distances = window.map((value) => Math.abs(value - median));
  return quantileOf(0.5, distances, 0, distances.length);
};
