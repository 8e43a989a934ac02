// What an application does in each case of `src/conformance/google-genai-answers.ts`.
import { FunctionCallingConfigMode } from "@google/genai";
import { abortSoon, collect } from "../in-flight.mjs";

const ASK = { model: "gemini-3.8-flash", contents: "What is heard?" };
const WEATHER = {
  name: "weather",
  description: "Tells the weather",
  parametersJsonSchema: { type: "object", properties: { city: { type: "string" } } },
};
const TOOLS = { tools: [{ functionDeclarations: [WEATHER] }] };
/** A conversation in which a function was called already. */
const TOLD = [
  { role: "user", parts: [{ text: "How is the weather in Nara?" }] },
  {
    role: "model",
    parts: [{ functionCall: { id: "fn_0", name: "weather", args: { city: "Nara" } } }],
  },
  {
    role: "user",
    parts: [{ functionResponse: { id: "fn_0", name: "weather", response: { sky: "rain" } } }],
  },
  {
    role: "user",
    parts: [
      { text: "And here?" },
      { fileData: { fileUri: "https://example.com/sky.png", mimeType: "image/png" } },
    ],
  },
];

const shown = ({ candidates = [], promptFeedback }) =>
  candidates
    .flatMap(({ content }) => content?.parts ?? [])
    .map(({ text, functionCall }) => text ?? JSON.stringify(functionCall))
    .join("") ||
  (promptFeedback?.blockReason ?? "");

async function chunksOf(stream) {
  let text = "";
  for await (const chunk of stream) text += shown(chunk);
  return text;
}

const ask = async ({ models }, config) =>
  shown(await models.generateContent({ ...ASK, ...(config && { config }) }));
const streamed = async ({ models }, config) =>
  chunksOf(await models.generateContentStream({ ...ASK, ...(config && { config }) }));

/** `options` are those of the client's requests. */
export const CASES = {
  plain: { run: (client) => ask(client) },
  streamed: { run: (client) => streamed(client) },
  "tool call": { run: (client) => ask(client, TOOLS) },
  "tool call, streamed": { run: (client) => streamed(client, TOOLS) },
  "tool answer": {
    run: async ({ models }) =>
      shown(
        await models.generateContent({
          ...ASK,
          contents: TOLD,
          config: { ...TOOLS, systemInstruction: "Answer in one word." },
        }),
      ),
  },
  "function called by the client": {
    run: (client) => {
      const tool = {
        tool: async () => ({ functionDeclarations: [WEATHER] }),
        callTool: async ([{ name }]) => [{ functionResponse: { name, response: { sky: "rain" } } }],
      };
      return ask(client, { tools: [tool] });
    },
  },
  "two candidates": { run: (client) => ask(client, { candidateCount: 2 }) },
  429: { run: (client) => ask(client) },
  "streamed, 429": { run: (client) => streamed(client) },
  500: { run: (client) => ask(client) },
  "429 and a retry": {
    options: { retryOptions: { attempts: 2, initialDelay: 0.001 } },
    run: (client) => ask(client),
  },
  timeout: { options: { timeout: 80 }, run: (client) => ask(client) },
  aborted: { run: (client) => ask(client, { abortSignal: abortSoon().signal }) },
  "streamed, aborted": {
    run: async ({ models }) => {
      const controller = new AbortController();
      const config = { abortSignal: controller.signal };
      let chunks = 0;
      for await (const _ of await models.generateContentStream({ ...ASK, config })) {
        chunks += 1;
        if (chunks === 2) controller.abort();
      }
      return `${chunks} chunks`;
    },
  },
  "streamed, timeout": { options: { timeout: 200 }, run: (client) => streamed(client) },
  "streamed, left early": {
    run: async ({ models }) => {
      let chunks = 0;
      for await (const _ of await models.generateContentStream(ASK)) {
        chunks += 1;
        if (chunks === 2) break;
      }
      return `${chunks} chunks`;
    },
  },
  "streamed, returned": {
    run: async ({ models }) => {
      const stream = await models.generateContentStream(ASK);
      await stream.next();
      const { done } = await stream.return();
      return `done ${done}, then ${(await stream.next()).done}`;
    },
  },
  "streamed, cut": { run: (client) => streamed(client) },
  "streamed, ended without a last word": { run: (client) => streamed(client) },
  "streamed, forgotten": {
    run: async ({ models }) => {
      await models.generateContentStream(ASK);
      await collect();
      return "nothing read";
    },
  },
  refusal: { run: (client) => ask(client) },
  "refusal, streamed": { run: (client) => streamed(client) },
  "prompt refused": { run: (client) => ask(client) },
  "prompt refused, streamed": { run: (client) => streamed(client) },
  length: { run: (client) => ask(client, { maxOutputTokens: 12 }) },
  "length, streamed": { run: (client) => streamed(client, { maxOutputTokens: 12 }) },
  "cached tokens": { run: (client) => ask(client) },
  "cached tokens, streamed": { run: (client) => streamed(client) },
  "reasoning tokens": { run: (client) => ask(client) },
  "reasoning tokens, streamed": { run: (client) => streamed(client) },
  "tokens of pictures": { run: (client) => ask(client) },
  "chat, plain": {
    run: async ({ chats }) =>
      shown(await chats.create({ model: ASK.model }).sendMessage({ message: ASK.contents })),
  },
  "chat, streamed": {
    run: async ({ chats }) =>
      chunksOf(
        await chats.create({ model: ASK.model }).sendMessageStream({ message: ASK.contents }),
      ),
  },
  "every parameter": {
    run: (client) =>
      ask(client, {
        temperature: 0.5,
        topP: 0.9,
        topK: 40,
        maxOutputTokens: 100,
        frequencyPenalty: 0.1,
        presencePenalty: 0.2,
        seed: 7,
        candidateCount: 1,
        stopSequences: ["END"],
        responseMimeType: "application/json",
        thinkingConfig: { thinkingLevel: "LOW" },
        toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.NONE } },
      }),
  },
  "embeddings, plain": {
    run: async ({ models }) => {
      const { embeddings } = await models.embedContent({
        model: "gemini-embedding-001",
        contents: ["What is heard?", "What is seen?"],
        config: { outputDimensionality: 2 },
      });
      return embeddings.map(({ values }) => values.join(" ")).join("|");
    },
  },
  "embeddings, 429": {
    run: async ({ models }) =>
      models.embedContent({ model: "gemini-embedding-001", contents: "What is heard?" }),
  },
};
