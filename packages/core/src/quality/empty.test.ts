import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { isEmpty } from "./empty.ts";

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  ["nothing", { text: { output: "" } }, true],
  ["blanks", { text: { output: " \n\t\u3000" } }, true],
  ["signs that show nothing", { text: { output: "\u200b\ufeff\u00ad" } }, true],
  ["one sign", { text: { output: "." } }, false],
  ["an emoji", { text: { output: "👍" } }, false],
  ["half a pair", { text: { output: "\ud83d" } }, false],
  ["no text, no tokens", { usage: { outputTokens: 0 } }, true],
  ["no text, some tokens", { usage: { outputTokens: 9 } }, false],
  ["no text, tokens unknown", { usage: {} }, false],
  [
    "no text, no tokens, filtered",
    { usage: { outputTokens: 0 }, finishReasons: ["content_filter"] },
    false,
  ],
  ["a tool called", { text: { output: "" }, facts: { toolCalls: [{ name: "f" }] } }, false],
  [
    "a tool called, by its finish reason",
    { text: { output: "" }, finishReasons: ["tool_call"] },
    false,
  ],
  ["a picture", { text: { output: "" }, facts: { outputType: "image" } }, false],
  ["JSON", { text: { output: "" }, facts: { outputType: "json" } }, true],
  ["a failed call", { text: { output: "" }, errorType: "timeout" }, false],
  ["called off", { text: { output: "" }, ending: "abandoned" }, false],
  ["read by the application itself", { text: { output: "" }, ending: "raw" }, false],
  ["cut by the network", { text: { output: "" }, ending: "cut" }, true],
];

for (const [name, call, raised] of rows) {
  test(`empty: ${name}`, () => {
    assert.equal(isEmpty(inference(call)), raised);
  });
}
