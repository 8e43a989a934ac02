import type { RejectReason } from "./records.ts";

const NO_TRACE_ID = "0".repeat(32);
const NO_SPAN_ID = "0".repeat(16);

/**
 * The id where it is a valid one (16 bytes, not all zero), else the empty string, which stands for
 * "none".
 *
 * @param hex lower-case hex digits of what was sent
 */
export function traceIdOrNone(hex: string): string {
  return hex.length === NO_TRACE_ID.length && hex !== NO_TRACE_ID ? hex : "";
}

/** As `traceIdOrNone`, for a span's id of 8 bytes. */
export function spanIdOrNone(hex: string): string {
  return hex.length === NO_SPAN_ID.length && hex !== NO_SPAN_ID ? hex : "";
}

/**
 * Why a span with these ids is not taken; `undefined` when it is. The ids are lower-case hex digits
 * of what was sent. A parent of zeros is a root, as several senders write it.
 */
export function spanIdsFault(
  traceId: string,
  spanId: string,
  parentSpanId: string,
): RejectReason | undefined {
  if (traceIdOrNone(traceId) === "") return "trace-id-invalid";
  if (spanIdOrNone(spanId) === "") return "span-id-invalid";
  const { length } = parentSpanId;
  return length === 0 || length === NO_SPAN_ID.length ? undefined : "parent-span-id-invalid";
}
