import assert from "node:assert/strict";
import test from "node:test";
import { attributes } from "../testing/records.ts";
import { addIndexed, indexedMessages } from "./indexed-messages.ts";
import { emptyText } from "./message-text.ts";

const MESSAGES = indexedMessages({
  prefix: "p.",
  role: "role",
  content: "content",
  prompt: "user",
});

const rows: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  ["text", { "p.0.role": "user", "p.0.content": "Weather?" }, "Weather?"],
  ["a prompt that was no message", { "p.0.user": "Weather?" }, "Weather?"],
  ["the first gap ends them", { "p.0.content": "a", "p.2.content": "c" }, "a"],
  [
    "parts",
    { "p.0.content": '[{"type":"text","text":"Weather?"},{"type":"image","source":{}}]' },
    "Weather?",
  ],
  [
    "what a tool gave",
    { "p.0.content": '[{"type":"tool_result","tool_use_id":"t","content":"rain"}]' },
    "rain",
  ],
  ["what a tool gave, by its role", { "p.0.role": "tool", "p.0.content": "rain" }, "rain"],
  ["JSON that is no parts", { "p.0.content": '[{"type":"fruit"}]' }, '[{"type":"fruit"}]'],
  ["parts that were cut", { "p.0.content": '[{"type":"text","te' }, '[{"type":"text","te'],
  ["a bracket", { "p.0.content": "[{ is how a list begins" }, "[{ is how a list begins"],
];
for (const [name, sent, expected] of rows) {
  test(`numbered messages: ${name}`, () => {
    const draft = emptyText();
    addIndexed(draft, "input", attributes(sent), MESSAGES);
    assert.equal(draft.input + draft.context, expected);
  });
}

test("numbered messages: what tools gave is context, and not what was asked", () => {
  const draft = emptyText();
  const given = '[{"type":"tool_result","content":"rain"},{"type":"text","text":"And now?"}]';
  const sent = { "p.0.role": "user", "p.0.content": given };
  const more = { "p.1.role": "function", "p.1.content": "snow", "p.2.role": "system" };
  addIndexed(
    draft,
    "input",
    attributes({ ...sent, ...more, "p.2.content": "Be brief." }),
    MESSAGES,
  );
  const { input, context, system } = draft;
  assert.deepEqual(
    { input, context, system },
    {
      input: "And now?",
      context: "rain\nsnow",
      system: "Be brief.",
    },
  );
});

test("numbered messages: an answer in JSON stays as it was written", () => {
  const draft = emptyText();
  const answer = '[{"type":"text","text":"apple"}]';
  addIndexed(draft, "output", attributes({ "p.0.content": answer }), MESSAGES);
  assert.equal(draft.output, answer);
});
