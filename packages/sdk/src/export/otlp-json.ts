// OTLP in JSON, as the protocol asks for it: ids in hexadecimal, 64-bit numbers as texts.
import type { Attributes } from "@opentelemetry/api";

type AnyValue = Readonly<Record<string, unknown>>;

export type KeyValue = { readonly key: string; readonly value: AnyValue };

export function keyValues(attributes: Attributes): readonly KeyValue[] {
  const pairs: KeyValue[] = [];
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value !== undefined) pairs.push({ key, value: anyValue(value) });
  }
  return pairs;
}

function anyValue(value: unknown): AnyValue {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map((item) => anyValue(item)) } };
  if (typeof value !== "number") return {};
  if (Number.isSafeInteger(value)) return { intValue: String(value) };
  // JSON has no name for what is not a number.
  return Number.isFinite(value) ? { doubleValue: value } : { stringValue: String(value) };
}

/** Nanoseconds since the epoch, of milliseconds; exact to the microsecond. */
export function unixNano(ms: number): string {
  const whole = Math.floor(ms);
  const rest = Math.round((ms - whole) * 1e6);
  if (rest === 1e6) return `${whole + 1}000000`;
  return `${whole}${String(rest).padStart(6, "0")}`;
}

/** Random bytes that are drawn at once: each draw is a call of the system. */
const pool = new Uint8Array(4096);
let used = pool.length;

/** Random ids of traces (16 bytes) and spans (8), never all zeros. */
export function randomId(bytes: 8 | 16): string {
  if (used + bytes > pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  let id = HEX[pool[used] || 1] ?? "";
  for (let at = used + 1; at < used + bytes; at += 1) id += HEX[pool[at] ?? 0];
  used += bytes;
  return id;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, value) =>
  value.toString(16).padStart(2, "0"),
);

export type Resource = Attributes;
/** The instrumentation scope and where the names of its telemetry are defined. */
export type Scope = { readonly name: string; readonly version: string; readonly schemaUrl: string };

/** A request's body around records that are JSON already. */
export function requestBody(
  kind: "Spans" | "Metrics" | "Logs",
  resource: Resource,
  { schemaUrl, ...scope }: Scope,
  records: readonly string[],
): string {
  const list = { Spans: "spans", Metrics: "metrics", Logs: "logRecords" }[kind];
  const head = JSON.stringify({ attributes: keyValues(resource) });
  const about = `"scope":${JSON.stringify(scope)},"schemaUrl":${JSON.stringify(schemaUrl)}`;
  const body = `{${about},"${list}":[${records.join(",")}]}`;
  return `{"resource${kind}":[{"resource":${head},"scope${kind}":[${body}]}]}`;
}
