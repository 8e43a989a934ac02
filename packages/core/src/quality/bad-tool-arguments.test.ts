import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { hasBadToolArguments } from "./bad-tool-arguments.ts";

const parameters = JSON.stringify({ type: "object", required: ["a"] });

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  ["an object", { facts: { toolCalls: [{ name: "f", arguments: '{"a":1}' }] } }, false],
  ["no JSON", { facts: { toolCalls: [{ name: "f", arguments: "a=1" }] } }, true],
  ["a list", { facts: { toolCalls: [{ name: "f", arguments: "[1]" }] } }, true],
  ["null", { facts: { toolCalls: [{ name: "f", arguments: "null" }] } }, true],
  ["nothing", { facts: { toolCalls: [{ name: "f", arguments: " " }] } }, false],
  [
    "not told",
    { facts: { tools: [{ name: "f", parameters }], toolCalls: [{ name: "f" }] } },
    false,
  ],
  [
    "matches",
    {
      facts: {
        tools: [{ name: "f", parameters }],
        toolCalls: [{ name: "f", arguments: '{"a":1}' }],
      },
    },
    false,
  ],
  [
    "misses one",
    { facts: { tools: [{ name: "f", parameters }], toolCalls: [{ name: "f", arguments: "{}" }] } },
    true,
  ],
  [
    "nothing, where one is required",
    { facts: { tools: [{ name: "f", parameters }], toolCalls: [{ name: "f", arguments: "" }] } },
    true,
  ],
  [
    "of another tool",
    { facts: { tools: [{ name: "f", parameters }], toolCalls: [{ name: "g", arguments: "{}" }] } },
    false,
  ],
  [
    "parameters that are no JSON",
    {
      facts: {
        tools: [{ name: "f", parameters: "{" }],
        toolCalls: [{ name: "f", arguments: "{}" }],
      },
    },
    false,
  ],
  [
    "called off",
    { facts: { toolCalls: [{ name: "f", arguments: '{"a' }] }, ending: "cancelled" },
    false,
  ],
  [
    "failed",
    { facts: { toolCalls: [{ name: "f", arguments: '{"a' }] }, errorType: "timeout" },
    false,
  ],
];

for (const [name, call, raised] of rows) {
  test(`bad tool arguments: ${name}`, () => {
    assert.equal(hasBadToolArguments(inference(call)), raised);
  });
}
