import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "@naruko/core/model/call";
import { epochMs } from "@naruko/core/model/time";
import { redaction } from "./capture.ts";

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
  text: { input: "mail a@b.example and c@d.example", output: "done" },
};
const telemetry = {
  calls: [call],
  points: [],
  evaluations: [
    { name: "safety", at: epochMs(0), service: "shop", explanation: "names a@b.example" },
  ],
};
const MAIL = String.raw`[\w.]+@[\w.]+`;

for (const mode of ["off", "judge"] as const) {
  test(`${mode} writes no text at all`, () => {
    assert.ok(!JSON.stringify(redaction({ mode, redact: [] })(telemetry)).includes("example"));
  });
}

for (const [redact, input] of [
  [[], "mail a@b.example and c@d.example"],
  [[MAIL], "mail [redacted] and [redacted]"],
  [["(a@b.example)?"], "mail [redacted] and c@d.example"],
  [["x*", "mail "], "[redacted]a@b.e[redacted]ample and c@d.e[redacted]ample"],
] as const) {
  test(`store, with ${JSON.stringify(redact)} taken out`, () => {
    const kept = redaction({ mode: "store", redact })(telemetry);
    assert.deepEqual(kept.calls[0]?.text, { input, output: "done" });
  });
}

test("an explanation is text too", () => {
  const kept = redaction({ mode: "store", redact: [MAIL] })(telemetry);
  assert.equal(kept.evaluations[0]?.explanation, "names [redacted]");
});

test("a pattern that is none is refused", () => {
  assert.throws(() => redaction({ mode: "store", redact: ["("] }), { name: "InputError" });
});
