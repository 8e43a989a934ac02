import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { runNaruko } from "../testing/run-naruko.ts";
import { parseRuleTestFile } from "./parse-rule-test.ts";

const guide = readFileSync(new URL("../../../../docs/testing-rules.md", import.meta.url), "utf8");

function blocks(language: string): string[] {
  const found = guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"));
  return [...found].map(([, text]) => text ?? "");
}

test("the guide's examples pass", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-docs-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const write = (name: string, text: string | undefined): string => {
    writeFileSync(path.join(folder, name), text ?? "");
    return path.join(folder, name);
  };
  write("rules.yml", blocks("yaml")[0]);
  const tests = write("rules-test.yml", blocks("yml")[0]);
  const script = write("queries.test", blocks("promqltest")[0]);
  const { code, printed, told } = await runNaruko("test", tests, script);
  assert.deepEqual({ code, told }, { code: 0, told: "" }, printed);
  assert.match(printed, /^10 passed, 0 failed$/m);
});

test("the guide has every key of a rule test", () => {
  const unknown = [
    "{ x: 1 }",
    "{ tests: [{ x: 1 }] }",
    "{ tests: [{ promql_expr_test: [{ x: 1 }] }] }",
  ];
  for (const text of unknown) {
    assert.throws(
      () => parseRuleTestFile("x", text),
      ({ message }: Error) => {
        const keys = /known are (.*)$/m.exec(message)?.[1]?.split(", ") ?? [];
        assert.ok(keys.length > 2);
        for (const key of keys) assert.match(guide, new RegExp(`\\b${key}\\b`), key);
        return true;
      },
    );
  }
});
