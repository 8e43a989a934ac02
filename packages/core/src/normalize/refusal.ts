import type { EpochMs } from "../model/time.ts";
import type { SpanRecord } from "../receive/records.ts";

/** Why a record's time cannot be used. */
export type TimeRefusal = "year-1970" | "far-future";

/** Why a span cannot become a call. */
export type SpanRefusal = TimeRefusal | "not-ended" | "negative-duration" | "bad-duration";

// Seconds, milliseconds or microseconds put where nanoseconds belong, and an unset time, all fall
// into 1970; nothing that OpenTelemetry measures does.
const END_OF_1970 = 31_536_000_000;

/**
 * Whether a point in time is usable. A late record is: what lateness means is decided when it is
 * applied (DESIGN section 3, Time).
 */
export function refuseTime(
  time: EpochMs,
  arrival: { readonly at: EpochMs; readonly maxAheadMs: number },
): TimeRefusal | undefined {
  if (!(time >= END_OF_1970)) return "year-1970";
  if (!(time <= arrival.at + arrival.maxAheadMs)) return "far-future";
  return undefined;
}

/** Whether a span's times are usable. */
export function refuseSpan(
  span: SpanRecord,
  arrival: { readonly at: EpochMs; readonly maxAheadMs: number },
): SpanRefusal | undefined {
  if (span.endAt === 0) return "not-ended";
  if (!Number.isFinite(span.durationNs)) return "bad-duration";
  if (span.durationNs < 0) return "negative-duration";
  return refuseTime(span.startAt, arrival) ?? refuseTime(span.endAt, arrival);
}
