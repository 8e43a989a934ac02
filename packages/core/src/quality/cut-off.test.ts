import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { isCutOff } from "./cut-off.ts";

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  ["the limit of tokens", { finishReasons: ["length"] }, true],
  ["of one choice", { finishReasons: ["stop", "length"] }, true],
  ["by the network", { ending: "cut", finishReasons: [] }, true],
  ["called off, whatever it says", { ending: "cancelled", finishReasons: ["length"] }, false],
  ["no text", {}, false],
  ["a whole sentence", { text: { output: "It is done. All of it." } }, false],
  ["an open fence", { text: { output: "Here:\n\n```js\nlet a = 1;" } }, true],
  ["a closed fence", { text: { output: "Here:\n\n```js\nlet a = 1;\n```" } }, false],
  [
    "a fence inside of a fence",
    { text: { output: "```markdown\nUse:\n```js\nx\n```\n```" } },
    false,
  ],
  ["a fence too many at the end", { text: { output: "```js\nx\n```\nDone.\n```" } }, false],
  ["tildes", { text: { output: "~~~\nx" } }, true],
  ["code in a line", { text: { output: "``` x ``` is code" } }, false],
  ["open brackets of JSON", { text: { output: '{"a": [1, 2' } }, true],
  ["an open string of JSON", { text: { output: '{"a": "b' } }, true],
  ["whole JSON", { text: { output: '{"a": "{["}' } }, false],
  ["a quote that was not escaped", { text: { output: '{"a": "the "b" c"}' } }, false],
  ["a bracket in prose", { text: { output: "[1] says so." } }, false],
  ["the", { text: { output: "It works. This is the" } }, true],
  ["the, but no sentence before", { text: { output: "In the" } }, false],
  ["of what for", { text: { output: "It works. Ask what for" } }, false],
  ["plan A", { text: { output: "It works. Take plan A" } }, false],
  ["und", { text: { output: "Es geht. Hier und" } }, true],
  ["a particle", { text: { output: "これで終わりです。次は設定を" } }, true],
  ["a comma in Japanese", { text: { output: "設定を開きます。次に、ポートを変更し、" } }, true],
  ["a comma", { text: { output: "It works. Whenever it rains in spring," } }, true],
  ["a salutation", { text: { output: "Thanks. See you!\n\nKind regards," } }, false],
  ["an open bracket", { text: { output: "It works. See the list (" } }, true],
  ["a smiley", { text: { output: "It works. Sad :(" } }, false],
  ["a bare number", { text: { output: "1. It works. Fine.\n2." } }, true],
  [
    "two choices, joined",
    { text: { output: "It works. This is the" }, finishReasons: ["stop", "stop"] },
    false,
  ],
  [
    "a completion",
    { text: { output: "It works. This is the" }, operation: "text_completion" },
    false,
  ],
  [
    "on the way to a tool",
    { text: { output: "It works. Let me call the" }, finishReasons: ["tool_call"] },
    false,
  ],
  [
    "filtered",
    { text: { output: "It works. This is the" }, finishReasons: ["content_filter"] },
    false,
  ],
  ["failed", { text: { output: "It works. This is the" }, errorType: "timeout" }, false],
];

for (const [name, call, raised] of rows) {
  test(`cut off: ${name}`, () => {
    assert.equal(isCutOff(inference(call)), raised);
  });
}
