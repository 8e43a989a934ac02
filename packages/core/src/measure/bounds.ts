import { formatFloat } from "../model/go-float.ts";

/** Upper bounds of the duration buckets that the GenAI conventions advise; seconds. */
export const DURATION_BOUNDS: readonly number[] = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/** Upper bounds of the token buckets that the GenAI conventions advise: the powers of four. */
export const TOKEN_BOUNDS: readonly number[] = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
  67_108_864,
];

/** Upper bounds that the GenAI conventions advise for one invocation of an agent; seconds. */
export const AGENT_BOUNDS: readonly number[] = [
  0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6,
];

/** Upper bounds of the article's latency histogram; seconds. */
export const ARTICLE_BOUNDS: readonly number[] = [0.5, 1, 2, 5, 10, 30];

export const SCORE_BOUNDS: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/**
 * Writes a bound as the value of `le`: the shortest decimals that read back as the same number and
 * never an exponent, as Prometheus' own OTLP receiver does.
 */
export function formatBound(bound: number): string {
  return formatFloat(bound, "f", -1);
}

/** The index of the bucket that a value falls into; `bounds.length` is the one up to `+Inf`. */
export function bucketOf(bounds: readonly number[], value: number): number {
  let index = 0;
  for (const bound of bounds) {
    if (value <= bound) return index;
    index++;
  }
  return index;
}
