// OTLP in JSON, as the protocol asks for it: ids in hexadecimal, 64-bit numbers as texts.
import type { Attributes } from "@opentelemetry/api";
import { randomBytes } from "node:crypto";
import { type Fields, isFields } from "../unknown.ts";

type AnyValue = Readonly<Record<string, unknown>>;

export type KeyValue = { readonly key: string; readonly value: AnyValue };

export function keyValues(attributes: Fields): readonly KeyValue[] {
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
  if (isFields(value)) return { kvlistValue: { values: keyValues(value) } };
  if (typeof value !== "number") return {};
  if (Number.isSafeInteger(value)) return { intValue: String(value) };
  // JSON has no name for what is not a number.
  return Number.isFinite(value) ? { doubleValue: value } : { stringValue: String(value) };
}

/**
 * Attributes as JSON, what stands between the brackets of their list. Put together from texts: most
 * of what a span costs is its JSON, and most attributes of a call are those of the call before.
 *
 * @param later stand in the place of earlier ones with the same name
 */
export function attributesJson(first: Attributes, later: Attributes): string {
  let json = "";
  for (const key in first) if (later[key] === undefined) json += attributeJson(key, first[key]);
  for (const key in later) json += attributeJson(key, later[key]);
  // Without the last comma.
  return json.slice(0, -1);
}

/** How an attribute begins, and what it is with texts that it had lately. */
type Written = { readonly head: string; readonly whole: Map<string, string> };

/** By name; those of the conventions are some dozens. */
const written = new Map<string, Written>();
const NAMES = 512;
/** Of a name that are remembered, and their length: ids and contents have no second time. */
const TEXTS = 64;
const LENGTH = 64;

/** One attribute and a comma, or nothing. */
function attributeJson(key: string, value: unknown): string {
  if (value === undefined) return "";
  const { head, whole } = writtenOf(key);
  if (typeof value !== "string") return `${head}${valueJson(value)}},`;
  const known = whole.get(value);
  if (known !== undefined) return known;
  const made = `${head}${valueJson(value)}},`;
  if (whole.size < TEXTS && value.length <= LENGTH) whole.set(value, made);
  return made;
}

function writtenOf(key: string): Written {
  const known = written.get(key);
  if (known !== undefined) return known;
  const made: Written = { head: `{"key":${JSON.stringify(key)},"value":`, whole: new Map() };
  if (written.size < NAMES) written.set(key, made);
  return made;
}

/** The same as that of `anyValue`, without an object between. */
function valueJson(value: unknown): string {
  if (typeof value === "string") return `{"stringValue":${JSON.stringify(value)}}`;
  if (Array.isArray(value)) {
    return `{"arrayValue":{"values":[${value.map((item) => valueJson(item)).join(",")}]}}`;
  }
  if (Number.isSafeInteger(value)) return `{"intValue":"${String(value)}"}`;
  return JSON.stringify(anyValue(value));
}

/** Nanoseconds since the epoch, of milliseconds; exact to the microsecond. */
export function unixNano(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const rest = Math.round((ms - seconds * 1000) * 1e6);
  if (rest === 1e9) return `${seconds + 1}000000000`;
  return `${seconds}${String(rest).padStart(9, "0")}`;
}

/** Random bytes, as hexadecimal digits, that are drawn at once: each draw is a call of the system. */
let pool = "";
let used = 0;
const POOL_BYTES = 4096;

/** Random ids of traces (16 bytes) and spans (8), never all zeros. */
export function randomId(bytes: 8 | 16): string {
  if (used + bytes * 2 > pool.length) {
    pool = randomBytes(POOL_BYTES).toString("hex");
    used = 0;
  }
  const id = pool.slice(used, used + bytes * 2);
  used += bytes * 2;
  return ZEROS.startsWith(id) ? randomId(bytes) : id;
}

const ZEROS = "0".repeat(32);

export type Resource = Attributes;
/** The instrumentation scope and where the names of its telemetry are defined. */
export type Scope = { readonly name: string; readonly version: string; readonly schemaUrl: string };

/** What stands before and behind the records of a request, which are JSON already. */
export type Frame = { readonly head: Buffer; readonly tail: Buffer };

export function requestFrame(
  kind: "Spans" | "Metrics" | "Logs",
  resource: Resource,
  { schemaUrl, ...scope }: Scope,
): Frame {
  const list = { Spans: "spans", Metrics: "metrics", Logs: "logRecords" }[kind];
  const about = JSON.stringify({ attributes: keyValues(resource) });
  const scoped = `"scope":${JSON.stringify(scope)},"schemaUrl":${JSON.stringify(schemaUrl)}`;
  return {
    head: Buffer.from(
      `{"resource${kind}":[{"resource":${about},"scope${kind}":[{${scoped},"${list}":[`,
    ),
    tail: Buffer.from("]}]}]}"),
  };
}
