import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { readLabelledItems } from "./labelled-items.ts";
import { rubricOf } from "./testing/judged-calls.ts";

const RUBRICS = [
  rubricOf("faithfulness"),
  rubricOf("tone", { min: 1, max: 5, badBelow: 0.5 }),
  rubricOf("grounded", { needsContext: true }),
];

function read(...lines: readonly string[]) {
  return readLabelledItems({ name: "labels.jsonl", text: lines.join("\n") }, RUBRICS);
}

for (const [label, isBad] of [
  ['{"faithfulness": "good"}', false],
  ['{"faithfulness": "bad"}', true],
  ['{"faithfulness": true}', false],
  ['{"faithfulness": false}', true],
  ['{"faithfulness": 0.5}', false],
  ['{"faithfulness": 0.49}', true],
  ['{"tone": 3}', false],
  ['{"tone": 2.9}', true],
] as const) {
  test(`${label} is ${isBad ? "bad" : "good"}`, () => {
    const { items, errors } = read(`{"output": "a", "labels": ${label}}`);
    assert.deepEqual(errors, []);
    assert.deepEqual([...(items[0]?.bad.values() ?? [])], [isBad]);
  });
}

test("all that an item may have is read, and blank lines are passed over", () => {
  const { items, errors } = read(
    "",
    `{"id": "a-1", "system": "s", "input": "i", "context": "c", "output": "o", "language": "ja", "labels": {"grounded": true}}`,
    "\r",
    `{"output": "o", "rubrics": {"tone": 1}}`,
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(items, [
    {
      line: 2,
      text: { system: "s", input: "i", context: "c", output: "o" },
      language: "ja",
      bad: new Map([["grounded", false]]),
    },
    { line: 4, text: { output: "o" }, bad: new Map([["tone", true]]) },
  ]);
});

for (const [line, message] of [
  ["{", "no JSON object; write one object a line"],
  ["[]", "no JSON object; write one object a line"],
  [
    `{"labels": {"tone": 1}}`,
    "output is missing or blank; it is the answer that the labels are about",
  ],
  [
    `{"output": " ", "labels": {"tone": 1}}`,
    "output is missing or blank; it is the answer that the labels are about",
  ],
  [`{"output": "a"}`, `labels are missing; write {"faithfulness": "good"}, by rubric`],
  [
    `{"output": "a", "labels": {}}`,
    `labels are missing; write {"faithfulness": "good"}, by rubric`,
  ],
  [
    `{"output": "a", "labels": {"safty": "good"}}`,
    `there is no rubric "safty"; there are faithfulness, tone, grounded`,
  ],
  [
    `{"output": "a", "labels": {"tone": "fine"}}`,
    `labels.tone: expected "good", "bad", true, false or a score from 1 to 5`,
  ],
  [
    `{"output": "a", "labels": {"tone": 0}}`,
    `labels.tone: expected "good", "bad", true, false or a score from 1 to 5`,
  ],
  [
    `{"output": "a", "labels": {"tone": null}}`,
    `labels.tone: expected "good", "bad", true, false or a score from 1 to 5`,
  ],
  [
    `{"output": "a", "input": 7, "labels": {"tone": 1}}`,
    "input is no text; write it in quotes, or leave it out",
  ],
  [
    `{"output": "a", "language": "Japanese!", "labels": {"tone": 1}}`,
    `language is none; write a code such as "en" or "ja", or leave it out`,
  ],
  [
    `{"output": "a", "contxt": "", "labels": {"tone": 1}}`,
    `unknown key "contxt"; known are id, system, input, context, output, language, labels, rubrics`,
  ],
  [
    `{"output": "a", "labels": {"grounded": 1}}`,
    `rubric "grounded" judges only answers with a context; add context, or leave its label out`,
  ],
] as const) {
  test(`refused: ${line}`, () => {
    const { errors } = read(`{"output": "a", "labels": {"tone": 1}}`, line);
    assert.deepEqual(
      errors.map((error) => error.message),
      [`labels.jsonl:2: ${message}`],
    );
  });
}

test("a file without items is refused, and of many faults the first are shown", () => {
  assert.match(read("").errors[0]?.message ?? "", /^labels.jsonl:1: there is no item/);
  const { errors } = read(...Array.from({ length: 30 }, () => "{"));
  assert.equal(errors.length, 21);
  assert.equal(errors.at(-1)?.message, "labels.jsonl: 10 more lines are refused");
});

test("the shipped golden sets are such files", () => {
  const rubrics = ["faithfulness", "relevance", "safety"].map((name) => rubricOf(name));
  for (const language of ["en", "ja"]) {
    const file = new URL(`../../../../rubrics/golden/${language}.jsonl`, import.meta.url);
    const text = readFileSync(file, "utf8");
    const { items, errors } = readLabelledItems({ name: "golden", text }, rubrics);
    assert.deepEqual(errors, []);
    assert.ok(items.length > 500);
  }
});

test("labels by rubrics that are not judged by take no other label with them", () => {
  const file = {
    name: "golden",
    text: `{"output": "a", "labels": {"faithfulness": 1, "gone": 0}}`,
  };
  const { items, errors } = readLabelledItems(file, RUBRICS, "left-out");
  assert.deepEqual(errors, []);
  assert.deepEqual([...(items[0]?.bad ?? [])], [["faithfulness", false]]);
  assert.equal(readLabelledItems(file, RUBRICS).errors.length, 1);
});
