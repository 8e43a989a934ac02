import assert from "node:assert/strict";
import test from "node:test";
import { Tally } from "../model/tally.ts";
import { countedFlags, countOutcomes } from "./outcome-counts.ts";

for (const [length, bin] of [
  [0, "0-999"],
  [999, "0-999"],
  [1000, "1000-3999"],
  [3999, "1000-3999"],
  [15_999, "4000-15999"],
  [16_000, "16000+"],
  [1e9, "16000+"],
] as const) {
  test(`${length} characters are ${bin}`, () => {
    const counts = new Tally();
    countOutcomes(counts, { length, flags: [], verdicts: 2, missing: 1 });
    assert.deepEqual(
      [...counts.counts],
      [
        [`judge_length_${bin}_verdict`, 2],
        ["judge_flag_none_verdict", 2],
        [`judge_length_${bin}_missing`, 1],
        ["judge_flag_none_missing", 1],
      ],
    );
  });
}

test("a call counts with each of its flags, and flags are found by their counts", () => {
  const counts = new Tally();
  assert.deepEqual(countedFlags(counts.counts), ["none"]);
  countOutcomes(counts, { length: 1, flags: ["refusal", "cut-off"], verdicts: 0, missing: 3 });
  assert.equal(counts.counts.get("judge_flag_refusal_missing"), 3);
  assert.equal(counts.counts.get("judge_flag_refusal_verdict"), undefined);
  assert.deepEqual(countedFlags(counts.counts), ["none", "refusal", "cut-off"]);
});
