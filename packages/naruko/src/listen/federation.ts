import type { Engine } from "@naruko/core/engine/engine";
import { OWN_METADATA } from "@naruko/core/engine/own-metadata";
import { type Labels, labelEntries, labelValue, METRIC_NAME } from "@naruko/core/model/labels";
import type { Limits } from "@naruko/core/model/limits";
import type { Matcher, SeriesSlice } from "@naruko/core/model/reader";
import type { MetricMetadata } from "@naruko/core/model/received-series";
import { isStale } from "@naruko/core/model/sample";
import { epochMs, MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import { ApiError } from "./api-params.ts";
import { matcherSets, matchesAny } from "./api-selectors.ts";
import { escapeHelp, escapeValue, EXPOSITION_TYPE, writeNumber } from "./exposition.ts";
import type { Answer } from "./server.ts";

export type FederationOptions = {
  readonly engine: Pick<Engine, "readerAt">;
  readonly limits: Limits;
  readonly now: EpochMs;
};

/** Below this age a series is current, as in a query. */
const LOOKBACK_MS = 5 * MINUTE_MS;
const OPEN_METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/** Samples of a family, by its type. A native histogram has none that a text could show. */
const SUFFIXES: Partial<Record<MetricMetadata["type"], readonly string[]>> = {
  histogram: ["_bucket", "_count", "_sum"],
};

/**
 * The derived series of the moment, for a Prometheus that scrapes: as federation shows them, each
 * with the time of its sample, but grouped by family and with type and help.
 *
 * @param params `match[]` selects among them; without one all are shown
 * @param accept the request's Accept header: classic text, or OpenMetrics where that is preferred
 */
export function federate(
  params: URLSearchParams,
  accept: string | undefined,
  options: FederationOptions,
): Answer {
  let isAsked: (of: Labels) => boolean;
  try {
    isAsked = matchesAny(matcherSets(params, options.limits));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const headers = { "Content-Type": "text/plain; charset=utf-8" };
    return { status: 400, headers, body: `${error.message}\n` };
  }
  const isOpen = prefersOpenMetrics(accept);
  const families = familiesOf(options, isAsked);
  const headers = { "Content-Type": isOpen ? OPEN_METRICS_TYPE : EXPOSITION_TYPE };
  return { status: 200, headers, compress: true, stream: written(families, isOpen) };
}

type Shown = { readonly labels: Labels; readonly value: number; readonly at: EpochMs };
type Family = { readonly metadata: MetricMetadata; readonly samples: readonly Shown[] };

const FAMILIES: ReadonlyMap<string, MetricMetadata> = new Map(
  OWN_METADATA.flatMap((metadata) =>
    (SUFFIXES[metadata.type] ?? [""]).map((suffix) => [metadata.name + suffix, metadata] as const),
  ),
);
const OWN: Matcher = { name: METRIC_NAME, op: "=~", value: [...FAMILIES.keys()].join("|") };

function familiesOf(
  { engine, now }: FederationOptions,
  isAsked: (of: Labels) => boolean,
): readonly Family[] {
  const samples = new Map<MetricMetadata, Shown[]>();
  const from = epochMs(now - LOOKBACK_MS);
  for (const slice of engine.readerAt(now).select([OWN], from, now)) {
    const family = FAMILIES.get(labelValue(slice.labels, METRIC_NAME));
    const shown = isAsked(slice.labels) ? latest(slice) : undefined;
    if (family === undefined || shown === undefined) continue;
    const known = samples.get(family);
    if (known === undefined) samples.set(family, [shown]);
    else known.push(shown);
  }
  return OWN_METADATA.flatMap((metadata) => {
    const own = samples.get(metadata);
    return own === undefined ? [] : [{ metadata, samples: inPoints(own, metadata) }];
  });
}

/** The newest sample; `undefined` where the series has ended, or holds a native histogram. */
function latest({ labels, times, values, histograms }: SeriesSlice): Shown | undefined {
  const last = times.length - 1;
  if (last < 0 || isStale(values, last) || histograms?.[last] !== undefined) return undefined;
  return { labels, value: values[last] ?? NaN, at: epochMs(times[last] ?? 0) };
}

/** A histogram's samples point by point: buckets upwards, count, sum (OpenMetrics 1.0, "Histogram"). */
function inPoints(samples: readonly Shown[], { type }: MetricMetadata): readonly Shown[] {
  if (type !== "histogram") return samples;
  const points = new Map<string, { readonly place: number; readonly shown: Shown }[]>();
  for (const shown of samples) {
    const { pairs } = shown.labels;
    const key = pairs
      .filter((_, i) => {
        const name = pairs[i - (i % 2)];
        return name !== METRIC_NAME && name !== "le";
      })
      .join("\n");
    const point = points.get(key) ?? [];
    point.push({ place: placeOf(shown.labels), shown });
    points.set(key, point);
  }
  return [...points.values()].flatMap((point) =>
    point.toSorted((a, b) => a.place - b.place).map(({ shown }) => shown),
  );
}

/** Where a sample stands within its point: by its bound; then the count, then the sum. */
function placeOf(labels: Labels): number {
  const name = labelValue(labels, METRIC_NAME);
  if (name.endsWith("_sum")) return Infinity;
  if (name.endsWith("_count")) return Number.MAX_VALUE;
  const bound = Number(labelValue(labels, "le"));
  return Number.isNaN(bound) ? LAST_BUCKET : bound;
}

/** `+Inf` is above every bound and below what is no bucket. */
const LAST_BUCKET = Number.MAX_VALUE / 2;

function* written(families: readonly Family[], isOpen: boolean): Generator<string> {
  for (const { metadata, samples } of families) {
    yield header(metadata, isOpen);
    let lines = "";
    for (const shown of samples) lines += line(shown, isOpen);
    yield lines;
  }
  if (isOpen) yield "# EOF\n";
}

function header({ name, type, help, unit }: MetricMetadata, isOpen: boolean): string {
  if (!isOpen) return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
  const family = type === "counter" ? name.replace(/_total$/, "") : name;
  const withUnit = unit !== "" && family.endsWith(`_${unit}`) ? `# UNIT ${family} ${unit}\n` : "";
  return `# TYPE ${family} ${type}\n${withUnit}# HELP ${family} ${escapeValue(help)}\n`;
}

const LEGACY = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function line({ labels, value, at }: Shown, isOpen: boolean): string {
  const own: string[] = [];
  for (const [name, text] of labelEntries(labels)) {
    if (name === METRIC_NAME) continue;
    own.push(`${LEGACY.test(name) ? name : `"${escapeValue(name)}"`}="${escapeValue(text)}"`);
  }
  const inside = own.length === 0 ? "" : `{${own.join(",")}}`;
  const time = isOpen ? (at / SECOND_MS).toFixed(3) : String(at);
  return `${labelValue(labels, METRIC_NAME)}${inside} ${writeNumber(value)} ${time}\n`;
}

/** Whether the header puts OpenMetrics above the classic format; equal weight counts, as in Prometheus. */
function prefersOpenMetrics(accept: string | undefined): boolean {
  const weights = { open: 0, text: 0 };
  for (const part of (accept ?? "").split(",")) {
    const [type = "", ...params] = part.split(";").map((text) => text.trim().toLowerCase());
    const given = params.find((param) => param.startsWith("q="));
    const weight = given === undefined ? 1 : Number(given.slice(2));
    const version = params.find((param) => param.startsWith("version="))?.slice(8) ?? "1.0.0";
    const isKnown = version === "1.0.0" || version === "0.0.1";
    if (type === "application/openmetrics-text" && isKnown) {
      weights.open = Math.max(weights.open, weight);
    }
    if (type === "text/plain") weights.text = Math.max(weights.text, weight);
  }
  return weights.open > 0 && weights.open >= weights.text;
}
