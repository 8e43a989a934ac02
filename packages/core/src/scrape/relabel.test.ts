import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import * as fc from "fast-check";
import { md5, md5Bucket } from "./md5.ts";
import { relabel, relabelPattern, type RelabelStep } from "./relabel.ts";

type Step = Partial<Omit<RelabelStep, "regex">> & { readonly regex?: string };

function step(part: Step): RelabelStep {
  return {
    action: "replace",
    sourceLabels: [],
    separator: ";",
    modulus: 0,
    targetLabel: "",
    replacement: "$1",
    ...part,
    regex: relabelPattern(part.regex ?? "(.*)"),
  };
}

const LABELS = { a: "foo", b: "bar", c: "Baz" };
const rows: readonly {
  readonly steps: readonly Step[];
  /** Only what differs from `LABELS`; `undefined`: the label is gone. */
  readonly changes: Readonly<Record<string, string | undefined>> | "dropped";
}[] = [
  { steps: [], changes: {} },
  { steps: [{ sourceLabels: ["a"], targetLabel: "d" }], changes: { d: "foo" } },
  { steps: [{ sourceLabels: ["a", "b"], targetLabel: "d" }], changes: { d: "foo;bar" } },
  {
    steps: [{ sourceLabels: ["a", "x", "b"], separator: "-", targetLabel: "d" }],
    changes: { d: "foo--bar" },
  },
  { steps: [{ sourceLabels: ["a"], regex: "o+", targetLabel: "d" }], changes: {} },
  {
    steps: [{ sourceLabels: ["a"], regex: "(f)(o+)", targetLabel: "${1}x", replacement: "$2-$1" }],
    changes: { fx: "oo-f" },
  },
  {
    steps: [
      { sourceLabels: ["a"], regex: "(?P<rest>.*)", targetLabel: "d", replacement: "$rest!" },
    ],
    changes: { d: "foo!" },
  },
  { steps: [{ targetLabel: "d", replacement: "fixed" }], changes: { d: "fixed" } },
  { steps: [{ sourceLabels: ["x"], targetLabel: "a" }], changes: { a: undefined } },
  { steps: [{ targetLabel: "a", replacement: "" }], changes: { a: undefined } },
  { steps: [{ regex: "(x?)", targetLabel: "$1", replacement: "v" }], changes: {} },
  { steps: [{ action: "keep", sourceLabels: ["a"], regex: "foo" }], changes: {} },
  { steps: [{ action: "keep", sourceLabels: ["a"], regex: "fo" }], changes: "dropped" },
  { steps: [{ action: "drop", sourceLabels: ["a", "b"], regex: "foo;bar" }], changes: "dropped" },
  { steps: [{ action: "drop", sourceLabels: ["x"], regex: ".+" }], changes: {} },
  { steps: [{ action: "keepequal", sourceLabels: ["a"], targetLabel: "b" }], changes: "dropped" },
  { steps: [{ action: "keepequal", sourceLabels: ["x"], targetLabel: "y" }], changes: {} },
  { steps: [{ action: "dropequal", sourceLabels: ["a"], targetLabel: "b" }], changes: {} },
  { steps: [{ action: "dropequal", sourceLabels: ["a"], targetLabel: "a" }], changes: "dropped" },
  {
    steps: [{ action: "lowercase", sourceLabels: ["c"], targetLabel: "c" }],
    changes: { c: "baz" },
  },
  {
    steps: [{ action: "uppercase", sourceLabels: ["a"], targetLabel: "d" }],
    changes: { d: "FOO" },
  },
  {
    steps: [
      { action: "hashmod", sourceLabels: ["c"], targetLabel: "d", separator: ";", modulus: 1000 },
    ],
    changes: { d: String(bucketByNode("Baz", 1000n)) },
  },
  {
    steps: [{ action: "labelmap", regex: "(a|b)", replacement: "bar_$1" }],
    changes: { bar_a: "foo", bar_b: "bar" },
  },
  { steps: [{ action: "labelmap", regex: "a", replacement: "c" }], changes: { c: "foo" } },
  { steps: [{ action: "labeldrop", regex: "[ab]" }], changes: { a: undefined, b: undefined } },
  { steps: [{ action: "labelkeep", regex: "[ab]" }], changes: { c: undefined } },
  {
    steps: [
      { action: "drop", sourceLabels: ["a"], regex: "foo" },
      { targetLabel: "a", replacement: "late" },
    ],
    changes: "dropped",
  },
  {
    steps: [
      { sourceLabels: ["a"], targetLabel: "b" },
      { sourceLabels: ["b"], targetLabel: "c" },
    ],
    changes: { b: "foo", c: "foo" },
  },
];
for (const { steps, changes } of rows) {
  test(`relabels by ${JSON.stringify(steps)}`, () => {
    const labels = new Map(Object.entries(LABELS));
    const outcome = relabel(labels, steps.map(step));
    if (changes === "dropped") return assert.equal(outcome, "dropped");
    assert.equal(outcome, "kept");
    const wanted = Object.entries({ ...LABELS, ...changes }).filter(([, value]) => value);
    return assert.deepEqual(Object.fromEntries(labels), Object.fromEntries(wanted));
  });
}

test("a dot matches line breaks, and the expression is anchored", () => {
  const steps = [step({ action: "drop", sourceLabels: ["a"], regex: "x.y|z" })];
  const outcome = (a: string) => relabel(new Map([["a", a]]), steps);
  assert.equal(outcome("x\ny"), "dropped");
  assert.equal(outcome("x-y!"), "kept");
});

function bucketByNode(text: string, buckets: bigint): bigint {
  return createHash("md5").update(text).digest().readBigUInt64BE(8) % buckets;
}

test("digests are MD5's", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
      assert.equal(
        Buffer.from(md5(text)).toString("hex"),
        createHash("md5").update(text).digest("hex"),
      );
      assert.equal(BigInt(md5Bucket(text, 997)), bucketByNode(text, 997n));
    }),
  );
});
