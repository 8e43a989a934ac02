/** Relative error that expected values allow (Prometheus, promqltest). */
const EPSILON = 0.000001;
/** The smallest positive number with all of its digits. */
const MIN_NORMAL = 2.2250738585072014e-308;

/** Whether two results agree as closely as Prometheus' test scripts demand. */
export function almostEqual(a: number, b: number, epsilon: number = EPSILON): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < epsilon * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < epsilon;
}
