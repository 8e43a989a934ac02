import type { Call } from "../model/call.ts";
import type { Limits } from "../model/limits.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import type { Telemetry } from "../model/telemetry.ts";
import type { EpochMs } from "../model/time.ts";
import type { SpanText } from "./event-texts.ts";
import type { Generation } from "./generation.ts";
import type { Said } from "./message-text.ts";
import type { EstimateTokens, PriceOf } from "./price-of.ts";
import type { Tally } from "../model/tally.ts";

/** What normalizing needs beside the records: time, limits and the shell's synchronous functions. */
export type NormalizeContext = {
  /** When the request arrived; in a replay the stored or running time (DESIGN section 3, Time). */
  readonly at: EpochMs;
  /** How far a record may lie ahead of `at`: 10 minutes live, 7 days in a replay. */
  readonly maxAheadMs: number;
  readonly limits: Limits;
  /** Absent: no call gets a cost. */
  readonly priceOf?: PriceOf;
  /** Absent: usage that the sender left out stays missing. */
  readonly estimateTokens?: EstimateTokens;
  /** The free quality flags that a call raises while its text is known; absent: none are looked for. */
  readonly flagsOf?: (call: Call) => readonly string[];
  /** Hands out what log records said in a span that says nothing itself; absent: nothing did. */
  readonly saidIn?: (traceId: string, spanId: string) => Said | undefined;
  /** Whether a span that is no call lies above a call of an earlier request; absent: none does. */
  readonly isAwaited?: (traceId: string, spanId: string) => boolean;
  /** Whether metrics get the labels `__type__` and `__unit__`; not where not told. */
  readonly typeLabels?: boolean;
  /** Whether what a metric says of itself is known as it is; where not told, none of it is taken. */
  readonly isKnown?: (metadata: MetricMetadata) => boolean;
};

/** What the records of one request came to. */
export type Normalized = {
  readonly telemetry: Telemetry;
  /** What log records said in calls whose spans come in requests of their own. */
  readonly texts?: readonly SpanText[];
  /** By which generation of the conventions a call was named, where it was by one. */
  readonly generations?: ReadonlyMap<Call, Generation>;
  /**
   * Records, or parts of records, that were left out without fault of the request's acceptance:
   * spans that are no call (`not-genai`, `not-a-call`), log records that are no evaluation, events
   * on spans that cannot be one, and single values that make no sense (`bad-usage`, `label-cut` …).
   * Counted, not answered.
   */
  readonly ignored: ReadonlyMap<string, number>;
  /** Records that were refused, by reason: counted and answered as OTLP's partial success. */
  readonly rejections: ReadonlyMap<string, number>;
};

/** What a dialect needs to read one span. */
export type ReadContext = { readonly limits: Limits; readonly ignored: Tally };
