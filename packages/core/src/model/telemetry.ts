import type { Call } from "./call.ts";
import type { Evaluation } from "./evaluation.ts";
import type { MetricPoint } from "./metric-point.ts";
import type { MetricMetadata, ReceivedSeries } from "./received-series.ts";

/** What one request came to, after everything stateless: the unit that is committed and applied. */
export type Telemetry = {
  readonly calls: readonly Call[];
  readonly points: readonly MetricPoint[];
  readonly evaluations: readonly Evaluation[];
  /** Scraped or written by remote write; absent where a request brought none. */
  readonly series?: readonly ReceivedSeries[];
  /** Absent where a request brought none. */
  readonly metadata?: readonly MetricMetadata[];
};
