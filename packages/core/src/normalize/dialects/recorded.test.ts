// What instrumentations export, and the calls that it comes to, one file each.
//
// In `recorded/`, what real packages from npm exported (OTLP/JSON, ports and stack traces left out)
// while they called a stub of the APIs of OpenAI and Anthropic; it told 120 tokens in, 20 of them
// cached, and 30 out, 5 of them reasoned by OpenAI. In `written/`, spans by the table of dialects,
// where there is no package to run. Each file's `source` says which.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import type { CallFacts } from "../../model/call.ts";
import { DEFAULT_LIMITS } from "../../model/limits.ts";
import { epochMs } from "../../model/time.ts";
import { decodeTracesJson } from "../../receive/decode-json.ts";
import type { AttributeValue, SpanRecord } from "../../receive/records.ts";
import { attributes, origin, span, START } from "../../testing/records.ts";
import { normalizeSpans } from "../normalize-spans.ts";

type Written = {
  readonly scope: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly status?: number;
  readonly events?: readonly Event[];
};

type Event = {
  readonly name: string;
  readonly afterMs: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
};

type Fixture = {
  readonly source: string;
  readonly calls: readonly unknown[];
} & ({ readonly traces: unknown } | { readonly spans: readonly Written[] });

function recordsOf(fixture: Fixture): readonly SpanRecord[] {
  if ("traces" in fixture) return decodeTracesJson(fixture.traces, DEFAULT_LIMITS).records;
  return fixture.spans.map(({ scope, name, status = 0, events = [], ...written }) =>
    span(written.attributes, {
      name,
      origin: origin({ "service.name": "demo" }, scope),
      statusCode: status,
      events: events.map((event) => ({
        name: event.name,
        at: epochMs(START + event.afterMs),
        attributes: attributes(event.attributes),
      })),
    }),
  );
}

const VARYING = ["traceId", "spanId", "parentSpanId", "startAt", "endAt", "durationS", "weight"];

/** The calls without what differs from run to run; times of chunks as whether they are told. */
function callsOf(fixture: Fixture): readonly unknown[] {
  const records = recordsOf(fixture);
  const facts: (CallFacts | undefined)[] = [];
  const { telemetry, rejections } = normalizeSpans(records, {
    flagsOf: (call) => {
      facts.push(call.facts);
      return [];
    },
    at: epochMs(Math.max(...records.map(({ endAt }) => endAt))),
    maxAheadMs: 0,
    limits: DEFAULT_LIMITS,
  });
  assert.equal(rejections.size, 0);
  const isRecorded = "traces" in fixture;
  return telemetry.calls.map((call, i) =>
    Object.fromEntries(
      Object.entries({ ...call, ...(facts[i] && { facts: facts[i] }) })
        .filter(([field]) => !VARYING.includes(field))
        .map(([field, value]) => [field, isRecorded && field.endsWith("ChunkS") ? true : value]),
    ),
  );
}

for (const folder of ["recorded", "written"]) {
  const at = new URL(`${folder}/`, import.meta.url);
  for (const file of readdirSync(at).toSorted()) {
    const fixture = JSON.parse(readFileSync(new URL(file, at), "utf8")) as Fixture;
    test(`${file}: ${fixture.source}`, () => {
      assert.notEqual(fixture.calls.length, 0);
      assert.deepEqual(callsOf(fixture), fixture.calls);
    });
  }
}
