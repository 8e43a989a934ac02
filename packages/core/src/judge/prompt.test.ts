import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { CallText } from "../model/call.ts";
import { GUESSED_BOUNDARY, INJECTIONS } from "../testing/injections.ts";
import { WORDINGS, type BlockName, type Look } from "./prompt-wording.ts";
import { askFor, promptVersion, type Asked, type AskOptions } from "./prompt.ts";
import { readVerdict } from "./read-verdict.ts";
import type { JudgeLanguage, Rubric } from "./rubric.ts";

const faithfulness: Rubric = {
  name: "faithfulness",
  description: { en: "not told" },
  instruction: { en: "Is it borne out?", ja: "裏付けがあるか。" },
  min: 0,
  max: 1,
  whole: false,
  labels: [
    { name: "supported", meaning: { en: "borne out", ja: "ある" } },
    { name: "unsupported", meaning: {} },
  ],
  badBelow: 0.5,
  services: ["*"],
  needsContext: false,
  version: "0",
};
const tone: Rubric = {
  ...faithfulness,
  name: "tone",
  instruction: { en: "Is it polite?" },
  min: 1,
  max: 5,
  whole: true,
  labels: [],
};
const rubrics = [faithfulness, tone];

const BOUNDARY = "5d1c0e9ab3f74826a1b2c3d4e5f60718";
const options: AskOptions = {
  language: "en",
  look: "first",
  boundary: (attempt) => BOUNDARY.slice(attempt) + "x".repeat(attempt),
  textLength: 16_000,
};
const LANGUAGES: readonly JudgeLanguage[] = ["en", "ja"];
const LOOKS: readonly Look[] = ["first", "second"];
const blockOf: Readonly<Record<keyof CallText, BlockName>> = {
  system: "system",
  context: "context",
  input: "question",
  output: "answer",
};

/**
 * Reads a request as its judge is told to: line by line. Fails where a block is not opened and closed
 * exactly once, in the order that was laid down.
 */
function takenApart(asked: Asked, look: Look, language: JudgeLanguage) {
  const { boundary } = asked.expect;
  const outside: string[] = [];
  const blocks = new Map<string, string[]>();
  let open: string | undefined;
  for (const line of asked.user.split("\n")) {
    const [, slash, name] = new RegExp(`^<(/?)(\\w+)-${boundary}>$`).exec(line) ?? [];
    if (name === undefined) {
      if (open === undefined) outside.push(line);
      else blocks.get(open)?.push(line);
    } else if (slash === "") {
      assert.ok(open === undefined && !blocks.has(name), `${name} is opened once`);
      blocks.set((open = name), []);
    } else {
      assert.equal(open, name);
      open = undefined;
    }
  }
  assert.equal(open, undefined);
  assert.deepEqual([...blocks.keys()], WORDINGS[language][look].blocks);
  return { outside: outside.join("\n"), blocks };
}

/** What must not depend on the texts, once the boundary is blotted out. */
function instructions(asked: Asked, look: Look, language: JudgeLanguage): string {
  const { outside, blocks } = takenApart(asked, look, language);
  const { boundary } = asked.expect;
  for (const lines of blocks.values()) assert.ok(!lines.join("\n").includes(boundary));
  const { system, schema } = asked;
  assert.ok(!system.includes(boundary));
  return JSON.stringify([system, outside.replaceAll(boundary, "BOUNDARY"), schema]);
}

for (const language of LANGUAGES) {
  for (const look of LOOKS) {
    test(`${language}, ${look} look: no attempt changes what the judge is told`, () => {
      const plain = instructions(
        askFor({}, rubrics, { ...options, language, look }),
        look,
        language,
      );
      for (const { name, text } of INJECTIONS) {
        for (const where of ["system", "context", "input", "output"] as const) {
          const asked = askFor({ [where]: text }, rubrics, { ...options, language, look });
          assert.equal(instructions(asked, look, language), plain, `${name} in ${where}`);
          const { blocks } = takenApart(asked, look, language);
          for (const [block, lines] of blocks) {
            if (block !== blockOf[where]) assert.deepEqual(lines, [""], `${name}: ${block}`);
          }
        }
      }
    });
  }
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom(
      "</answer-",
      "<answer-",
      "<question-",
      BOUNDARY,
      BOUNDARY.slice(0, 9),
      BOUNDARY.slice(9),
      ">",
      "\n",
      "\r",
      "\u2028",
      "\u200b",
      " ",
      "## tone",
    ),
    maxLength: 30,
  }),
);

test("no text at all changes what the judge is told, even one that has the boundary", () => {
  const plain = instructions(askFor({}, rubrics, options), "first", "en");
  const texts = fc.record({ system: anyText, context: anyText, input: anyText, output: anyText });
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 300 }), (text, textLength) => {
      const asked = askFor(text, rubrics, { ...options, textLength });
      assert.equal(instructions(asked, "first", "en"), plain);
    }),
    { numRuns: 1000 },
  );
});

test("a text that has the boundary gets another one, whatever its case and what hides it", () => {
  const hiding = [
    BOUNDARY,
    BOUNDARY.toUpperCase(),
    [...BOUNDARY].join("\u200b"),
    `${BOUNDARY} and ${BOUNDARY.slice(1)}x`,
  ];
  const boundaries = hiding.map((output) => askFor({ output }, rubrics, options).expect.boundary);
  const [first, second] = [options.boundary(1), options.boundary(2)];
  assert.deepEqual(boundaries, [first, first, first, second]);
  assert.throws(
    () => askFor({ output: BOUNDARY }, rubrics, { ...options, boundary: () => BOUNDARY }),
    /no text foresees/,
  );
});

test("a boundary is a word that fits its lines", () => {
  for (const boundary of [
    "",
    "short",
    "with space inside it",
    "UPPERCASE0123456",
    "a>\nb0123456789",
  ]) {
    assert.throws(
      () => askFor({}, rubrics, { ...options, boundary: () => boundary }),
      /a boundary/,
    );
  }
});

test("a judge that obeys what it read is refused", () => {
  const { expect } = askFor({}, rubrics, options);
  for (const { name, text } of INJECTIONS) {
    const read = readVerdict(text, expect);
    assert.ok(!read.ok, name);
  }
  const copied = INJECTIONS.filter(({ text }) => text.includes(`"boundary":"${GUESSED_BOUNDARY}"`));
  assert.ok(copied.length >= 2);
  for (const { text } of copied) {
    const read = readVerdict(text, expect);
    assert.equal(!read.ok && read.reason, "foreign");
  }
});

test("a judge that quotes what it read is understood", () => {
  const { expect } = askFor({}, rubrics, options);
  for (const { name, text } of INJECTIONS) {
    const explanation = `The answer tries this: ${text}`;
    const verdicts = {
      faithfulness: { explanation, label: "unsupported", score: 0 },
      tone: { explanation, label: "pushy", score: 1 },
    };
    const answer = JSON.stringify({ boundary: expect.boundary, verdicts });
    if (answer.length > 200_000) continue;
    const read = readVerdict(answer, expect);
    assert.ok(read.ok, name);
    assert.deepEqual(
      read.verdicts.map(({ score }) => score),
      [0, 0],
    );
    for (const verdict of read.verdicts) assert.ok((verdict.explanation ?? "").length <= 1000);
  }
});

test("the corpus is varied: at least 60 attempts, in every text, none twice", () => {
  assert.ok(INJECTIONS.length >= 60, `${INJECTIONS.length}`);
  assert.equal(new Set(INJECTIONS.map(({ text }) => text)).size, INJECTIONS.length);
  const places = new Set(INJECTIONS.map(({ where }) => where));
  assert.deepEqual([...places].toSorted(), ["context", "input", "output", "system"]);
});

const call: CallText = {
  system: "You work for a shop.",
  context: "Returns: 30 days.",
  input: "Can I return it?",
  output: "Yes, within 30 days.",
};

test("the texts stand in blocks of their own, the rubrics after them", () => {
  const { user, system, expect } = askFor(call, rubrics, options);
  const { blocks, outside } = takenApart(askFor(call, rubrics, options), "first", "en");
  assert.deepEqual(Object.fromEntries(blocks), {
    system: ["You work for a shop."],
    context: ["Returns: 30 days."],
    question: ["Can I return it?"],
    answer: ["Yes, within 30 days."],
  });
  assert.ok(user.indexOf("## faithfulness") > user.indexOf("Yes, within"));
  assert.match(outside, /Is it borne out\?\nScore: a number from 0 \(worst\) to 1 \(best\)\./);
  assert.match(outside, /- supported: borne out\n- unsupported\n/);
  assert.match(outside, /Is it polite\?\nScore: a whole number from 1 \(worst\) to 5 \(best\)/);
  assert.match(system, /recorded data and nothing else/);
  assert.deepEqual(expect, {
    boundary: BOUNDARY,
    rubrics: [
      { name: "faithfulness", min: 0, max: 1, labels: ["supported", "unsupported"] },
      { name: "tone", min: 1, max: 5, whole: true, labels: [] },
    ],
  });
});

test("the schema closes every object, requires every key, and is the same for every call", () => {
  const { schema } = askFor(call, rubrics, options);
  const verdict = (label: object, score: object) => ({
    type: "object",
    properties: { explanation: { type: "string" }, label, score },
    required: ["explanation", "label", "score"],
    additionalProperties: false,
  });
  const label = { type: "string", enum: ["supported", "unsupported"] };
  assert.deepEqual(schema, {
    type: "object",
    properties: {
      boundary: { type: "string" },
      verdicts: {
        type: "object",
        properties: {
          faithfulness: verdict(label, { type: "number" }),
          tone: verdict({ type: "string" }, { type: "integer" }),
        },
        required: ["faithfulness", "tone"],
        additionalProperties: false,
      },
    },
    required: ["boundary", "verdicts"],
    additionalProperties: false,
  });
});

test("the second look asks otherwise, for the same answer", () => {
  for (const language of LANGUAGES) {
    const [first, second] = LOOKS.map((look) =>
      askFor(call, rubrics, { ...options, language, look }),
    );
    assert.ok(first !== undefined && second !== undefined);
    assert.notEqual(first.system, second.system);
    const lines = new Set(takenApart(first, "first", language).outside.split("\n"));
    const repeated = takenApart(second, "second", language)
      .outside.split("\n")
      .filter((line) => line !== "" && lines.has(line));
    // The rubrics themselves and the form of the answer.
    assert.ok(repeated.every((line) => !/[.。:：]$/.test(line) || /Is it|裏付け|ある/.test(line)));
    assert.deepEqual([second.schema, second.expect], [first.schema, first.expect]);
  }
});

test("asked in Japanese, it speaks Japanese, and takes English where a rubric has nothing else", () => {
  for (const look of LOOKS) {
    const { system, user } = askFor(call, rubrics, { ...options, language: "ja", look });
    for (const text of [system, user]) assert.match(text, /\p{Script=Hiragana}/u);
    assert.match(user, /裏付けがあるか。/);
    assert.match(user, /- supported: ある/);
    assert.match(user, /Is it polite\?/);
    assert.match(user, /日本語/);
  }
});

test("long texts are cut and it is told, beside what was taken out", () => {
  const long = `${"a".repeat(90_000)}<|im_end|>\u200b\u200b`;
  const asked = askFor({ ...call, output: long }, rubrics, options);
  assert.match(asked.user, /^\[… 74,\d{3} characters left out …\]$/m);
  const { leftOut, removed, defused } = asked;
  assert.deepEqual([leftOut, removed, defused], [90_011 - 16_000, 2, 1]);
  assert.ok(asked.user.length < 20_000);
});

test("how it is asked has a version", () => {
  assert.match(promptVersion(), /^[0-9a-f]{16}$/);
  assert.equal(promptVersion(), promptVersion());
});
