import assert from "node:assert/strict";
import test from "node:test";
import type { NativeHistogram } from "../../model/sample.ts";
import { parseSeriesLine } from "../test-language/series-line.ts";
import { identicalHistograms, isReset, storedHint } from "./compare.ts";

function pair(text: string): readonly [NativeHistogram, NativeHistogram] {
  const [a, b] = parseSeriesLine(`h ${text}`).values;
  assert.ok(typeof a === "object" && typeof b === "object");
  return [a, b];
}

const CUSTOM = "schema:-53 custom_values:";

/** A histogram, the one after it, and whether the counter began anew between them. */
const resets: readonly (readonly [string, boolean])[] = [
  ["{{}} {{}}", false],
  ["{{count:1}} {{count:1}}", false],
  ["{{count:2}} {{count:1}}", true],
  ["{{count:2}} {{count:1 counter_reset_hint:not_reset}}", false],
  ["{{count:1}} {{count:2 counter_reset_hint:reset}}", true],
  ["{{count:2 counter_reset_hint:gauge}} {{count:1 counter_reset_hint:gauge}}", true],
  ["{{sum:2}} {{sum:1}}", false],
  ["{{buckets:[1 2]}} {{buckets:[2 1]}}", true],
  ["{{buckets:[1 2]}} {{buckets:[1 2 3]}}", false],
  ["{{buckets:[1 2]}} {{buckets:[1]}}", true],
  ["{{buckets:[1 0]}} {{buckets:[1]}}", false],
  ["{{offset:3 buckets:[1]}} {{buckets:[1]}}", true],
  ["{{n_buckets:[1 2]}} {{n_buckets:[1 1]}}", true],
  ["{{z_bucket:2}} {{z_bucket:1}}", true],
  // A finer schema or a narrower zero bucket cannot come about otherwise.
  ["{{schema:0}} {{schema:1}}", true],
  ["{{schema:1 buckets:[1 1 1]}} {{schema:0 buckets:[1 2]}}", false],
  ["{{schema:1 buckets:[1 1 1]}} {{schema:0 buckets:[1 1]}}", true],
  ["{{z_bucket_w:1}} {{z_bucket_w:0.5}}", true],
  ["{{z_bucket_w:0.5 buckets:[1]}} {{z_bucket_w:1 z_bucket:1}}", false],
  ["{{z_bucket_w:0.5 buckets:[2]}} {{z_bucket_w:1 z_bucket:1}}", true],
  ["{{buckets:[0 1]}} {{z_bucket_w:1.5 z_bucket:9}}", true],
  ["{{buckets:[1 0 1]}} {{z_bucket_w:1.5 z_bucket:1 offset:2 buckets:[1]}}", false],
  // Custom bounds are compared by those in common.
  [`{{${CUSTOM}[1]}} {{}}`, true],
  [`{{}} {{${CUSTOM}[1]}}`, true],
  [`{{${CUSTOM}[1] buckets:[1 1]}} {{${CUSTOM}[1] buckets:[1 0]}}`, true],
  [`{{${CUSTOM}[1 2] buckets:[1 1]}} {{${CUSTOM}[2] buckets:[2]}}`, false],
  [`{{${CUSTOM}[1 2] buckets:[1 1]}} {{${CUSTOM}[2] buckets:[1 1]}}`, true],
];
for (const [text, expected] of resets) {
  test(`${text} is ${expected ? "a" : "no"} reset`, () => {
    const [before, h] = pair(text);
    assert.equal(isReset(h, before), expected);
  });
}

const identical: readonly (readonly [string, boolean])[] = [
  ["{{count:1 sum:NaN}} {{count:1 sum:NaN}}", true],
  ["{{count:1}} {{count:2}}", false],
  ["{{sum:0}} {{sum:-0}}", false],
  ["{{schema:1}} {{schema:0}}", false],
  ["{{buckets:[1]}} {{buckets:[1 0]}}", false],
  ["{{buckets:[1]}} {{offset:1 buckets:[1]}}", false],
  ["{{buckets:[1]}} {{n_buckets:[1]}}", false],
  ["{{z_bucket_w:1}} {{z_bucket_w:2}}", false],
  ["{{z_bucket:1}} {{z_bucket:2}}", false],
  [`{{${CUSTOM}[1]}} {{${CUSTOM}[2]}}`, false],
  ["{{}} {{counter_reset_hint:gauge}}", true],
];
for (const [text, expected] of identical) {
  test(`${text} are ${expected ? "the same" : "different"}`, () => {
    assert.equal(identicalHistograms(...pair(text)), expected);
  });
}

const stored: readonly (readonly [string, string])[] = [
  ["{{count:1}} {{count:2}}", "not-reset"],
  ["{{count:2}} {{count:1}}", "unknown"],
  ["{{count:1}} {{count:2 counter_reset_hint:reset}}", "unknown"],
  ["{{count:2}} {{count:1 counter_reset_hint:not_reset}}", "unknown"],
  ["{{count:1}} {{count:2 counter_reset_hint:gauge}}", "gauge"],
  ["{{counter_reset_hint:gauge}} {{count:2}}", "unknown"],
  ["{{schema:1}} {{schema:0}}", "unknown"],
  ["{{}} {{z_bucket_w:1}}", "unknown"],
  [`{{${CUSTOM}[1 2]}} {{${CUSTOM}[2]}}`, "unknown"],
];
for (const [text, expected] of stored) {
  test(`${text} is stored as ${expected}`, () => {
    const [before, h] = pair(text);
    assert.equal(storedHint(h, before), expected);
  });
}

test("behind a number, and at first, nothing is known of a histogram", () => {
  const [h] = pair("{{count:1}} {{}}");
  assert.equal(storedHint(h, 1), "unknown");
  assert.equal(storedHint(h, undefined), "unknown");
});
