import { SECOND_MS } from "../model/time.ts";
import { KahanSum } from "./kahan.ts";
import type { Samples, Window, WindowFunction } from "./windows.ts";

type Line = { readonly slope: number; readonly intercept: number };

/** The least-squares line through a window; times count in seconds from `originMs`. */
function fitLine({ times, values }: Samples, { lo, hi }: Window, originMs: number): Line {
  const [sumX, sumY, sumXY, sumX2] = Array.from({ length: 4 }, () => new KahanSum());
  const first = values[lo] ?? NaN;
  let constant = true;
  for (let i = lo; i < hi; i++) {
    const y = values[i] ?? NaN;
    if (i > lo && y !== first) constant = false;
    const x = ((times[i] ?? NaN) - originMs) / SECOND_MS;
    sumX?.add(x);
    sumY?.add(y);
    sumXY?.add(x * y);
    sumX2?.add(x * x);
  }
  if (constant) {
    const isInfinite = Math.abs(first) === Infinity;
    return isInfinite ? { slope: NaN, intercept: NaN } : { slope: 0, intercept: first };
  }
  const n = hi - lo;
  const [x, y, xy, x2] = [sumX, sumY, sumXY, sumX2].map((sum) => sum?.total() ?? NaN);
  const meanProduct = ((x ?? NaN) * (y ?? NaN)) / n;
  const covariance = (xy ?? NaN) - meanProduct;
  const variance = (x2 ?? NaN) - ((x ?? NaN) * (x ?? NaN)) / n;
  const slope = covariance / variance;
  return { slope, intercept: (y ?? NaN) / n - (slope * (x ?? NaN)) / n };
}

/** `deriv`: the slope per second. */
export const deriv: WindowFunction = (samples) => (window) => {
  if (window.hi - window.lo < 2) return undefined;
  return fitLine(samples, window, samples.times[window.lo] ?? NaN).slope;
};

/** `predict_linear`: where the line will be some seconds after the evaluation time. */
export function predictLinear(aheadS: Float64Array): WindowFunction {
  return (samples) => (window) => {
    if (window.hi - window.lo < 2) return undefined;
    const { slope, intercept } = fitLine(samples, window, window.atMs);
    return slope * (aheadS[window.step] ?? NaN) + intercept;
  };
}
