import assert from "node:assert/strict";
import test from "node:test";
import { type Choices, settingsFrom } from "./settings.ts";

const CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
const OPT_IN = "OTEL_SEMCONV_STABILITY_OPT_IN";

const NOTHING = { spans: false, events: false };
const SPANS = { spans: true, events: false };
const EVENTS = { spans: false, events: true };
const BOTH = { spans: true, events: true };

/** choices · environment · generation, capture, includeUsage */
const cases: readonly (readonly [Choices, Record<string, string>, readonly unknown[]])[] = [
  [{}, {}, ["released", NOTHING, "known"]],
  [{}, { [CAPTURE]: "true" }, ["released", SPANS, "known"]],
  [{}, { [CAPTURE]: "TRUE" }, ["released", SPANS, "known"]],
  [{}, { [CAPTURE]: "SPAN_ONLY" }, ["released", SPANS, "known"]],
  [{}, { [CAPTURE]: "EVENT_ONLY" }, ["released", EVENTS, "known"]],
  [{}, { [CAPTURE]: "span_and_event" }, ["released", BOTH, "known"]],
  [{ captureContent: "event_only" }, { [CAPTURE]: "true" }, ["released", EVENTS, "known"]],
  [{}, { [CAPTURE]: "no_content" }, ["released", NOTHING, "known"]],
  [{}, { [CAPTURE]: "" }, ["released", NOTHING, "known"]],
  [{ captureContent: false }, { [CAPTURE]: "true" }, ["released", NOTHING, "known"]],
  [{ captureContent: true }, {}, ["released", SPANS, "known"]],
  [{}, { [OPT_IN]: "gen_ai_latest_experimental" }, ["latest", NOTHING, "known"]],
  [{}, { [OPT_IN]: "http, gen_ai_latest_experimental" }, ["latest", NOTHING, "known"]],
  [{}, { [OPT_IN]: "http/dup" }, ["released", NOTHING, "known"]],
  [{}, { NARUKO_INCLUDE_USAGE: "always" }, ["released", NOTHING, "always"]],
  [{}, { NARUKO_INCLUDE_USAGE: "sometimes" }, ["released", NOTHING, "known"]],
  [{ includeUsage: "never" }, { NARUKO_INCLUDE_USAGE: "always" }, ["released", NOTHING, "never"]],
];

for (const [choices, environment, expected] of cases) {
  test(`${JSON.stringify(choices)} ${JSON.stringify(environment)}`, () => {
    const { generation, capture, includeUsage } = settingsFrom(choices, environment);
    assert.deepEqual([generation, capture, includeUsage], expected);
  });
}
