// What an application does in each case of `src/conformance/bedrock-answers.ts`.
import { ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { abortSoon, collect } from "../in-flight.mjs";

const LIMITED = new NodeHttpHandler({ requestTimeout: 80, throwOnRequestTimeout: true });
const ASK = {
  modelId: "us.amazon.nova-pro-v1:0",
  messages: [{ role: "user", content: [{ text: "What is heard?" }] }],
};
const WEATHER = {
  toolSpec: {
    name: "weather",
    description: "Tells the weather",
    inputSchema: { json: { type: "object", properties: { city: { type: "string" } } } },
  },
};
const TOOLS = { toolConfig: { tools: [WEATHER] } };
/** A conversation in which a tool was called already. */
const TOLD = {
  system: [{ text: "Answer in one word." }],
  messages: [
    { role: "user", content: [{ text: "How is the weather in Nara?" }] },
    {
      role: "assistant",
      content: [{ toolUse: { toolUseId: "tooluse_0", name: "weather", input: { city: "Nara" } } }],
    },
    {
      role: "user",
      content: [{ toolResult: { toolUseId: "tooluse_0", content: [{ text: "rain" }] } }],
    },
    {
      role: "user",
      content: [
        { text: "And here?" },
        { image: { format: "png", source: { s3Location: { uri: "s3://skies/here.png" } } } },
      ],
    },
  ],
};

const textOf = ({ output }) =>
  output.message.content
    .map(
      ({ text, toolUse, reasoningContent }) =>
        text ?? reasoningContent?.reasoningText.text ?? JSON.stringify(toolUse.input),
    )
    .join("|");

async function eventsOf({ stream }) {
  let text = "";
  for await (const { contentBlockDelta } of stream) {
    const { delta = {} } = contentBlockDelta ?? {};
    text += delta.text ?? delta.toolUse?.input ?? delta.reasoningContent?.text ?? "";
  }
  return text;
}

const ask = async (client, more = {}) =>
  textOf(await client.send(new ConverseCommand({ ...ASK, ...more })));
const stream = (client, more = {}, options) =>
  client.send(new ConverseStreamCommand({ ...ASK, ...more }), options);
const streamed = async (client, more) => eventsOf(await stream(client, more));

/** `options` are those of the client. */
export const CASES = {
  plain: { run: (client) => ask(client) },
  streamed: { run: (client) => streamed(client) },
  "converse()": { run: async (client) => textOf(await client.converse(ASK)) },
  "tool call": { run: (client) => ask(client, TOOLS) },
  "tool call, streamed": { run: (client) => streamed(client, TOOLS) },
  "tool answer": { run: (client) => ask(client, { ...TOLD, ...TOOLS }) },
  429: { run: (client) => ask(client) },
  "streamed, 429": { run: (client) => streamed(client) },
  500: { run: (client) => ask(client) },
  "429 and a retry": { options: { maxAttempts: 2 }, run: (client) => ask(client) },
  timeout: { options: { requestHandler: LIMITED }, run: (client) => ask(client) },
  aborted: {
    run: async (client) => {
      const { signal } = abortSoon();
      return textOf(await client.send(new ConverseCommand(ASK), { abortSignal: signal }));
    },
  },
  "streamed, aborted": {
    run: async (client) => {
      const controller = new AbortController();
      const answer = await stream(client, {}, { abortSignal: controller.signal });
      let events = 0;
      for await (const { contentBlockDelta } of answer.stream) {
        events += 1;
        if (contentBlockDelta) controller.abort();
      }
      return `${events} events`;
    },
  },
  "streamed, left early": {
    run: async (client) => {
      for await (const { contentBlockDelta } of (await stream(client)).stream) {
        if (contentBlockDelta) break;
      }
      return "left";
    },
  },
  "streamed, returned": {
    run: async (client) => {
      const iterator = (await stream(client)).stream[Symbol.asyncIterator]();
      await iterator.next();
      const { done } = await iterator.return();
      return `done ${done}, then ${(await iterator.next()).done}`;
    },
  },
  "streamed, cut": { run: (client) => streamed(client) },
  "streamed, ended without a last word": { run: (client) => streamed(client) },
  "streamed, ended without usage": { run: (client) => streamed(client) },
  "streamed, exception": { run: (client) => streamed(client) },
  "streamed, throttled": { run: (client) => streamed(client) },
  "streamed, forgotten": {
    run: async (client) => {
      await stream(client);
      await collect();
      return "nothing read";
    },
  },
  refusal: {
    run: (client) =>
      ask(client, { guardrailConfig: { guardrailIdentifier: "gr-1", guardrailVersion: "1" } }),
  },
  "refusal, streamed": { run: (client) => streamed(client) },
  length: { run: (client) => ask(client, { inferenceConfig: { maxTokens: 12 } }) },
  "length, streamed": { run: (client) => streamed(client, { inferenceConfig: { maxTokens: 12 } }) },
  "cached tokens": { run: (client) => ask(client) },
  "cached tokens, streamed": { run: (client) => streamed(client) },
  "cached tokens in the input": { run: (client) => ask(client) },
  reasoning: { run: (client) => ask(client) },
  "reasoning, streamed": { run: (client) => streamed(client) },
  "every parameter": {
    run: (client) =>
      ask(client, {
        inferenceConfig: { maxTokens: 100, temperature: 0.5, topP: 0.9, stopSequences: ["END"] },
        additionalModelRequestFields: { top_k: 40 },
      }),
  },
};
