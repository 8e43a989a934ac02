import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { parseYaml } from "../../../naruko/src/config/parse-yaml.ts";
import { parseRubricFile, type RubricReading } from "./rubric-file.ts";

const page = readFileSync(new URL("../../../../docs/quality.md", import.meta.url), "utf8");
const reading: RubricReading = {
  parseYaml: (name, text) => parseYaml(name, text, "rubric"),
  language: "ja",
};

function block(language: string): string {
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "ms").exec(page)?.[1] ?? "";
}

test("the page's rubrics are sound", () => {
  const tone = parseRubricFile({ name: "tone.md", text: block("markdown") }, reading);
  assert.deepEqual([tone.errors, tone.warnings], [[], []]);
  const { name, min, max, whole, labels, badBelow, services, instruction } = tone.rubric ?? {};
  assert.deepEqual(
    [name, min, max, whole, badBelow, services, labels?.length],
    ["tone", 1, 5, true, 0.5, ["shop-*"], 3],
  );
  assert.match(instruction?.en ?? "", /^Judge the tone.*hurt\.$/s);
  assert.match(instruction?.ja ?? "", /^回答の内容.*傷つく。$/s);
  const brevity = parseRubricFile({ name: "brevity.yml", text: block("yaml") }, reading);
  assert.deepEqual([brevity.errors, brevity.rubric?.name], [[], "brevity"]);
});

test("the page has every key of a rubric file", () => {
  const { errors } = parseRubricFile({ name: "x.yml", text: "zzzzzzzz: 1" }, reading);
  const keys = /known are (.*)$/.exec(errors[0]?.message ?? "")?.[1]?.split(", ") ?? [];
  assert.ok(keys.length > 5);
  for (const key of keys) assert.match(page, new RegExp(`^\\| \`${key}\` `, "m"));
});
