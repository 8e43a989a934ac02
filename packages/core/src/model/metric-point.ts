import type { Labels } from "./labels.ts";
import type { NativeHistogram } from "./sample.ts";
import type { EpochMs } from "./time.ts";

/** Explicit buckets as OTLP sends them: counts a bucket (not cumulative), one more than bounds. */
export type BucketCounts = {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum?: number;
  readonly count: number;
};

/**
 * One data point of a metric that an application measured itself, named as Prometheus names it
 * (without `_bucket`, `_sum`, `_count`) and with its final labels, but not yet accumulated.
 */
export type MetricPoint = {
  /** With `__name__`; a sum's name ends in `_total` where it is monotonic. */
  readonly labels: Labels;
  readonly at: EpochMs;
  /** OTLP's start time: when it moves on, the series was reset. */
  readonly startAt?: EpochMs;
  /** The service that sent it, for the choice between spans and metrics. */
  readonly service: string;
} & (
  | { readonly type: "gauge"; readonly value: number }
  | {
      readonly type: "sum";
      readonly monotonic: boolean;
      readonly temporality: "cumulative" | "delta";
      readonly value: number;
    }
  | {
      readonly type: "histogram";
      readonly temporality: "cumulative" | "delta";
      readonly buckets: BucketCounts;
    }
  /** Buckets of one growth; those without any count are left out. The sum is NaN where it is not told. */
  | {
      readonly type: "exponential-histogram";
      readonly temporality: "cumulative" | "delta";
      readonly histogram: NativeHistogram;
    }
  /** OTLP's "no recorded value" flag: the series ends here. */
  | {
      readonly type: "end";
      readonly of: "gauge" | "sum" | "histogram" | "exponential-histogram";
    }
);
