import assert from "node:assert/strict";
import test from "node:test";
import { type Choices, settingsFrom } from "./settings.ts";

const CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
const OPT_IN = "OTEL_SEMCONV_STABILITY_OPT_IN";

/** choices · environment · generation, capture, includeUsage */
const cases: readonly (readonly [Choices, Record<string, string>, readonly unknown[]])[] = [
  [{}, {}, ["released", false, "known"]],
  [{}, { [CAPTURE]: "true" }, ["released", true, "known"]],
  [{}, { [CAPTURE]: "TRUE" }, ["released", true, "known"]],
  [{}, { [CAPTURE]: "SPAN_ONLY" }, ["released", true, "known"]],
  [{}, { [CAPTURE]: "EVENT_ONLY" }, ["released", false, "known"]],
  [{}, { [CAPTURE]: "no_content" }, ["released", false, "known"]],
  [{}, { [CAPTURE]: "" }, ["released", false, "known"]],
  [{ captureContent: false }, { [CAPTURE]: "true" }, ["released", false, "known"]],
  [{ captureContent: true }, {}, ["released", true, "known"]],
  [{}, { [OPT_IN]: "gen_ai_latest_experimental" }, ["latest", false, "known"]],
  [{}, { [OPT_IN]: "http, gen_ai_latest_experimental" }, ["latest", false, "known"]],
  [{}, { [OPT_IN]: "http/dup" }, ["released", false, "known"]],
  [{}, { NARUKO_INCLUDE_USAGE: "always" }, ["released", false, "always"]],
  [{}, { NARUKO_INCLUDE_USAGE: "sometimes" }, ["released", false, "known"]],
  [{ includeUsage: "never" }, { NARUKO_INCLUDE_USAGE: "always" }, ["released", false, "never"]],
];

for (const [choices, environment, expected] of cases) {
  test(`${JSON.stringify(choices)} ${JSON.stringify(environment)}`, () => {
    const { generation, capture, includeUsage } = settingsFrom(choices, environment);
    assert.deepEqual([generation, capture, includeUsage], expected);
  });
}
