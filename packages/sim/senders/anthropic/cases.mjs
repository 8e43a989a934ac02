// What an application does in each case of `src/conformance/anthropic-answers.ts`.
import { abortSoon, collect } from "../in-flight.mjs";

const ASK = {
  model: "claude-opus-5-5",
  max_tokens: 1024,
  messages: [{ role: "user", content: "What is heard?" }],
};
const STREAM = { ...ASK, stream: true };
const WEATHER = {
  name: "weather",
  description: "Tells the weather",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
/** A conversation in which a tool was called already. */
const TOLD = {
  system: [{ type: "text", text: "Answer in one word." }],
  messages: [
    { role: "user", content: "How is the weather in Nara?" },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "A tool knows.", signature: "s" },
        { type: "tool_use", id: "toolu_0", name: "weather", input: { city: "Nara" } },
      ],
    },
    {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "toolu_0", content: "rain" }],
    },
    {
      role: "user",
      content: [
        { type: "text", text: "And here?" },
        { type: "image", source: { type: "url", url: "https://example.com/sky.png" } },
      ],
    },
  ],
};

const textOf = ({ content }) =>
  content
    .map(
      ({ text, thinking, input, type }) =>
        text ?? thinking ?? (input && JSON.stringify(input)) ?? type,
    )
    .join("|");

async function eventsOf(stream) {
  let text = "";
  for await (const { type, delta } of stream) {
    if (type === "content_block_delta") {
      text += delta.text ?? delta.thinking ?? delta.partial_json ?? "";
    }
  }
  return text;
}

const ask = async (client, more = {}) => textOf(await client.messages.create({ ...ASK, ...more }));
const streamed = async (client, more = {}) =>
  eventsOf(await client.messages.create({ ...STREAM, ...more }));

const runTools = (client, run) =>
  client.beta.messages.toolRunner({ ...ASK, tools: [{ ...WEATHER, type: "custom", run }] });

/** `options` are those of the client. */
export const CASES = {
  plain: { run: (client) => ask(client) },
  streamed: { run: (client) => streamed(client) },
  "tool call": { run: (client) => ask(client, { tools: [WEATHER] }) },
  "tool call, streamed": { run: (client) => streamed(client, { tools: [WEATHER] }) },
  "tool answer": { run: (client) => ask(client, { ...TOLD, tools: [WEATHER] }) },
  "server tool, streamed": { run: (client) => streamed(client) },
  429: { run: (client) => ask(client) },
  "streamed, 429": { run: (client) => streamed(client) },
  500: { run: (client) => ask(client) },
  529: { run: (client) => ask(client) },
  "429 and a retry": { options: { maxRetries: 1 }, run: (client) => ask(client) },
  timeout: { options: { timeout: 80 }, run: (client) => ask(client) },
  aborted: {
    run: async (client) => {
      const { signal } = abortSoon();
      return textOf(await client.messages.create(ASK, { signal }));
    },
  },
  "streamed, aborted": {
    run: async (client) => {
      const stream = await client.messages.create(STREAM);
      let events = 0;
      for await (const { type } of stream) {
        events += 1;
        if (type === "content_block_delta") stream.controller.abort();
      }
      return `${events} events`;
    },
  },
  "streamed, left early": {
    run: async (client) => {
      for await (const { type } of await client.messages.create(STREAM)) {
        if (type === "content_block_delta") break;
      }
      return "left";
    },
  },
  "streamed, returned": {
    run: async (client) => {
      const stream = await client.messages.create(STREAM);
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      const { done } = await iterator.return();
      return `done ${done}, then ${(await iterator.next()).done}`;
    },
  },
  "streamed, cut": { run: (client) => streamed(client) },
  "streamed, ended without a last word": { run: (client) => streamed(client) },
  "streamed, overloaded": { run: (client) => streamed(client) },
  "streamed, forgotten": {
    run: async (client) => {
      await client.messages.create(STREAM);
      await collect();
      return "nothing read";
    },
  },
  refusal: { run: (client) => ask(client) },
  "refusal, streamed": { run: (client) => streamed(client) },
  length: { run: (client) => ask(client, { max_tokens: 12 }) },
  "length, streamed": { run: (client) => streamed(client, { max_tokens: 12 }) },
  "cached tokens": { run: (client) => ask(client) },
  "cached tokens, streamed": { run: (client) => streamed(client) },
  "reasoning tokens": { run: (client) => ask(client) },
  "reasoning tokens, streamed": { run: (client) => streamed(client) },
  withResponse: {
    run: async (client) => {
      const { data, response } = await client.messages.create(ASK).withResponse();
      return `${response.status} ${textOf(data)}`;
    },
  },
  asResponse: {
    run: async (client) => {
      const response = await client.messages.create(ASK).asResponse();
      return `${response.status} ${textOf(await response.json())}`;
    },
  },
  "stream()": {
    run: async (client) => {
      const stream = client.messages.stream(ASK);
      let words = 0;
      stream.on("text", () => (words += 1));
      return `${words === 0 ? "" : "?"}${await stream.finalText()} in ${words} pieces`;
    },
  },
  "stream(), aborted": {
    run: async (client) => {
      const stream = client.messages.stream(ASK);
      stream.on("text", () => {
        stream.abort();
      });
      return stream.finalText();
    },
  },
  "stream(), cut": { run: (client) => client.messages.stream(ASK).finalText() },
  "stream(), 429": { run: (client) => client.messages.stream(ASK).finalText() },
  "tee()": {
    run: async (client) => {
      const [left, right] = (await client.messages.create(STREAM)).tee();
      return (await Promise.all([eventsOf(left), eventsOf(right)])).join(" | ");
    },
  },
  "toReadableStream()": {
    run: async (client) => {
      const stream = await client.messages.create(STREAM);
      let lines = "";
      const decoder = new TextDecoder();
      for await (const bytes of stream.toReadableStream()) {
        lines += decoder.decode(bytes, { stream: true });
      }
      return `${lines.trim().split("\n").length} lines`;
    },
  },
  "every parameter": {
    run: (client) =>
      ask(client, {
        temperature: 0.5,
        top_p: 0.9,
        top_k: 40,
        stop_sequences: ["END"],
        service_tier: "auto",
        output_config: { effort: "low", format: { type: "json_schema", schema: {} } },
        metadata: { user_id: "u1" },
      }),
  },
  "withOptions()": { run: (client) => ask(client.withOptions({ timeout: 5000 })) },
  "beta, plain": { run: async (client) => textOf(await client.beta.messages.create(ASK)) },
  "beta, streamed": { run: async (client) => eventsOf(await client.beta.messages.create(STREAM)) },
  "beta, stream()": { run: (client) => client.beta.messages.stream(ASK).finalText() },
  "beta, toolRunner()": {
    run: async (client) => textOf(await runTools(client, ({ city }) => `rain in ${city}`)),
  },
  "beta, toolRunner(), a tool fails": {
    run: async (client) =>
      textOf(await runTools(client, () => Promise.reject(new RangeError("no such city")))),
  },
  "beta, toolRunner(), left early": {
    run: async (client) => {
      for await (const message of runTools(client, ({ city }) => `rain in ${city}`)) {
        return textOf(message);
      }
    },
  },
  "beta, toolRunner(), 500": {
    run: async (client) => textOf(await runTools(client, ({ city }) => `rain in ${city}`)),
  },
};
