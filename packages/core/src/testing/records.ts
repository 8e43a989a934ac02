// Records as the decoders make them, for tests of the stages behind.
import { epochMs, type EpochMs } from "../model/time.ts";
import type { Attributes, AttributeValue, Origin, SpanRecord } from "../receive/records.ts";

/** Attributes from a plain object; nested values as the decoders give them. */
export function attributes(values: Readonly<Record<string, AttributeValue>>): Attributes {
  return new Map(Object.entries(values));
}

/** A resource with a service's name, and a scope. */
export function origin(
  resource: Readonly<Record<string, AttributeValue>> = { "service.name": "shop" },
  scopeName = "",
): Origin {
  return { resource: attributes(resource), scopeName, scopeVersion: "", schemaUrl: "" };
}

/** 2026-11-02T10:00:00Z. */
export const START: EpochMs = epochMs(1_793_613_600_000);

/** A client span of 1.5 s that starts at `START`. */
export function span(
  values: Readonly<Record<string, AttributeValue>>,
  fields: Partial<SpanRecord> = {},
): SpanRecord {
  return {
    origin: origin(),
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    parentSpanId: "",
    traceState: "",
    name: "chat gpt-4o",
    kind: 3,
    startAt: START,
    endAt: epochMs(START + 1500),
    durationNs: 1.5e9,
    attributes: attributes(values),
    events: [],
    statusCode: 0,
    statusMessage: "",
    ...fields,
  };
}
