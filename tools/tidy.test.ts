// Checks the repository itself: the house rules that neither the compiler nor the linter knows.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import path from "node:path";
import test from "node:test";

/** The data's way through the core. A stage may import the stages listed for it, and nothing else. */
const stages: Record<string, readonly string[]> = {
  model: [],
  receive: ["model"],
  normalize: ["model", "receive"],
  measure: ["model"],
  store: ["model"],
  promql: ["model", "store"],
  rules: ["model", "promql"],
  quality: ["model"],
  detect: ["model"],
  judge: ["model"],
  notify: ["model"],
  /** What tests of several stages build their input with; not shipped. */
  testing: ["model", "receive"],
  engine: [
    "model",
    "receive",
    "normalize",
    "measure",
    "store",
    "promql",
    "rules",
    "quality",
    "detect",
    "judge",
    "notify",
  ],
};

const bannedNames = /(^|\/)(utils?|helpers?|common|misc|shared|lib|manager|service)(\.|\/|-)/;
const bannedText: readonly (readonly [RegExp, string])[] = [
  [/\bas unknown as\b/, "a parser or a type guard"],
  [/\bFIXME\b/, "the fix, before it lands"],
  [/\bTODO\b(?!\(#\d+\))/, "TODO(#issue)"],
  [/\b(describe|it|test)\.only\b/, "the whole suite"],
];

const files = execFileSync("git", ["ls-files", "packages", "tools"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file.endsWith(".ts") && file !== "tools/tidy.test.ts");

test("names say what is inside", () => {
  assert.deepEqual(
    files.filter((file) => bannedNames.test(file)),
    [],
  );
});

test("nothing banned is left in the text", () => {
  const found = files.flatMap((file) =>
    bannedText
      .filter(([pattern]) => pattern.test(readFileSync(file, "utf8")))
      .map(([pattern, instead]) => `${file}: ${pattern.source} is banned, use ${instead}`),
  );
  assert.deepEqual(found, []);
});

test("imports in the core follow the data's way", () => {
  const wrong: string[] = [];
  for (const file of files) {
    const stage = /^packages\/core\/src\/(\w+)\//.exec(file)?.[1];
    if (stage === undefined || file.endsWith(".test.ts")) continue;
    for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g)) {
      const target = path.posix.join(path.posix.dirname(file), specifier).split("/")[3] ?? "";
      if (target !== stage && !stages[stage]?.includes(target)) wrong.push(`${file} -> ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});
