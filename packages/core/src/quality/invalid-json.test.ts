import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { isInvalidJson } from "./invalid-json.ts";

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  ["an object", { text: { output: '{"a":1}' }, facts: { outputType: "json" } }, false],
  ["prose around it", { text: { output: 'Sure: {"a":1}' }, facts: { outputType: "json" } }, true],
  [
    "a fence around it",
    { text: { output: "```json\n{}\n```" }, facts: { outputType: "json" } },
    true,
  ],
  ["not asked for", { text: { output: 'Sure: {"a":1}' } }, false],
  ["a schema asks for it", { text: { output: "no" }, facts: { outputSchema: "{}" } }, true],
  [
    "a schema beside another type",
    { text: { output: "no" }, facts: { outputType: "text", outputSchema: "{}" } },
    false,
  ],
  ["empty", { text: { output: "" }, facts: { outputType: "json" } }, false],
  [
    "two choices",
    { text: { output: "{}\n{}" }, facts: { outputType: "json" }, finishReasons: ["stop", "stop"] },
    false,
  ],
  [
    "a tool called",
    { text: { output: "Let me look." }, facts: { outputType: "json", toolCalls: [{ name: "f" }] } },
    false,
  ],
  [
    "called off",
    { text: { output: '{"a' }, facts: { outputType: "json" }, ending: "closed" },
    false,
  ],
  [
    "half a pair in a string",
    { text: { output: '{"a":"\ud83d"}' }, facts: { outputType: "json" } },
    false,
  ],
];

for (const [name, call, raised] of rows) {
  test(`invalid JSON: ${name}`, () => {
    assert.equal(isInvalidJson(inference(call)), raised);
  });
}
