import { formatFloat } from "../model/go-float.ts";
import { InputError } from "../model/input-error.ts";
import type { Call } from "./ast.ts";
import type { WindowFunction } from "./windows.ts";

/**
 * `double_exponential_smoothing`, after Holt: a smoothed level and its trend are carried from sample
 * to sample; the factors say how much the newest counts for each.
 */
export function doubleExponentialSmoothing(
  call: Call,
  levelFactors: Float64Array,
  trendFactors: Float64Array,
): WindowFunction {
  return ({ values }) =>
    ({ lo, hi, step }) => {
      const levelFactor = factorAt(call, levelFactors, { step, name: "smoothing", short: "sf" });
      const trendFactor = factorAt(call, trendFactors, { step, name: "trend", short: "tf" });
      if (hi - lo < 2) return undefined;
      let level = values[lo] ?? NaN;
      let trend = (values[lo + 1] ?? NaN) - level;
      let before = 0;
      for (let i = lo + 1; i < hi; i++) {
        // The trend of the first two samples counts whole.
        if (i > lo + 1) trend = trendFactor * (level - before) + (1 - trendFactor) * trend;
        before = level;
        level = levelFactor * (values[i] ?? NaN) + (1 - levelFactor) * (level + trend);
      }
      return level;
    };
}

type Factor = { readonly step: number; readonly name: string; readonly short: string };

function factorAt(call: Call, factors: Float64Array, { step, name, short }: Factor): number {
  const factor = factors[step] ?? NaN;
  if (!(factor <= 0) && !(factor >= 1)) return factor;
  const got = formatFloat(factor, "f", 6);
  const what = `invalid ${name} factor. Expected: 0 < ${short} < 1, got: ${got}`;
  throw new InputError("promql", what, call.place);
}
