import type { Telemetry } from "../model/telemetry.ts";
import type { Normalized, NormalizeContext } from "../normalize/context.ts";
import { normalizeLogs } from "../normalize/normalize-logs.ts";
import { normalizeMetrics } from "../normalize/normalize-metrics.ts";
import { normalizeSpans } from "../normalize/normalize-spans.ts";
import { decodeLogs, decodeMetrics, decodeTraces } from "../receive/decode.ts";
import { decodeLogsJson, decodeMetricsJson, decodeTracesJson } from "../receive/decode-json.ts";
import type { Encoding, Signal } from "../receive/encoding.ts";
import type { Decoded } from "../receive/records.ts";

/** What one export request came to: what is committed, and what is counted and answered. */
export type Intake = {
  readonly telemetry: Telemetry;
  /** Spans, data points or log records that were taken. */
  readonly accepted: number;
  /** Records that were refused, by reason: answered as OTLP's partial success. */
  readonly rejected: ReadonlyMap<string, number>;
  /** Left out without fault of the sender: spans that are no call, values that make no sense. */
  readonly ignored: ReadonlyMap<string, number>;
};

/**
 * Everything stateless between a request's bytes and the commit: decoding, normalizing, pricing.
 *
 * @throws InputError of kind `otlp` when the bytes are malformed
 */
export function takeExport(
  signal: Signal,
  bytes: Uint8Array,
  encoding: Encoding,
  context: NormalizeContext,
): Intake {
  const { limits } = context;
  switch (signal) {
    case "traces":
      return intake(decodeTraces(bytes, encoding, limits), normalizeSpans, context);
    case "metrics":
      return counted(intake(decodeMetrics(bytes, encoding, limits), normalizeMetrics, context));
    case "logs":
      return intake(decodeLogs(bytes, encoding, limits), normalizeLogs, context);
  }
}

/** The same for a request that was parsed from JSON before: a line of a Collector's file. */
export function takeParsedExport(
  signal: Signal,
  value: unknown,
  context: NormalizeContext,
): Intake {
  const { limits } = context;
  switch (signal) {
    case "traces":
      return intake(decodeTracesJson(value, limits), normalizeSpans, context);
    case "metrics":
      return counted(intake(decodeMetricsJson(value, limits), normalizeMetrics, context));
    case "logs":
      return intake(decodeLogsJson(value, limits), normalizeLogs, context);
  }
}

function intake<T>(
  decoded: Decoded<T>,
  normalize: (records: readonly T[], context: NormalizeContext) => Normalized,
  context: NormalizeContext,
): Intake {
  const { telemetry, ignored, rejections } = normalize(decoded.records, context);
  const rejected = merged(decoded.rejected, rejections);
  const accepted = decoded.records.length - total(rejections);
  return { telemetry, accepted, rejected, ignored: merged(ignored, decoded.cut, "cut-") };
}

/** One metric brings many points, and points are what OTLP counts. */
function counted(metrics: Intake): Intake {
  return { ...metrics, accepted: metrics.telemetry.points.length };
}

function merged(
  first: ReadonlyMap<string, number>,
  second: ReadonlyMap<string, number>,
  prefix = "",
): Map<string, number> {
  const both = new Map(first);
  for (const [reason, count] of second) {
    both.set(prefix + reason, (both.get(prefix + reason) ?? 0) + count);
  }
  return both;
}

/** How many, over all reasons. */
export function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
