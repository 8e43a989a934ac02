import type { Call } from "./call.ts";
import type { Evaluation } from "./evaluation.ts";
import type { MetricPoint } from "./metric-point.ts";
import type { MetricMetadata, ReceivedSeries } from "./received-series.ts";
import type { SpanLink } from "./span-link.ts";

/** What a retrieval or a tool gave in a trace: kept unmeasured, for the calls of that trace. */
export type TraceContext = {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  readonly text: string;
};

/** What one request came to, after everything stateless: the unit that is committed and applied. */
export type Telemetry = {
  readonly calls: readonly Call[];
  readonly points: readonly MetricPoint[];
  readonly evaluations: readonly Evaluation[];
  /** Spans between calls; absent where a request brought none. */
  readonly links?: readonly SpanLink[];
  /** Absent where a request brought none. */
  readonly contexts?: readonly TraceContext[];
  /** Scraped or written by remote write; absent where a request brought none. */
  readonly series?: readonly ReceivedSeries[];
  /** Absent where a request brought none. */
  readonly metadata?: readonly MetricMetadata[];
};
