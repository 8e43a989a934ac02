import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { isUnknownTool } from "./unknown-tool.ts";

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  ["offered", { facts: { tools: [{ name: "f" }], toolCalls: [{ name: "f" }] } }, false],
  ["not offered", { facts: { tools: [{ name: "f" }], toolCalls: [{ name: "g" }] } }, true],
  [
    "the second one",
    { facts: { tools: [{ name: "f" }], toolCalls: [{ name: "f" }, { name: "g" }] } },
    true,
  ],
  ["none was offered", { facts: { tools: [], toolCalls: [{ name: "g" }] } }, true],
  ["the offer is not told", { facts: { toolCalls: [{ name: "g" }] } }, false],
  ["none called", { facts: { tools: [], toolCalls: [] } }, false],
  ["another case", { facts: { tools: [{ name: "f" }], toolCalls: [{ name: "F" }] } }, true],
];

for (const [name, call, raised] of rows) {
  test(`unknown tool: ${name}`, () => {
    assert.equal(isUnknownTool(inference(call)), raised);
  });
}
