import type { Exemplar } from "./exemplar.ts";
import type { Labels } from "./labels.ts";
import type { SampleValue, Stale } from "./sample.ts";
import type { EpochMs } from "./time.ts";

/** Samples of one series that are final as they come: scraped, or sent by remote write. */
export type ReceivedSeries = {
  /** With `__name__`. */
  readonly labels: Labels;
  /** In the order in which they came. */
  readonly samples: readonly ReceivedSample[];
  readonly exemplars: readonly Exemplar[];
};

export type ReceivedSample = {
  readonly at: EpochMs;
  readonly value: SampleValue | Stale;
  /** When the counter began (created or start timestamp), where the sender says so. */
  readonly startAt?: EpochMs;
};

/** What Prometheus' metadata knows of a metric family. */
export type MetricMetadata = {
  /** The family's name: without `_bucket`, `_sum`, `_count`. */
  readonly name: string;
  readonly type:
    | "counter"
    | "gauge"
    | "histogram"
    | "gaugehistogram"
    | "summary"
    | "info"
    | "stateset"
    | "unknown";
  readonly help: string;
  readonly unit: string;
};

/** What became of the series of one request when they were applied. */
export type SeriesOutcome = {
  /** Numbers and stale markers that were taken; one that was there already is taken. */
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
  /** Samples that were not taken, by reason. */
  readonly refused: ReadonlyMap<string, number>;
};
