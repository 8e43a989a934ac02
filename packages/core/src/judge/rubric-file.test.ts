import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { parseYaml } from "../../../naruko/src/config/parse-yaml.ts";
import { parseRubricFile, readRubrics, type RubricReading } from "./rubric-file.ts";
import { applicability, textIn, type Rubric } from "./rubric.ts";

const reading: RubricReading = {
  parseYaml: (name, text) => parseYaml(name, text, "rubric"),
  language: "en",
};

function read(text: string, name = "tone.yml"): Rubric {
  const { rubric, errors } = parseRubricFile({ name, text }, reading);
  assert.deepEqual(
    errors.map(({ message }) => message),
    [],
  );
  assert.ok(rubric !== undefined);
  return rubric;
}

const markdown = `---
name: tone
description: Is it polite?
scale: { min: 1, max: 5, whole: true }
labels:
  rude: { en: hurts, ja: 失礼 }
  polite:
bad_below: 3
services: ["shop-*", chat]
needs_context: yes
---
Is the answer polite?

# A heading of the instruction

Judge the words alone.

# ja

丁寧ですか。
`;

test("Markdown with a head is read", () => {
  const { version, ...rubric } = read(markdown, "tone.md");
  assert.match(version, /^[0-9a-f]{16}$/);
  assert.deepEqual(rubric, {
    name: "tone",
    description: { en: "Is it polite?" },
    instruction: {
      en: "Is the answer polite?\n\n# A heading of the instruction\n\nJudge the words alone.",
      ja: "丁寧ですか。",
    },
    min: 1,
    max: 5,
    whole: true,
    labels: [
      { name: "rude", meaning: { en: "hurts", ja: "失礼" } },
      { name: "polite", meaning: {} },
    ],
    badBelow: 0.5,
    services: ["shop-*", "chat"],
    needsContext: true,
  });
});

test("YAML alone says the same, also with other ends of lines", () => {
  const yaml = `name: tone
instruction:
  en: "Is the answer polite?\\n\\n# A heading of the instruction\\n\\nJudge the words alone."
  ja: 丁寧ですか。
scale: { min: 1, max: 5, whole: true }
labels: { rude: { en: hurts, ja: 失礼 }, polite: }
bad_below: 3
needs_context: true
`;
  assert.equal(read(yaml).version, read(markdown, "tone.md").version);
  const windows = read(markdown.replaceAll("\n", "\r\n"), "tone.md");
  assert.equal(windows.instruction.ja, "丁寧ですか。");
  assert.equal(windows.name, "tone");
});

test("a name and an instruction are enough", () => {
  const rubric = read("name: short\ninstruction: Is it short?\n");
  assert.deepEqual(
    [rubric.min, rubric.max, rubric.whole, rubric.badBelow, rubric.services, rubric.labels],
    [0, 1, false, 0.5, ["*"], []],
  );
});

const ok = "name: a\ninstruction: b\n";
const refused: readonly (readonly [string, RegExp])[] = [
  ["", /^tone.yml:1:1: a rubric needs at least "name"/],
  ["- a", /^tone.yml:1:1: a rubric must be a map/],
  ["instruction: b", /^tone.yml:1:1: a rubric needs a name: a letter, then/],
  ["name: 9a\ninstruction: b", /^tone.yml:1:7: a rubric needs a name/],
  ["name: a b\ninstruction: b", /^tone.yml:1:7: a rubric needs a name/],
  ["name: a", /^tone.yml:1:1: a rubric needs an instruction/],
  ["name: a\ninstruction: { en: }", /^tone.yml:2:14: a rubric needs an instruction/],
  ["name: a\ninstruction: [b]", /^tone.yml:2:14: instruction must be a map/],
  [`name: a\ninstruction: ${"b".repeat(8001)}`, /^tone.yml:2:14: .* at most 8000 .* has 8001/],
  [`${ok}instuction: c`, /^tone.yml:3:1: unknown key "instuction".*did you mean "instruction"/],
  [`${ok}scale: 5`, /^tone.yml:3:8: scale must be a map/],
  [`${ok}scale: { min: 5, max: 1 }`, /^tone.yml:3:8: scale needs min below max; the higher/],
  [`${ok}scale: { min: 1 }`, /^tone.yml:3:8: scale needs min below max/],
  [`${ok}scale: { max: lots }`, /^tone.yml:3:15: max must be a number/],
  [`${ok}scale: { max: .inf }`, /^tone.yml:3:15: max must be a number/],
  [`${ok}scale: { max: 2.5, whole: true }`, /^tone.yml:3:8: a scale of whole numbers/],
  [`${ok}scale: { whole: maybe }`, /^tone.yml:3:17: whole must be true or false/],
  [`${ok}bad_below: 0`, /^tone.yml:3:12: bad_below must be above 0 and at most 1/],
  [`${ok}bad_below: 3`, /^tone.yml:3:12: bad_below must be above 0 and at most 1/],
  [`${ok}bad_below: half`, /^tone.yml:3:12: bad_below must be a number/],
  [`${ok}labels: [good]`, /^tone.yml:3:9: labels must be a map/],
  [`${ok}labels: { "a|b": c }`, /^tone.yml:3:11: "a\|b" is no label; a label has up to 40/],
  [`${ok}labels: { cold: a, Cold: b }`, /^tone.yml:3:20: label "Cold" is there already, but for/],
  [`${ok}labels: { a: [b] }`, /^tone.yml:3:14: what label "a" means must be a map/],
  [`${ok}services: []`, /^tone.yml:3:11: services names none/],
  [`${ok}services: shop`, /^tone.yml:3:11: services must be a list/],
  [`${ok}services: [""]`, /^tone.yml:3:12: a service needs a name; "\*" stands for all/],
  [`${ok}needs_context: perhaps`, /^tone.yml:3:16: needs_context must be true or false/],
  [`${ok}name: b`, /^tone.yml:3:1: .*[Uu]nique/],
];
for (const [text, expected] of refused) {
  test(`refused: ${JSON.stringify(text.slice(0, 60))}`, () => {
    const { rubric, errors } = parseRubricFile({ name: "tone.yml", text }, reading);
    assert.equal(rubric, undefined);
    assert.equal(errors[0]?.kind, "rubric");
    assert.match(errors[0].message, expected);
  });
}

const refusedMarkdown: readonly (readonly [string, RegExp])[] = [
  ["Is it polite?", /^tone.md:1:1: a rubric in Markdown begins with a line "---"/],
  ["---\nname: a\n", /^tone.md:1:1: the head has no end; close it/],
  ["---\nname: a\n---\n", /^tone.md:4:1: a rubric needs an instruction/],
  ["---\nname: a\nscale: 5\n---\nb", /^tone.md:3:8: scale must be a map/],
  ["---\nname: a\ninstruction: b\n---\nb", /^tone.md:3:1: in Markdown the instruction is the text/],
  ["---\nname: a\n---\nb\n# de\nc", /^tone.md:5:1: the judge is asked in en and ja, not in "de"/],
  ["---\nname: a\n---\nb\n# en\nc", /^tone.md:5:5: a second text in "en"/],
];
for (const [text, expected] of refusedMarkdown) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    const { rubric, errors } = parseRubricFile({ name: "tone.md", text }, reading);
    assert.equal(rubric, undefined);
    assert.match(errors[0]?.message ?? "", expected);
  });
}

test("a file of another kind is refused by its name", () => {
  const { errors } = parseRubricFile({ name: "tone.txt", text: ok }, reading);
  assert.match(errors[0]?.message ?? "", /^tone.txt:1:1: a rubric file ends with .md, .yml or/);
});

test("two rubrics of one name, and too many, are refused", () => {
  const files = [
    { name: "a.yml", text: ok },
    { name: "b.yml", text: ok },
  ];
  const { errors } = readRubrics(files, reading);
  assert.deepEqual(
    errors.map(({ message }) => message),
    ['b.yml:1:1: rubric "a" is in a.yml too; leave one of them out, or rename it'],
  );
  const many = Array.from({ length: 21 }, (_, i) => ({
    name: `${i}.yml`,
    text: `name: r${i}\ninstruction: b`,
  }));
  assert.match(readRubrics(many, reading).errors[0]?.message ?? "", /21 rubrics are more than 20/);
});

const otherLanguages: readonly (readonly ["en" | "ja", string, readonly RegExp[]])[] = [
  ["en", ok, []],
  ["ja", ok, [/^a.yml:2:14: an instruction has no text in "ja"; the one in "en" is used$/]],
  ["en", "name: a\ninstruction: { ja: 丁寧 }", [/no text in "en"; the one in "ja" is used/]],
  [
    "en",
    `${ok}description: { de: Ton }`,
    [/^a.yml:3:16: .* asked in en and ja; "de" is never used/],
  ],
  [
    "ja",
    "name: a\ninstruction: { ja: 丁寧 }\nlabels: { x: bad }",
    [/^a.yml:3:11: label "x" has no text in "ja"; the one in "en"/],
  ],
];
for (const [language, text, expected] of otherLanguages) {
  test(`asked in ${language}: ${JSON.stringify(text)}`, () => {
    const { rubric, warnings } = parseRubricFile({ name: "a.yml", text }, { ...reading, language });
    assert.ok(rubric !== undefined);
    assert.notEqual(textIn(rubric.instruction, language), "");
    assert.equal(warnings.length, expected.length);
    expected.forEach((pattern, i) => {
      assert.match(warnings[i]?.message ?? "", pattern);
    });
  });
}

const base = "name: a\ninstruction: { en: b, ja: び }\nlabels: { x: bad }\nbad_below: 0.4\n";
const otherVersions: readonly (readonly [string, string, boolean])[] = [
  ["a word of the instruction", base.replace("en: b", "en: c"), true],
  ["a word in the other language", base.replace("び", "ぴ"), true],
  ["a label", base.replace("x:", "y:"), true],
  ["what a label means", base.replace("bad }", "worse }"), true],
  ["what is bad", base.replace("0.4", "0.5"), true],
  ["the scale", `${base}scale: { max: 2 }`, true],
  ["the kind of scale", `${base.replace("0.4", "1")}scale: { whole: true }`, true],
  ["whom it is for", `${base}services: [b]`, false],
  ["its description", `${base}description: c`, false],
  ["a comment", `# c\n${base}`, false],
];
for (const [what, text, changes] of otherVersions) {
  test(`${what} ${changes ? "starts" : "starts no"} new version`, () =>
    assert.equal(read(text).version !== read(base).version, changes));
}

const patterns: readonly (readonly [string, string, boolean])[] = [
  ["*", "shop", true],
  ["shop", "shop", true],
  ["shop", "shop-eu", false],
  ["shop-*", "shop-eu", true],
  ["shop-*", "shop", false],
  ["*-eu", "shop-eu", true],
  ["*-eu", "shop-us", false],
  ["s*p*u", "shop-eu", true],
  ["a*a", "a", false],
  ["a*b*b", "ab", false],
  ["*a*a*a*", "aa", false],
  ["**", "x", true],
];
for (const [pattern, service, applies] of patterns) {
  test(`"${pattern}" ${applies ? "is" : "is not"} for ${service}`, () => {
    const rubric = read(`${ok}services: ["${pattern}"]`);
    assert.equal(applicability(rubric, service, {}), applies ? "applies" : "other-service");
  });
}

test("a rubric that needs context waits for it", () => {
  const rubric = read(`${ok}needs_context: true`);
  assert.equal(applicability(rubric, "a", { output: "x" }), "no-context");
  assert.equal(applicability(rubric, "a", { context: " \n" }), "no-context");
  assert.equal(applicability(rubric, "a", { context: "x" }), "applies");
});

test("the shipped rubrics are sound in both languages", () => {
  const folder = new URL("../../../../rubrics/", import.meta.url);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), "utf8") }));
  for (const language of ["en", "ja"] as const) {
    const { rubrics, errors, warnings } = readRubrics(files, { ...reading, language });
    assert.deepEqual([errors, warnings], [[], []]);
    assert.deepEqual(
      rubrics.map(({ name }) => name),
      ["faithfulness", "relevance", "safety"],
    );
    for (const { description, instruction, labels, name } of rubrics) {
      for (const text of [description, instruction, ...labels.map(({ meaning }) => meaning)]) {
        assert.ok(text.en !== undefined && text.ja !== undefined, name);
        assert.match(text.ja, /\p{Script=Hiragana}/u);
        assert.doesNotMatch(text.en, /\p{Script=Hiragana}/u);
      }
      assert.ok(labels.length > 1, name);
    }
  }
});
