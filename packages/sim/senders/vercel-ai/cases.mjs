// What an application does in each case of `src/conformance/vercel-ai-answers.ts`.
import {
  embed,
  embedMany,
  generateObject,
  generateText,
  isStepCount,
  jsonSchema,
  Output,
  streamObject,
  streamText,
  tool,
  ToolLoopAgent,
} from "ai";
import { abortSoon, collect } from "../in-flight.mjs";

const MODEL = "gpt-5.1-chat";
const WEATHER = tool({
  description: "Tells the weather",
  inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } } }),
  execute: ({ city }) => `rain in ${city}`,
});
const TOOLS = { tools: { weather: WEATHER }, stopWhen: isStepCount(2) };

const CITY = jsonSchema({ type: "object", properties: { city: { type: "string" } } });

const asked = (openai, more = {}) => ({
  model: openai.chat(MODEL),
  prompt: "What is heard?",
  maxRetries: 0,
  ...more,
});
const ask = async (openai, more) => (await generateText(asked(openai, more))).text;

async function streamed(openai, more) {
  const errors = [];
  const onError = ({ error }) => errors.push(error);
  const { textStream } = streamText({ ...asked(openai, more), onError });
  let text = "";
  for await (const piece of textStream) text += piece;
  if (errors.length > 0) throw errors[0];
  return text;
}

async function objectOf(openai) {
  return (await generateObject(asked(openai, { schema: CITY }))).object.city;
}

async function streamedObject(openai) {
  const errors = [];
  const onError = ({ error }) => errors.push(error);
  const { partialObjectStream, object } = streamObject(asked(openai, { schema: CITY, onError }));
  object.catch(() => undefined);
  let last;
  for await (const partial of partialObjectStream) last = partial;
  await collect();
  if (errors.length > 0) throw errors[0];
  return last.city;
}

/** No case has options of its own: the calls have them. */
export const CASES = {
  plain: { run: (openai) => ask(openai) },
  streamed: { run: (openai) => streamed(openai) },
  "tool call": { run: (openai) => ask(openai, TOOLS) },
  "tool call, streamed": { run: (openai) => streamed(openai, TOOLS) },
  object: {
    run: async (openai) => {
      const { output } = await generateText(
        asked(openai, { output: Output.object({ schema: CITY }) }),
      );
      return output.city;
    },
  },
  "generateObject()": { run: (openai) => objectOf(openai) },
  "generateObject(), 429": { run: (openai) => objectOf(openai) },
  "generateObject(), no object": { run: (openai) => objectOf(openai) },
  "streamObject()": { run: (openai) => streamedObject(openai) },
  "streamObject(), 429": { run: (openai) => streamedObject(openai) },
  agent: {
    run: async (openai) => {
      const agent = new ToolLoopAgent({
        model: openai.chat(MODEL),
        maxRetries: 0,
        telemetry: { functionId: "weather-agent" },
        ...TOOLS,
      });
      return (await agent.generate({ prompt: "What is heard?" })).text;
    },
  },
  "tool call, a tool fails": {
    run: (openai) => {
      const weather = { ...WEATHER, execute: () => Promise.reject(new RangeError("no such city")) };
      return ask(openai, { ...TOOLS, tools: { weather } });
    },
  },
  "tool call, streamed, left early": {
    run: async (openai) => {
      const { textStream } = streamText(asked(openai, TOOLS));
      for await (const _ of textStream) break;
      await collect();
      return "left";
    },
  },
  "tool call, then 500": { run: (openai) => ask(openai, TOOLS) },
  429: { run: (openai) => ask(openai) },
  "streamed, 429": { run: (openai) => streamed(openai) },
  500: { run: (openai) => ask(openai) },
  "429 and a retry": { run: (openai) => ask(openai, { maxRetries: 1 }) },
  timeout: { run: (openai) => ask(openai, { timeout: 80 }) },
  aborted: { run: (openai) => ask(openai, { abortSignal: abortSoon().signal }) },
  "streamed, aborted": {
    run: async (openai) => {
      const controller = new AbortController();
      const { textStream } = streamText(asked(openai, { abortSignal: controller.signal }));
      let pieces = 0;
      for await (const _ of textStream) {
        pieces += 1;
        if (pieces === 2) controller.abort();
      }
      return `${pieces} pieces`;
    },
  },
  "streamed, timeout": { run: (openai) => streamed(openai, { timeout: 300 }) },
  "streamed, left early": {
    run: async (openai) => {
      const { textStream } = streamText(asked(openai));
      for await (const _ of textStream) break;
      await collect();
      return "left";
    },
  },
  "streamed, cut": { run: (openai) => streamed(openai) },
  "streamed, ended without a last word": { run: (openai) => streamed(openai) },
  "streamed, forgotten": {
    run: async (openai) => {
      streamText(asked(openai));
      await collect();
      return "nothing read";
    },
  },
  "content filter": { run: (openai) => ask(openai) },
  length: { run: (openai) => ask(openai, { maxOutputTokens: 12 }) },
  "length, streamed": { run: (openai) => streamed(openai, { maxOutputTokens: 12 }) },
  "cached tokens": { run: (openai) => ask(openai) },
  "cached tokens, streamed": { run: (openai) => streamed(openai) },
  "reasoning tokens": { run: (openai) => ask(openai) },
  "reasoning tokens, streamed": { run: (openai) => streamed(openai) },
  "every parameter": {
    run: (openai) =>
      ask(openai, {
        temperature: 0.5,
        topP: 0.9,
        frequencyPenalty: 0.1,
        presencePenalty: 0.2,
        seed: 7,
        stopSequences: ["END"],
        maxOutputTokens: 100,
        telemetry: { functionId: "support-chat" },
      }),
  },
  "not recorded": {
    run: (openai) => ask(openai, { telemetry: { recordInputs: false, recordOutputs: false } }),
  },
  "embeddings, plain": {
    run: async (openai) => {
      const model = openai.embedding("text-embedding-3-small");
      const { embedding } = await embed({ model, value: "What is heard?", maxRetries: 0 });
      return embedding.join(" ");
    },
  },
  "embeddings, many": {
    run: async (openai) => {
      const model = openai.embedding("text-embedding-3-small");
      const { embeddings } = await embedMany({ model, values: ["What is heard?"], maxRetries: 0 });
      return embeddings.join("|");
    },
  },
  "embeddings, 429": {
    run: async (openai) => {
      const model = openai.embedding("text-embedding-3-small");
      return embed({ model, value: "What is heard?", maxRetries: 0 });
    },
  },
};
