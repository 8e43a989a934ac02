import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { parseScenario } from "./parse-scenario.ts";
import { runScenario } from "./run-scenario.ts";

const guide = readFileSync(new URL("../../../../docs/scenarios.md", import.meta.url), "utf8");
const examples = [...guide.matchAll(/^```scenario\n(.*?)^```/gms)].map(([, text]) => text ?? "");

for (const [i, text] of examples.entries()) {
  test(`docs/scenarios.md, example ${i + 1}`, async () => {
    const { checks, faults } = await runScenario(parseScenario("example", text), ".", {});
    assert.deepEqual(faults, []);
    for (const { line, expected, actual, failedIn } of checks) {
      assert.deepEqual({ line, lines: actual, failedIn }, { line, lines: expected, failedIn: [] });
    }
  });
}

test("the guide shows every directive, and every key of a call", () => {
  const shown = examples.join("\n");
  for (const directive of ["load", "rule", "calls", "gap", "at"]) {
    assert.match(shown, new RegExp(`^${directive} `, "m"));
  }
  assert.throws(
    () => parseScenario("x", "calls 0 1m 1 nothing=1"),
    (error: Error) => {
      const keys = /there are (.*)$/.exec(error.message)?.[1]?.split(", ") ?? [];
      assert.ok(keys.length > 20);
      for (const key of keys) assert.ok(guide.includes(`\`${key}\``), `${key} is not in the guide`);
      return true;
    },
  );
});
