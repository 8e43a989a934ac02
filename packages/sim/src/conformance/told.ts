// What a program's telemetry says of each case, read as Naruko reads it: by whatever names a dialect
// has for a thing, so that names are no differences.
import assert from "node:assert/strict";
import { Admissions } from "@naruko/core/engine/admission";
import type { Call } from "@naruko/core/model/call";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { epochMs } from "@naruko/core/model/time";
import { normalizeSpans } from "@naruko/core/normalize/normalize-spans";
import { decodeMetricsJson, decodeTracesJson } from "@naruko/core/receive/decode-json";
import type { Attributes, MetricRecord, Origin, SpanRecord } from "@naruko/core/receive/records";
import type { Delivered } from "./otlp-sink.ts";
import type { Line } from "./run-client.ts";

/** What arrived of one case, and what its application saw. */
export type Told = {
  readonly calls: readonly ToldCall[];
  /** Spans that were begun and had not ended by the end of all cases. */
  readonly openSpans: number;
  /** How many calls the metric of durations counts. */
  readonly durations: number;
  /** What the metric of tokens sums up to, by type. */
  readonly tokens: ReadonlyMap<string, number>;
  /** Rejections in the application's process that reach nobody. */
  readonly unhandled: number;
};

/** A call, and all that its span says of how it ended. */
export type ToldCall = { readonly call: Call; readonly ending: string };

/** Anthropic's client has spans of its own under OpenTelemetry's providers; nobody instrumented them. */
const CLIENT_SCOPE = "com.anthropic.sdk.typescript";

const DURATIONS = new Set(["gen_ai.client.operation.duration", "gen_ai.client.inference.duration"]);
const TOKENS = "gen_ai.client.token.usage";

/**
 * By run, `client/case`.
 *
 * @param lines what the program printed
 * @param client that of a program which names each case a service; absent for those whose cases are
 *   traces
 */
export function toldByRun(
  delivered: readonly Delivered[],
  lines: readonly Line[],
  client?: string,
): (run: string) => Told {
  const runOfTrace = new Map(lines.map(({ traceId = "", run = "" }) => [traceId, run]));
  const serviceRun = (origin: Origin): string =>
    `${client ?? ""}/${textAt(origin.resource, "service.name")}`;
  const spans = delivered.filter(({ path }) => path === "/v1/traces").flatMap(spansIn);
  const metrics = delivered
    .filter(({ path }) => path === "/v1/metrics")
    .flatMap((one) => metricsIn(one).map((metric) => ({ metric, begun: one.begun })));
  return (run) => {
    const isIts = ({ origin, traceId }: SpanRecord): boolean =>
      run === (client === undefined ? runOfTrace.get(traceId) : serviceRun(origin));
    const measured = metrics
      .filter(
        ({ metric, begun }) => run === (client === undefined ? begun : serviceRun(metric.origin)),
      )
      .map(({ metric }) => metric);
    return {
      calls: callsOf(spans.filter(isIts)),
      openSpans: lines.filter(({ open = "" }) => open !== "" && runOfTrace.get(open) === run)
        .length,
      durations: durationsOf(measured),
      tokens: tokensOf(measured),
      unhandled: lines.filter((line) => line.unhandled !== undefined && line.run === run).length,
    };
  };
}

function spansIn({ body }: Delivered): readonly SpanRecord[] {
  const { records, rejected } = decodeTracesJson(body, DEFAULT_LIMITS);
  assert.equal(rejected.size, 0);
  return records;
}

function metricsIn({ body }: Delivered): readonly MetricRecord[] {
  const { records, rejected } = decodeMetricsJson(body, DEFAULT_LIMITS);
  assert.equal(rejected.size, 0);
  return records;
}

const AHEAD_MS = 600_000;

function callsOf(spans: readonly SpanRecord[]): readonly ToldCall[] {
  const told = spans.filter(({ origin }) => origin.scopeName !== CLIENT_SCOPE);
  const at = epochMs(Date.now());
  const { telemetry } = normalizeSpans(told, { at, maxAheadMs: AHEAD_MS, limits: DEFAULT_LIMITS });
  const admissions = new Admissions(DEFAULT_LIMITS);
  const links = admissions.noteLinks(telemetry.links ?? [], at);
  return telemetry.calls
    .filter(({ kind }) => kind === "inference" || kind === "embeddings")
    .filter((call) => admissions.admit(call, at, links) === "first")
    .map((call) => {
      const span = told.find(({ spanId }) => spanId === call.spanId);
      return { call, ending: [call.errorType, ...call.finishReasons, endingOf(span)].join(" ") };
    });
}

function endingOf(span: SpanRecord | undefined): string {
  if (span === undefined) return "";
  const exceptions = span.events.flatMap(({ attributes }) => [
    textAt(attributes, "exception.type"),
    textAt(attributes, "exception.message"),
  ]);
  return [span.statusMessage, textAt(span.attributes, "naruko.call.end"), ...exceptions].join(" ");
}

function durationsOf(metrics: readonly MetricRecord[]): number {
  let count = 0;
  for (const metric of metrics) {
    if (metric.type !== "histogram" || !DURATIONS.has(metric.name)) continue;
    for (const point of metric.points) count += point.count;
  }
  return count;
}

function tokensOf(metrics: readonly MetricRecord[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const metric of metrics) {
    if (metric.type !== "histogram" || metric.name !== TOKENS) continue;
    for (const { attributes, sum = 0 } of metric.points) {
      const type = textAt(attributes, "gen_ai.token.type");
      sums.set(type, (sums.get(type) ?? 0) + sum);
    }
  }
  return sums;
}

function textAt(attributes: Attributes, key: string): string {
  const value = attributes.get(key);
  return typeof value === "string" ? value : "";
}
