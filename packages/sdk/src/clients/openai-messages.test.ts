import assert from "node:assert/strict";
import test from "node:test";
import type { Content, Message } from "../content.ts";
import { faultsOf, SCHEMAS } from "../testing/message-schemas.ts";
import { ChoiceText, chatContent, chatOutput } from "./openai-messages.ts";
import { responseContent, responseOutput } from "./openai-response-messages.ts";

function assertFits({ system = [], input = [], tools = [] }: Content): void {
  assert.deepEqual(faultsOf(system, SCHEMAS["gen_ai.system_instructions"]), []);
  assert.deepEqual(faultsOf(input, SCHEMAS["gen_ai.input.messages"]), []);
  assert.deepEqual(faultsOf(tools, SCHEMAS["gen_ai.tool.definitions"]), []);
}

const partsOf = (messages: readonly Message[] = []): unknown => messages.map(({ parts }) => parts);

/** a message of chat completions · its parts */
const chats: readonly (readonly [string, object, readonly object[]])[] = [
  ["a text", { role: "user", content: "hi" }, [{ type: "text", content: "hi" }]],
  ["nothing", { role: "assistant", content: null }, []],
  [
    "texts and pictures",
    {
      role: "user",
      content: [
        { type: "text", text: "look" },
        { type: "image_url", image_url: { url: "https://x.test/a.png" } },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      ],
    },
    [
      { type: "text", content: "look" },
      { type: "uri", modality: "image", uri: "https://x.test/a.png" },
      { type: "blob", modality: "image", mime_type: "image/png", content: "AAAA" },
    ],
  ],
  [
    "sound and a file",
    {
      role: "user",
      content: [
        { type: "input_audio", input_audio: { format: "wav", data: "BBBB" } },
        { type: "file", file: { file_id: "file-1" } },
        { type: "file", file: { file_data: "CCCC", filename: "a.pdf" } },
      ],
    },
    [
      { type: "blob", modality: "audio", mime_type: "audio/wav", content: "BBBB" },
      { type: "file", modality: "document", file_id: "file-1" },
      { type: "blob", modality: "document", content: "" },
    ],
  ],
  [
    "a refusal and calls",
    {
      role: "assistant",
      content: null,
      refusal: "no",
      tool_calls: [
        { id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } },
        { id: "c2", type: "custom", custom: { name: "g", input: "free text" } },
      ],
    },
    [
      { type: "text", content: "no" },
      { type: "tool_call", id: "c1", name: "f", arguments: { a: 1 } },
      { type: "tool_call", id: "c2", name: "g", arguments: "free text" },
    ],
  ],
  [
    "a tool's answer",
    { role: "tool", tool_call_id: "c1", content: "42" },
    [{ type: "tool_call_response", id: "c1", response: "42" }],
  ],
  [
    "reasoning of compatible servers",
    { role: "assistant", reasoning_content: "hm", content: "yes" },
    [
      { type: "reasoning", content: "hm" },
      { type: "text", content: "yes" },
    ],
  ],
  [
    "a part that is not known",
    { role: "user", content: [{ type: "hologram" }] },
    [{ type: "hologram" }],
  ],
];

for (const [name, message, parts] of chats) {
  test(`chat completions: ${name}`, () => {
    const content = chatContent({ messages: [message] });
    assert.deepEqual(partsOf(content.input), [parts]);
    assertFits(content);
  });
}

/** an item of responses · its role · its parts */
const items: readonly (readonly [string, object, string, readonly object[]])[] = [
  ["a message", { role: "user", content: "hi" }, "user", [{ type: "text", content: "hi" }]],
  [
    "parts",
    {
      type: "message",
      role: "user",
      content: [
        { type: "input_text", text: "look" },
        { type: "input_image", image_url: "https://x.test/a.png" },
        { type: "input_image", file_id: "file-1" },
        { type: "input_file", file_url: "https://x.test/a.pdf" },
      ],
    },
    "user",
    [
      { type: "text", content: "look" },
      { type: "uri", modality: "image", uri: "https://x.test/a.png" },
      { type: "file", modality: "image", file_id: "file-1" },
      { type: "uri", modality: "document", uri: "https://x.test/a.pdf" },
    ],
  ],
  [
    "a call",
    { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
    "assistant",
    [{ type: "tool_call", id: "c1", name: "f", arguments: {} }],
  ],
  [
    "its answer",
    { type: "function_call_output", call_id: "c1", output: "42" },
    "tool",
    [{ type: "tool_call_response", id: "c1", response: "42" }],
  ],
  [
    "reasoning",
    { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
    "assistant",
    [{ type: "reasoning", content: "hm" }],
  ],
  [
    "the server's own tool",
    { type: "web_search_call", id: "ws" },
    "assistant",
    [{ type: "web_search_call" }],
  ],
];

for (const [name, item, role, parts] of items) {
  test(`responses: ${name}`, () => {
    const content = responseContent({ instructions: "be kind", input: [item] });
    assert.deepEqual(content.input, [{ role, parts }]);
    assert.deepEqual(content.system, [{ type: "text", content: "be kind" }]);
    assertFits(content);
  });
}

test("tools of either interface have a name", () => {
  const parameters = { type: "object" };
  const chat = chatContent({ tools: [{ type: "function", function: { name: "f", parameters } }] });
  const flat = responseContent({ tools: [{ type: "function", name: "f", parameters }] });
  assert.deepEqual(chat.tools, [{ type: "function", name: "f", parameters }]);
  assert.deepEqual(flat.tools, chat.tools);
  const own = responseContent({ tools: [{ type: "web_search" }] });
  assert.deepEqual(own.tools, [{ type: "web_search", name: "web_search" }]);
  for (const content of [chat, flat, own]) assertFits(content);
});

test("choices are put together from their chunks, calls by their index", () => {
  const choice = new ChoiceText();
  choice.add({ role: "assistant", content: "" });
  choice.add({ content: "let me " });
  choice.add({ content: "see" });
  const call = (index: number, more: object): object => ({ tool_calls: [{ index, ...more }] });
  choice.add({ ...call(1, { id: "c2", function: { name: "g", arguments: "{" } }) });
  choice.add({ ...call(0, { id: "c1", function: { name: "f", arguments: "" } }) });
  choice.add({ ...call(1, { function: { arguments: "}" } }) });
  choice.add({ ...call(9999, { function: { name: "far" } }) });
  const [message, ...more] = chatOutput([choice], ["tool_calls"]);
  assert.deepEqual(more, []);
  assert.deepEqual(message, {
    role: "assistant",
    parts: [
      { type: "text", content: "let me see" },
      { type: "tool_call", id: "c1", name: "f", arguments: "" },
      { type: "tool_call", id: "c2", name: "g", arguments: {} },
    ],
    finish_reason: "tool_call",
  });
  assert.deepEqual(faultsOf([message], SCHEMAS["gen_ai.output.messages"]), []);
});

test("a stream without an end is kept to a length", () => {
  const choice = new ChoiceText();
  for (let chunk = 0; chunk < 1000; chunk += 1) choice.add({ content: "a".repeat(1000) });
  assert.ok(JSON.stringify(choice.message(undefined)).length < 70_000);
});

test("a choice without a reason was cut off", () => {
  const output = responseOutput(
    [{ type: "message", content: [{ type: "output_text", text: "a" }] }],
    undefined,
  );
  assert.equal(output[0]?.finish_reason, "error");
  assert.deepEqual(faultsOf(output, SCHEMAS["gen_ai.output.messages"]), []);
});
