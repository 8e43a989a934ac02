import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "@naruko/core/model/call";
import type { JudgeAnswer } from "@naruko/core/model/judge";
import { epochMs } from "@naruko/core/model/time";
import { redaction, type Redaction } from "./capture.ts";
import { readConfig } from "./load-config.ts";
import { parseYaml } from "./parse-yaml.ts";

const call: Call = {
  traceId: "1".repeat(32),
  spanId: "2".repeat(16),
  kind: "inference",
  operation: "chat",
  startAt: epochMs(0),
  endAt: epochMs(0),
  durationS: 0,
  service: "shop",
  stream: false,
  finishReasons: [],
  usage: {},
  usageSource: "missing",
  weight: 1,
  dialect: "otel",
  text: { input: "mail a@b.example and c@d.example", output: "done", context: "x@y.example" },
};
const TOOL: Call = { ...call, kind: "tool", text: { input: "t@t.example", output: "u@u.example" } };
const telemetry = {
  calls: [call, TOOL],
  points: [],
  evaluations: [
    { name: "safety", at: epochMs(0), service: "shop", explanation: "names a@b.example" },
  ],
  contexts: [{ traceId: call.traceId, text: "found z@z.example" }],
};
const verdict = { name: "safety", score: 1, label: "ok" };
const answer: JudgeAnswer = {
  ok: true,
  verdicts: [{ ...verdict, explanation: "quotes q@q.example" }, verdict],
};
const MAIL = String.raw`[\w.]+@[\w.]+`;
const JUDGE = "judge: { endpoint: { model: gpt-4o-mini, api_key: k } }\n";

function redactionOf(mode: string, redact: readonly string[], more = ""): Redaction {
  const text = `capture: { mode: ${mode}, redact: ${JSON.stringify(redact)} }\n${more}`;
  return redaction(readConfig(parseYaml("naruko.yml", text)).config);
}

for (const [mode, judge] of [
  ["off", ""],
  ["off", JUDGE],
  ["judge", ""],
] as const) {
  test(`${mode} ${judge === "" ? "without" : "with"} a judge writes no text at all`, () => {
    const { telemetry: write, answer: hear } = redactionOf(mode, [], judge);
    const written = write(telemetry);
    assert.deepEqual([written.calls.length, written.evaluations.length], [2, 1]);
    assert.ok(!JSON.stringify([written, hear(answer)]).includes("example"));
    assert.deepEqual(hear(answer), { ok: true, verdicts: [verdict, verdict] });
  });
}

for (const [redact, input] of [
  [[], "mail a@b.example and c@d.example"],
  [[MAIL], "mail [redacted] and [redacted]"],
  [["(a@b.example)?"], "mail [redacted] and c@d.example"],
  [["x*", "mail "], "[redacted]a@b.e[redacted]ample and c@d.e[redacted]ample"],
] as const) {
  test(`store, with ${JSON.stringify(redact)} taken out`, () => {
    const kept = redactionOf("store", redact).telemetry(telemetry);
    assert.equal(kept.calls[0]?.text?.input, input);
    assert.equal(kept.calls[0].text.output, "done");
  });
}

test("with a judge, what it is to be shown is written, and nothing else", () => {
  const kept = redactionOf("judge", [MAIL], JUDGE).telemetry(telemetry);
  assert.deepEqual(
    kept.calls.map(({ text }) => text),
    [{ input: "mail [redacted] and [redacted]", output: "done", context: "[redacted]" }, undefined],
  );
  assert.deepEqual(kept.contexts, [{ traceId: call.traceId, text: "found [redacted]" }]);
  assert.equal(kept.evaluations[0]?.explanation, undefined);
});

test("an explanation is text too, a user's as the judge's", () => {
  const { telemetry: write, answer: hear } = redactionOf("store", [MAIL], JUDGE);
  assert.equal(write(telemetry).evaluations[0]?.explanation, "names [redacted]");
  const explained = { ...verdict, explanation: "quotes [redacted]" };
  assert.deepEqual(hear(answer), { ok: true, verdicts: [explained, verdict] });
  assert.deepEqual(redactionOf("judge", [MAIL], JUDGE).answer(answer), hear(answer));
  const missing: JudgeAnswer = { ok: false, reason: "timeout", retry: true, detail: "60 s" };
  assert.equal(hear(missing), missing);
});

for (const [judge, contexts] of [
  ["", undefined],
  [JUDGE, [{ traceId: call.traceId, text: "found [redacted]" }]],
] as const) {
  test(`what was retrieved is ${contexts ? "" : "not "}written ${judge === "" ? "without" : "with"} a judge`, () => {
    const kept = redactionOf("store", [MAIL], judge).telemetry(telemetry);
    assert.deepEqual(kept.contexts, contexts);
    assert.deepEqual(kept.calls[1]?.text, { input: "[redacted]", output: "[redacted]" });
  });
}

test("a pattern that is none is refused", () => {
  assert.throws(() => redactionOf("store", ["("]), { name: "InputError" });
});
