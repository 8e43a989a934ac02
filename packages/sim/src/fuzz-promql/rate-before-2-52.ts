/** A sample: seconds and value. */
export type TimedValue = readonly [number, number];

/** The window (fromS, toS]. */
export type RateWindow = { readonly fromS: number; readonly toS: number };

/**
 * What `increase` came to before and since Prometheus 2.52 (prometheus/prometheus#13725). A counter
 * is extended back to where it would have been zero, if that is nearer than the window's begin; since
 * then at most by half a distance of samples where the window's begin is far, before by up to 1.1.
 */
export function increaseOf(
  samples: readonly TimedValue[],
  { fromS, toS }: RateWindow,
  version: "before" | "since",
): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || samples.length < 2) return undefined;
  const difference = samples.reduce((sum, [, value], i) => {
    const before = samples[i - 1]?.[1] ?? value;
    return sum + (value < before ? before : 0);
  }, last[1] - first[1]);
  const sampledS = last[0] - first[0];
  const distanceS = sampledS / (samples.length - 1);
  const extended = (toEdgeS: number): number =>
    toEdgeS < distanceS * 1.1 ? toEdgeS : distanceS / 2;
  const toZeroS = difference > 0 && first[1] >= 0 ? sampledS * (first[1] / difference) : Infinity;
  const toStartS = first[0] - fromS;
  const before =
    version === "before"
      ? extended(Math.min(toStartS, toZeroS))
      : Math.min(extended(toStartS), toZeroS);
  return (difference * (sampledS + before + extended(toS - last[0]))) / sampledS;
}
