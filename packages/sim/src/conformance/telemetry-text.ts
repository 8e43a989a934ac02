// OTLP as text that people read and compare: one line a fact, in a fixed order, without what differs
// from run to run.
import type { Delivered } from "./otlp-sink.ts";

type Value = {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly Value[] };
  readonly kvlistValue?: { readonly values: KeyValues };
};
type KeyValues = readonly { readonly key: string; readonly value: Value }[];
type Span = {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: KeyValues;
  readonly status: { readonly code: number };
};
type LogRecord = {
  readonly spanId?: string;
  readonly eventName: string;
  readonly severityText?: string;
  readonly attributes: KeyValues;
};
type Point = {
  readonly attributes: KeyValues;
  readonly count?: string;
  readonly sum?: number;
  readonly asDouble?: number;
  readonly explicitBounds?: readonly number[];
};
type Metric = {
  readonly name: string;
  readonly unit: string;
  readonly histogram?: { readonly dataPoints: readonly Point[] };
  readonly sum?: { readonly dataPoints: readonly Point[] };
};
type Attributes = Readonly<Record<string, unknown>>;
type Body = {
  readonly resourceSpans?: readonly (Resource & {
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  })[];
  readonly resourceLogs?: readonly (Resource & {
    readonly scopeLogs: readonly { readonly logRecords: readonly LogRecord[] }[];
  })[];
  readonly resourceMetrics?: readonly (Resource & {
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[];
  })[];
};
type Resource = { readonly resource: { readonly attributes: KeyValues } };

/** All telemetry of one service that made one call. */
export function telemetryText(delivered: readonly Delivered[], service: string): string {
  const isIts = ({ resource }: Resource): boolean =>
    attributesOf(resource.attributes)["service.name"] === service;
  const bodies = delivered.map(({ body }) => body as Body);
  const spans = bodies
    .flatMap(({ resourceSpans = [] }) => resourceSpans.filter(isIts))
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  const events = bodies
    .flatMap(({ resourceLogs = [] }) => resourceLogs.filter(isIts))
    .flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords));
  const metrics = bodies
    .flatMap(({ resourceMetrics = [] }) => resourceMetrics.filter(isIts))
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const call = attributesOf(spans[0]?.attributes ?? []);
  const told = metrics.map((metric) => metricText(metric, call));
  return [
    ...spans.map((span) => spanText(span, spans)),
    ...events.map((event) => eventText(event, spans)),
    ...told.toSorted(),
  ].join("\n");
}

const KINDS = ["unspecified", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const STATUSES = ["unset", "ok", "ERROR"];

function spanText(span: Span, others: readonly Span[]): string {
  const seconds = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e9;
  const lines = Object.entries(attributesOf(span.attributes)).map(
    ([key, value]) => `  ${key} = ${shown(key, value, seconds)}`,
  );
  const status = STATUSES[span.status.code] ?? "?";
  const around = others.find(({ spanId }) => spanId === span.parentSpanId);
  const within = around === undefined ? "" : ` within ${around.name}`;
  const head = `span ${span.name} ${KINDS[span.kind] ?? "?"} ${status}${within}${sane(seconds)}`;
  return [head, ...lines.toSorted()].join("\n");
}

function eventText(event: LogRecord, spans: readonly Span[]): string {
  const { attributes, eventName, severityText = "" } = event;
  const span = spans.find(({ spanId }) => spanId === event.spanId);
  const lines = Object.entries(attributesOf(attributes)).map(
    ([key, value]) => `  ${key} = ${shown(key, value, LONGEST_S)}`,
  );
  const head = `event ${eventName} ${severityText} of ${span?.name ?? "no span"}`;
  return [head, ...lines.toSorted()].join("\n");
}

function metricText({ name, unit, histogram, sum }: Metric, call: Attributes): string {
  const points = histogram?.dataPoints ?? sum?.dataPoints ?? [];
  const kind = histogram === undefined ? "counter" : "histogram";
  const lines = points.map((point) => `  ${valueText(point, unit)} ${labelText(point, call)}`);
  const bounds = points[0]?.explicitBounds;
  const buckets = bounds === undefined ? "" : ` ${String(bounds[0])}..${String(bounds.at(-1))}`;
  return [`${kind} ${name} ${unit}${buckets}`, ...lines.toSorted()].join("\n");
}

/** What every metric has from its call. */
const OF_THE_CALL = [
  "gen_ai.operation.name",
  "gen_ai.provider.name",
  "gen_ai.request.model",
  "gen_ai.response.model",
  "server.address",
  "server.port",
];

/** Labels beside those of the call; of these, the ones that are missing or not as on the span. */
function labelText({ attributes }: Point, call: Attributes): string {
  const labels = attributesOf(attributes);
  const missing = OF_THE_CALL.filter((key) => key in call && !(key in labels));
  const beside = Object.entries(labels).filter(
    ([key, value]) => !OF_THE_CALL.includes(key) || call[key] !== value,
  );
  const words = [
    ...beside.map(([key, value]) => `${key}=${shown(key, value, 0)}`).toSorted(),
    ...missing.map((key) => `without ${key}`),
  ];
  return `{${["of the call", ...words].join(", ")}}`;
}

/** Times differ from run to run: how many there are does not, and they are no nonsense. */
function valueText({ count, sum, asDouble }: Point, unit: string): string {
  if (asDouble !== undefined) return String(asDouble);
  return unit === "s"
    ? `${count ?? "?"} times${sane(sum ?? -1)}`
    : `${count ?? "?"} times ${sum ?? "?"}`;
}

const LONGEST_S = 60;

function sane(seconds: number): string {
  return seconds > 0 && seconds < LONGEST_S ? "" : ` lasting ${seconds} s`;
}

function shown(key: string, value: unknown, seconds: number): string {
  if (key === "server.port") return "<port>";
  if (key === "gen_ai.response.time_to_first_chunk" && typeof value === "number") {
    return value > 0 && value <= seconds ? "<within the span>" : String(value);
  }
  return JSON.stringify(value);
}

function attributesOf(pairs: KeyValues): Readonly<Record<string, unknown>> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: Value): unknown {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue } = value;
  if (kvlistValue !== undefined) return attributesOf(kvlistValue.values);
  if (arrayValue !== undefined) return arrayValue.values.map(plain);
  return stringValue ?? boolValue ?? (intValue === undefined ? doubleValue : Number(intValue));
}
