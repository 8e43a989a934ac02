import type { Call } from "../model/call.ts";
import type { EpochMs } from "../model/time.ts";
import { epochMs } from "../model/time.ts";
import type { Telemetry } from "../model/telemetry.ts";
import type { Normalized, NormalizeContext } from "../normalize/context.ts";
import type { SpanText } from "../normalize/event-texts.ts";
import type { Generation } from "../normalize/generation.ts";
import { normalizeLogs } from "../normalize/normalize-logs.ts";
import { normalizeMetrics } from "../normalize/normalize-metrics.ts";
import { normalizeSpans } from "../normalize/normalize-spans.ts";
import { flagsOf } from "../quality/flags.ts";
import { decodeLogs, decodeMetrics, decodeTraces } from "../receive/decode.ts";
import { decodeLogsJson, decodeMetricsJson, decodeTracesJson } from "../receive/decode-json.ts";
import type { Encoding, Signal } from "../receive/encoding.ts";
import type { Decoded, MetricRecord } from "../receive/records.ts";
import { lineTime } from "./line-time.ts";

/** What one export request came to: what is committed, and what is counted and answered. */
export type Intake = {
  readonly telemetry: Telemetry;
  /** What log records said in calls: to be kept until their spans come. */
  readonly texts?: readonly SpanText[];
  /** By which generation of the conventions a call was named, where it was by one. */
  readonly generations?: ReadonlyMap<Call, Generation>;
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
      return withoutOwn(intake(decodeLogs(bytes, encoding, limits), normalizeLogs, context));
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

/** One line of a Collector's file; its own records tell the time. */
export type LineIntake = Intake & {
  /** The largest span end, point or log time so far; 0 until a line has one. */
  readonly at: EpochMs;
};

/** What a replay reads lines with: everything but the time. */
export type LineContext = Omit<NormalizeContext, "at" | "maxAheadMs">;

/**
 * Everything stateless between a line of a Collector's file and its replay. A record that would
 * move time by more than 7 days is rejected, and does not.
 *
 * @param value the line, parsed from JSON
 * @param before the time of the line before; absent for the first, which may begin anywhere
 * @throws InputError of kind `otlp` when the line is malformed
 */
export function takeExportLine(
  signal: Signal,
  value: unknown,
  context: LineContext,
  before: EpochMs | undefined,
): LineIntake {
  const { limits } = context;
  const timed = { ...context, before };
  switch (signal) {
    case "traces":
      return line(decodeTracesJson(value, limits), ({ endAt }) => [endAt], normalizeSpans, timed);
    case "metrics":
      return line(decodeMetricsJson(value, limits), pointTimes, normalizeMetrics, timed);
    case "logs":
      return line(decodeLogsJson(value, limits), ({ at }) => [at], normalizeLogs, timed);
  }
}

function line<T>(
  decoded: Decoded<T>,
  timesOf: (record: T) => readonly EpochMs[],
  normalize: (records: readonly T[], context: NormalizeContext) => Normalized,
  { before, ...context }: LineContext & { readonly before: EpochMs | undefined },
): LineIntake {
  const { at, until } = lineTime(decoded.records.flatMap(timesOf), before) ?? NO_TIME_YET;
  return { ...intake(decoded, normalize, { ...context, at, maxAheadMs: until - at }), at };
}

/** Every record of such a line is rejected: it has a time that cannot be, or none. */
const NO_TIME_YET = { at: epochMs(0), until: epochMs(0) };

function pointTimes(metric: MetricRecord): readonly EpochMs[] {
  return "points" in metric ? metric.points.map(({ at }) => at) : [];
}

function intake<T>(
  decoded: Decoded<T>,
  normalize: (records: readonly T[], context: NormalizeContext) => Normalized,
  context: NormalizeContext,
): Intake {
  const { rejections, ignored, ...made } = normalize(decoded.records, { ...context, flagsOf });
  const rejected = merged(decoded.rejected, rejections);
  const accepted = decoded.records.length - total(rejections);
  return { ...made, accepted, rejected, ignored: merged(ignored, decoded.cut, "cut-") };
}

/** Verdicts that were exported and came back: they were counted when they were given. */
function withoutOwn(taken: Intake): Intake {
  const evaluations = taken.telemetry.evaluations.filter(({ judge }) => judge === undefined);
  const own = taken.telemetry.evaluations.length - evaluations.length;
  if (own === 0) return taken;
  const ignored = new Map(taken.ignored).set("own-verdict", own);
  return { ...taken, telemetry: { ...taken.telemetry, evaluations }, ignored };
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
