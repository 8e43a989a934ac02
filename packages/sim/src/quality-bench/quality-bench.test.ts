import assert from "node:assert/strict";
import { mkdtempSync, rmSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { FLAGS } from "@naruko/core/quality/flags";
import { LENGTH_HABIT } from "@naruko/core/quality/length-habit";
import { readFixtures } from "./fixture.ts";
import { readRealTexts } from "./real-texts.ts";
import { precision, recall, score, wilson, type Share } from "./score.ts";

/**
 * What may not be lost: the least precision and recall over all examples of a flag. What is decided by
 * a fact has no excuse; what is guessed from text has a little.
 */
const FLOORS: Readonly<Record<string, readonly [precision: number, recall: number]>> = {
  refusal: [0.95, 0.9],
  empty: [1, 1],
  "cut-off": [0.95, 0.75],
  "error-finish": [1, 1],
  "invalid-json": [1, 1],
  "schema-mismatch": [1, 1],
  "unknown-tool": [1, 1],
  "bad-tool-arguments": [1, 1],
  repetition: [0.95, 0.95],
  "wrong-language": [0.95, 0.9],
  "leaked-markup": [0.9, 0.9],
  "prompt-echo": [0.95, 0.9],
  "length-habit": [0.95, 1],
};

const fixtures = readFixtures();
const share = ({ hits, of }: Share): number => hits / of;

test("every flag has examples: sixty at least, half of them negative, a third held out", () => {
  assert.deepEqual([...fixtures.keys()].toSorted(), FLAGS.map(({ flag }) => flag).toSorted());
  const known = new Set(FLAGS.map(({ flag }) => flag));
  for (const [flag, examples] of fixtures) {
    const positive = examples.filter(({ flags }) => flags.includes(flag)).length;
    const held = examples.filter((example) => example.held).length;
    assert.ok(examples.length >= 60, flag);
    assert.ok(positive >= 20 && positive <= examples.length / 2, flag);
    assert.ok(held >= examples.length * 0.3, flag);
    for (const { flags } of examples)
      assert.ok(
        flags.every((one) => known.has(one)),
        flag,
      );
    const asGiven = examples.map((example) =>
      JSON.stringify({ ...example, held: false, flags: [], why: "" }),
    );
    const texts = new Set(asGiven);
    assert.equal(texts.size, examples.length, `${flag}: an example twice`);
  }
});

for (const { flag } of FLAGS) {
  test(`${flag} is as right as it was`, () => {
    const { score: found, misses } = score(flag, fixtures.get(flag) ?? []);
    const [leastPrecision, leastRecall] = FLOORS[flag] ?? [1, 1];
    const wrong = JSON.stringify(misses);
    assert.ok(share(precision(found)) >= leastPrecision, `precision: ${wrong}`);
    assert.ok(share(recall(found)) >= leastRecall, `recall: ${wrong}`);
  });
}

test("a flag is hardly ever raised on the examples of another one", () => {
  for (const { flag } of FLAGS) {
    if (flag === LENGTH_HABIT) continue;
    const others = [...fixtures]
      .filter(([about]) => about !== flag && about !== LENGTH_HABIT)
      .flatMap(([, examples]) => examples);
    const { score: found, misses } = score(flag, others);
    assert.ok(found.falsePositives <= 2, `${flag}: ${JSON.stringify(misses)}`);
  }
});

test("Wilson's interval", () => {
  const rounded = (of: Share): readonly number[] => wilson(of).map((end) => Number(end.toFixed(4)));
  // Newcombe 1998, table I, method 3.
  assert.deepEqual(rounded({ hits: 81, of: 263 }), [0.2553, 0.3662]);
  assert.deepEqual(rounded({ hits: 15, of: 148 }), [0.0624, 0.1605]);
  assert.deepEqual(rounded({ hits: 0, of: 20 }), [0, 0.1611]);
  assert.deepEqual(rounded({ hits: 1, of: 29 }), [0.0061, 0.1718]);
  assert.deepEqual(rounded({ hits: 0, of: 0 }), [0, 1]);
});

test("answers of real models are read where they are, and left out where not", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-texts-"));
  try {
    assert.deepEqual(readRealTexts(folder), []);
    mkdirSync(path.join(folder, "llmdrift"));
    const csv =
      'id,model,query,answer\n1,a/old,"Say ""hi"",\nplease",Hi\n2,b/new,Bye?,"Bye, bye"\n';
    writeFileSync(path.join(folder, "llmdrift", "OPINIONQA.csv.gz"), gzipSync(csv));
    const read = readRealTexts(folder).map(({ source, calls }) => [
      source,
      calls.map(({ text }) => text),
    ]);
    assert.deepEqual(read, [
      ["LLMDrift OPINIONQA old", [{ input: 'Say "hi",\nplease', output: "Hi" }]],
      ["LLMDrift OPINIONQA new", [{ input: "Bye?", output: "Bye, bye" }]],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
