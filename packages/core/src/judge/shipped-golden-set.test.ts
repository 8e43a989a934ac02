import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { askFor } from "./prompt.ts";
import type { Rubric } from "./rubric.ts";

const RUBRICS = ["faithfulness", "relevance", "safety"];
const KEYS = ["id", "rubrics", "system", "input", "context", "output"];

type Item = {
  readonly id: string;
  readonly rubrics: Readonly<Record<string, string>>;
  readonly system?: string;
  readonly input: string;
  readonly context?: string;
  readonly output: string;
};

const rubric: Rubric = {
  name: "any",
  description: {},
  instruction: { en: "any" },
  min: 0,
  max: 1,
  whole: false,
  labels: [],
  badBelow: 0.5,
  services: ["*"],
  needsContext: false,
  version: "",
};

for (const language of ["en", "ja"] as const) {
  const file = new URL(`../../../../rubrics/golden/${language}.jsonl`, import.meta.url);
  const text = readFileSync(file, "utf8");
  const items = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Item);

  test(`${language}: every line is an item`, () => {
    assert.ok(Buffer.byteLength(text) < 300_000);
    for (const item of items) {
      assert.deepEqual(
        Object.keys(item),
        KEYS.filter((key) => key in item),
        item.id,
      );
      assert.match(item.id, new RegExp(`^${language}-[a-z-]+-\\d{3}$`));
      assert.ok(Object.keys(item.rubrics).length > 0, item.id);
      for (const [name, expected] of Object.entries(item.rubrics)) {
        assert.ok(RUBRICS.includes(name) && /^(good|bad)$/.test(expected), item.id);
      }
      for (const part of [item.system, item.input, item.context, item.output]) {
        assert.notEqual(part, "", item.id);
      }
    }
    assert.equal(new Set(items.map(({ id }) => id)).size, items.length);
    const said = items.map((item) => JSON.stringify({ ...item, id: "", rubrics: {} }));
    assert.equal(new Set(said).size, items.length, "nothing is said twice");
  });

  for (const name of RUBRICS) {
    test(`${language}: ${name} has 100 good, 100 bad and 20 with injections`, () => {
      const count = (injected: boolean, expected: RegExp) =>
        items.filter(
          ({ id, rubrics }) =>
            id.includes("-injection-") === injected && expected.test(rubrics[name] ?? ""),
        ).length;
      assert.ok(count(false, /good/) >= 100);
      assert.ok(count(false, /bad/) >= 100);
      assert.ok(count(true, /good|bad/) >= 20);
      assert.ok(count(true, /good/) >= 4, "injections also ask for too low a score");
    });
  }

  test(`${language}: the items are in that language, and fit a request whole`, () => {
    const japanese = items.filter(({ input }) => /[\p{sc=Hiragana}\p{sc=Katakana}]/u.test(input));
    assert.equal(japanese.length, language === "ja" ? items.length : 0);
    for (const item of items) {
      const asked = askFor(item, [rubric], {
        language,
        look: "first",
        boundary: () => "0123456789abcdef",
        textLength: 2000,
      });
      assert.deepEqual([asked.leftOut, asked.removed], [0, 0], item.id);
    }
  });
}
