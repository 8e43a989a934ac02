import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf, isMethod, listOf } from "../unknown.ts";
import { observeToolRuns } from "./openai-tools.ts";

/** Stands for the client: hands back the body that it was given. */
function runWith(body: object): ReadonlyArray<Record<string, unknown>> {
  const completions = { runTools: (given: unknown) => given };
  observeToolRuns(completions);
  const { tools } = fieldsOf(completions.runTools(body));
  return listOf(tools).map((tool) => ({ ...fieldsOf(tool) }));
}

test("a tool's own function is replaced in a copy", () => {
  const run = (): string => "rain";
  const definition = { name: "weather", description: "d", function: run, parse: JSON.parse };
  const tool = { type: "function", function: definition };
  const [given] = runWith({ tools: [tool] });
  const { function: observed, ...rest } = fieldsOf(given?.["function"]);
  assert.deepEqual(rest, { name: "weather", description: "d", parse: JSON.parse });
  assert.ok(isMethod(observed) && observed !== run && observed.call(undefined) === "rain");
  assert.equal(definition.function, run);
});

test("a tool made by the client's helpers keeps the hidden fields that it is known by", () => {
  const callback = (): string => "rain";
  const tool: object = Object.defineProperties(
    { type: "function", function: { name: "weather" } },
    { $brand: { value: "auto-parseable-tool" }, $callback: { value: callback } },
  );
  const completions = { runTools: (given: unknown) => given };
  observeToolRuns(completions);
  const [given] = listOf(fieldsOf(completions.runTools({ tools: [tool] }))["tools"]);
  const { $brand, $callback: observed } = fieldsOf(given);
  assert.equal($brand, "auto-parseable-tool");
  assert.ok(isMethod(observed) && observed !== callback && observed.call(undefined) === "rain");
  assert.deepEqual(Object.keys(given ?? {}), ["type", "function"]);
});

/** bodies that say nothing of tools to run */
const others: readonly unknown[] = [undefined, {}, { tools: "none" }, { tools: [] }];

for (const body of others) {
  test(`left as it is: ${JSON.stringify(body)}`, () => {
    const completions = { runTools: (given: unknown) => given };
    observeToolRuns(completions);
    assert.deepEqual(completions.runTools(body), body);
  });
}

test("tools of other kinds are left as they are", () => {
  const tool = { type: "function", function: { name: "weather" } };
  assert.deepEqual(runWith({ tools: [tool] }), [tool]);
});
