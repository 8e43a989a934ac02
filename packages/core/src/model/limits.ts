/**
 * Every limit has its name and default here, is enforced where the comment says, and is counted
 * when reached (docs/limits.md, which repeats these comments). Configuration key `limits.<name>` overrides.
 */
export type Limits = {
  /** Bytes of one request body as it arrives (listen). */
  readonly bodyBytes: number;
  /** Bytes of one request body after decompression (listen). */
  readonly inflatedBytes: number;
  /**
   * Bytes of senders' requests in hand, from their first byte to their answer, inflated (listen);
   * above it 503 with Retry-After.
   */
  readonly inFlightBytes: number;
  /** Connections open at once to one port (listen); further ones are closed. */
  readonly connections: number;
  /** Bytes of a request's first line and headers (listen); above it 431. */
  readonly headerBytes: number;
  /** Milliseconds until a request's headers, or before them TLS, have arrived (listen); after it 408. */
  readonly headersMs: number;
  /** Milliseconds until a request has arrived whole (listen); after it 408. */
  readonly requestMs: number;
  /** Calls at once over one gRPC connection (listen); senders wait with further ones. */
  readonly callsPerConnection: number;
  /** API requests that are answered at once (listen); above it 503 with Retry-After. */
  readonly concurrentQueries: number;
  /** Bytes of requests waiting to be committed; above it 503 with Retry-After (listen). */
  readonly queueBytes: number;
  /** Spans, data points, log records or samples in one request (receive); the rest is rejected. */
  readonly recordsPerRequest: number;
  /**
   * Attributes, entries of lists and maps, events and buckets in one request (receive); a request
   * with more is refused.
   */
  readonly valuesPerRequest: number;
  /** Brackets, commas and colons of one JSON request (receive); a request with more is refused. */
  readonly jsonTokens: number;
  /** UTF-16 code units kept of one attribute value (receive); longer ones are cut. */
  readonly attributeLength: number;
  /** Attributes of one record (receive); the rest is dropped. */
  readonly attributesPerRecord: number;
  /** Events of one span (receive); the rest is dropped. */
  readonly eventsPerSpan: number;
  /** Nesting of attribute values and of JSON (receive). */
  readonly depth: number;
  /** UTF-16 code units kept of each of a call's texts: system, input, output (normalize). */
  readonly textLength: number;
  /** UTF-16 code units of log records' texts that wait for their spans (normalize); the oldest are dropped. */
  readonly waitingTextLength: number;
  /** UTF-16 code units of a label value (normalize, measure); longer ones are cut. */
  readonly labelLength: number;
  /** Labels of one received metric point or series (normalize, engine); one with more is rejected. */
  readonly labelsPerPoint: number;
  /** Distinct values of one label within one derived metric; further values fold into `_other` (measure). */
  readonly valuesPerLabel: number;
  /** Derived series in all (measure); further calls fold into `_other`. */
  readonly derivedSeries: number;
  /** Series in memory (store); samples of further series are rejected. */
  readonly series: number;
  /** Metric families whose type, help and unit are known (store); further ones replace the oldest. */
  readonly metricFamilies: number;
  /** Buckets of one native histogram (receive); one with more is rejected. */
  readonly bucketsPerHistogram: number;
  /** Exemplars of all series together (store); further ones replace the oldest. */
  readonly exemplars: number;
  /** Bytes of one scraped page, decompressed (scrape); a scrape of a longer one fails. */
  readonly scrapeBytes: number;
  /** Targets that are scraped (scrape); further ones are not. */
  readonly scrapeTargets: number;
  /** Samples one rule may read (promql). */
  readonly ruleSamples: number;
  /** Samples one API query may read (promql). */
  readonly querySamples: number;
  /** Series one API query may select with one selector, or list (promql, listen). */
  readonly querySeries: number;
  /** Steps of one range query, which has one point more than steps (promql). */
  readonly querySteps: number;
  /** Milliseconds of one API query (listen); rules have no limit by clock. */
  readonly queryMs: number;
  /** Nesting of a PromQL expression (promql). */
  readonly expressionDepth: number;
  /** UTF-16 code units of a PromQL expression (promql). */
  readonly expressionLength: number;
  /** Active alerts of one rule; more is an error of that rule (rules). A rule file's `limit` is stricter. */
  readonly alertsPerRule: number;
  /** Steps of expanding one label or annotation (rules). */
  readonly templateSteps: number;
  /** UTF-16 code units of one expanded label or annotation (rules). */
  readonly templateLength: number;
  /** Alerts in one notification (notify); the rest is counted in `truncatedAlerts`. */
  readonly alertsPerNotification: number;
  /** Span ids remembered for 15 minutes against repeats (engine). */
  readonly rememberedSpans: number;
  /** Ids of calls, one or two a call, remembered for 15 minutes to find evaluations' calls (measure). */
  readonly rememberedCallIds: number;
  /** Evaluations waiting 5 minutes for their call (measure); the oldest count as `_unknown`. */
  readonly waitingEvaluations: number;
  /** Segments whose answers' lengths have a habit of their own (quality); further ones share `_other`. */
  readonly habitSegments: number;
  /** Conversations and traces of one UTC day that have a candidate (judge); the oldest are forgotten. */
  readonly judgedConversations: number;
  /** Segments whose calls are judged at a rate of their own (judge); further ones share `_other`. */
  readonly judgedSegments: number;
  /** Verdicts, one a call and rubric, that scores wait for (judge); further ones count as missing. */
  readonly awaitedVerdicts: number;
  /**
   * UTF-16 code units of texts that wait for their verdicts (judge), 1,000 more for each call; a call that
   * finds no room has none. As many of what traces retrieved are kept for 15 minutes; the oldest are forgotten.
   */
  readonly judgeTextLength: number;
  /**
   * UTF-16 code units of each of a call's texts that the judge is shown (judge): of a longer one head and tail.
   * Another number begins new versions of the judge.
   */
  readonly shownTextLength: number;
  /** Verdicts that `replay --judge recorded` holds in memory (history); with more it is refused. */
  readonly recordedVerdicts: number;
};

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 20 * 1024 * 1024,
  inflatedBytes: 32 * 1024 * 1024,
  inFlightBytes: 256 * 1024 * 1024,
  connections: 1000,
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 60_000,
  callsPerConnection: 100,
  concurrentQueries: 10,
  queueBytes: 128 * 1024 * 1024,
  recordsPerRequest: 20_000,
  valuesPerRequest: 500_000,
  jsonTokens: 1_000_000,
  attributeLength: 65_536,
  attributesPerRecord: 512,
  eventsPerSpan: 1024,
  depth: 64,
  textLength: 65_536,
  waitingTextLength: 8_388_608,
  labelLength: 512,
  labelsPerPoint: 64,
  valuesPerLabel: 1000,
  derivedSeries: 50_000,
  series: 200_000,
  metricFamilies: 20_000,
  bucketsPerHistogram: 4096,
  exemplars: 100_000,
  scrapeBytes: 64 * 1024 * 1024,
  scrapeTargets: 2000,
  ruleSamples: 50_000_000,
  querySamples: 20_000_000,
  querySeries: 200_000,
  querySteps: 11_000,
  queryMs: 120_000,
  expressionDepth: 500,
  expressionLength: 100_000,
  alertsPerRule: 10_000,
  templateSteps: 100_000,
  templateLength: 65_536,
  alertsPerNotification: 1000,
  rememberedSpans: 5_000_000,
  rememberedCallIds: 1_000_000,
  waitingEvaluations: 100_000,
  habitSegments: 1000,
  judgedConversations: 1_000_000,
  judgedSegments: 500,
  awaitedVerdicts: 50_000,
  judgeTextLength: 8_388_608,
  shownTextLength: 24_000,
  recordedVerdicts: 1_000_000,
};

/**
 * The limit that a refusal's message names, as `(limit querySamples)`: what is refused for a limit
 * says so to people, and is counted by it.
 */
export function limitNamedIn(message: string): keyof Limits | undefined {
  const name = /\(limit (\w+)\)/.exec(message)?.[1];
  return LIMIT_NAMES.find((known) => known === name);
}

/** The names of all limits. */
export const LIMIT_NAMES: readonly (keyof Limits)[] = Object.keys(
  DEFAULT_LIMITS,
) as (keyof Limits)[];
