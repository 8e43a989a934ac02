import assert from "node:assert/strict";
import test from "node:test";
import type { Content } from "../content.ts";
import { faultsOf, SCHEMAS } from "../testing/message-schemas.ts";
import { aiSdkContent } from "./ai-sdk-messages.ts";
import { BlockTexts, messagesContent, messagesOutput } from "./anthropic-messages.ts";
import {
  BlockTexts as ConverseTexts,
  converseContent,
  converseOutput,
} from "./bedrock-messages.ts";
import { CandidateParts, generateContent, generateOutput } from "./google-genai-messages.ts";

type Mapping = (request: Readonly<Record<string, unknown>>) => Content;

const anthropic: Mapping = (block) =>
  messagesContent({ messages: [{ role: "user", content: [block] }] });
const google: Mapping = (part) => generateContent({ contents: [part] });
const bedrock: Mapping = (block) =>
  converseContent({ messages: [{ role: "user", content: [block] }] });
const aiSdk: Mapping = (part) => aiSdkContent({ messages: [{ role: "user", content: [part] }] });

/** a client's mapping · a part as that client takes it · the part by the conventions */
const parts: readonly (readonly [string, Mapping, object, object])[] = [
  ["anthropic", anthropic, { type: "text", text: "hi" }, { type: "text", content: "hi" }],
  [
    "anthropic",
    anthropic,
    { type: "image", source: { type: "base64", media_type: "image/png", data: "AA" } },
    { type: "blob", modality: "image", mime_type: "image/png", content: "AA" },
  ],
  [
    "anthropic",
    anthropic,
    { type: "document", source: { type: "file", file_id: "f1" } },
    { type: "file", modality: "document", file_id: "f1" },
  ],
  [
    "anthropic",
    anthropic,
    { type: "tool_result", tool_use_id: "t1" },
    { type: "tool_call_response", id: "t1", response: "" },
  ],
  [
    "anthropic",
    anthropic,
    { type: "redacted_thinking", data: "x" },
    { type: "reasoning", content: "" },
  ],
  ["anthropic", anthropic, { type: "container_upload" }, { type: "container_upload" }],
  ["google", google, { text: "hi" }, { type: "text", content: "hi" }],
  ["google", google, { text: "hm", thought: true }, { type: "reasoning", content: "hm" }],
  [
    "google",
    google,
    { inlineData: { mimeType: "audio/wav", data: "AA" } },
    { type: "blob", modality: "audio", mime_type: "audio/wav", content: "AA" },
  ],
  [
    "google",
    google,
    { inlineData: { mimeType: "application/pdf", data: "AA" } },
    { type: "blob", modality: "document", mime_type: "application/pdf", content: "AA" },
  ],
  [
    "google",
    google,
    { functionCall: { name: "f" } },
    { type: "tool_call", name: "f", arguments: {} },
  ],
  ["google", google, { executableCode: { code: "1" } }, { type: "executableCode" }],
  ["bedrock", bedrock, { text: "hi" }, { type: "text", content: "hi" }],
  [
    "bedrock",
    bedrock,
    { toolResult: { toolUseId: "t1", content: [{ json: { a: 1 } }, { text: "b" }] } },
    { type: "tool_call_response", id: "t1", response: [{ a: 1 }, "b"] },
  ],
  [
    "bedrock",
    bedrock,
    { document: { format: "pdf", source: { bytes: new Uint8Array(2) } } },
    { type: "blob", modality: "document", mime_type: "application/pdf", content: "" },
  ],
  ["bedrock", bedrock, { cachePoint: { type: "default" } }, { type: "cachePoint" }],
  ["ai sdk", aiSdk, { type: "text", text: "hi" }, { type: "text", content: "hi" }],
  [
    "ai sdk",
    aiSdk,
    { type: "tool-result", toolCallId: "t1", output: { type: "json", value: { a: 1 } } },
    { type: "tool_call_response", id: "t1", response: { a: 1 } },
  ],
  [
    "ai sdk",
    aiSdk,
    { type: "file", mediaType: "image/png", data: new Uint8Array(2) },
    { type: "blob", modality: "image", mime_type: "image/png", content: "" },
  ],
];

for (const [client, mapping, sent, part] of parts) {
  test(`${client}: ${JSON.stringify(sent)}`, () => {
    const content = mapping({ ...sent });
    assert.deepEqual(
      content.input?.flatMap((message) => message.parts),
      [part],
    );
    assert.deepEqual(faultsOf(content.input, SCHEMAS["gen_ai.input.messages"]), []);
  });
}

/** what was asked · as each client takes system texts and tools */
const contents: readonly (readonly [string, Content])[] = [
  [
    "anthropic",
    messagesContent({
      system: "Be brief.",
      messages: [],
      tools: [
        { name: "f", input_schema: {} },
        { type: "web_search_20250305", name: "web_search" },
      ],
    }),
  ],
  [
    "google",
    generateContent({
      contents: [],
      config: {
        systemInstruction: { parts: [{ text: "Be brief." }] },
        tools: [{ functionDeclarations: [{ name: "f", parameters: {} }] }, { googleSearch: {} }],
      },
    }),
  ],
  [
    "bedrock",
    converseContent({
      system: [{ text: "Be brief." }],
      toolConfig: {
        tools: [
          { toolSpec: { name: "f", inputSchema: { json: {} } } },
          { cachePoint: { type: "default" } },
        ],
      },
    }),
  ],
  [
    "ai sdk",
    aiSdkContent({
      instructions: "Be brief.",
      messages: [],
      tools: [{ name: "f", inputSchema: {} }, { name: "search" }],
    }),
  ],
];

for (const [client, { system, tools }] of contents) {
  test(`${client}: system texts and tools`, () => {
    assert.deepEqual(system, [{ type: "text", content: "Be brief." }]);
    assert.equal(tools?.length, 2);
    assert.deepEqual(faultsOf(tools, SCHEMAS["gen_ai.tool.definitions"]), []);
  });
}

test("a streamed answer stops growing", () => {
  const text = "x".repeat(40_000);
  const blocks = new BlockTexts();
  blocks.begin(0, { type: "text", text: "" });
  const candidates = new CandidateParts();
  const converse = new ConverseTexts();
  for (let nth = 0; nth < 10; nth++) {
    blocks.add(0, { text });
    candidates.add(0, { text });
    converse.add(0, { text });
  }
  for (const messages of [
    messagesOutput(blocks.list(), undefined),
    generateOutput(candidates.list(), []),
    converseOutput(converse.list(), undefined),
  ]) {
    assert.deepEqual(faultsOf(messages, SCHEMAS["gen_ai.output.messages"]), []);
    const [message] = messages;
    assert.equal(message?.finish_reason, "error");
    assert.equal(JSON.stringify(message.parts[0]).includes("x".repeat(80_001)), false);
  }
});
