// What an application does with OpenAI's client, by the name of the case. The server's answers are
// in `src/conformance/openai-answers.ts`, under the same names. Each returns what it saw.
import { Buffer } from "node:buffer";
import process from "node:process";

const CHAT = { model: "gpt-5.1", messages: [{ role: "user", content: "What is heard?" }] };
const UNASKED = { ...CHAT, stream: true };
/** Asked for by the application where the environment says so: most instrumentations leave it to that. */
const STREAM =
  process.env.SENDER_ASKS_USAGE === "1"
    ? { ...UNASKED, stream_options: { include_usage: true } }
    : UNASKED;
const ASK = { model: "gpt-5.1", input: "What is heard?" };
const WEATHER = {
  name: "weather",
  description: "The weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" } } },
};
const CITY = {
  type: "json_schema",
  json_schema: { name: "city", schema: { type: "object" }, strict: false },
};

const textOf = ({ choices }) => choices.map(({ message }) => message.content).join("|");

/** Reads a stream of chunks: their words, and whether any of them surprised. */
async function chunksOf(stream) {
  let text = "";
  let empty = 0;
  for await (const { choices } of stream) {
    if (choices.length === 0) empty += 1;
    const { delta = {} } = choices[0] ?? {};
    text += delta.content ?? delta.refusal ?? delta.tool_calls?.[0]?.function?.arguments ?? "";
  }
  return empty === 0 ? text : `${text} and ${empty} chunks without choices`;
}

async function eventsOf(stream) {
  let text = "";
  for await (const { type, delta } of stream) if (type.endsWith(".delta")) text += delta;
  return text;
}

const chat = async (client, body = CHAT) => textOf(await client.chat.completions.create(body));
const streamed = async (client, body = STREAM) =>
  chunksOf(await client.chat.completions.create(body));
const ask = async (client) => (await client.responses.create(ASK)).output_text;
const asked = async (client) => eventsOf(await client.responses.create({ ...ASK, stream: true }));

/** Lets the garbage collector find what nobody holds. */
async function collect() {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
    globalThis.gc();
  }
}

/** `options` are those of the client. */
export const CASES = {
  "chat, plain": { run: (client) => chat(client) },
  "chat, streamed": { run: (client) => streamed(client, UNASKED) },
  "chat, streamed, usage asked for": {
    run: async (client) => {
      const body = { ...STREAM, stream_options: { include_usage: true } };
      let usage;
      for await (const chunk of await client.chat.completions.create(body)) {
        usage = chunk.usage ?? usage;
      }
      return `usage ${usage.total_tokens}`;
    },
  },
  "chat, streamed, usage refused": {
    run: (client) => streamed(client, { ...STREAM, stream_options: { include_usage: false } }),
  },
  "chat, tool call": {
    run: async (client) => {
      const body = { ...CHAT, tools: [{ type: "function", function: WEATHER }] };
      const { choices } = await client.chat.completions.create(body);
      return choices[0].message.tool_calls[0].function.arguments;
    },
  },
  "chat, tool call, streamed": {
    run: (client) =>
      streamed(client, { ...STREAM, tools: [{ type: "function", function: WEATHER }] }),
  },
  "chat, two choices": { run: (client) => chat(client, { ...CHAT, n: 2 }) },
  "chat, 429": { run: (client) => chat(client) },
  "chat, streamed, 429": { run: (client) => streamed(client) },
  "chat, 500": { run: (client) => chat(client) },
  "chat, 429 and a retry": { options: { maxRetries: 1 }, run: (client) => chat(client) },
  "chat, timeout": { options: { timeout: 80 }, run: (client) => chat(client) },
  "chat, aborted": {
    run: async (client) => {
      const { signal } = abortSoon();
      return textOf(await client.chat.completions.create(CHAT, { signal }));
    },
  },
  "chat, streamed, aborted": {
    run: async (client) => {
      const stream = await client.chat.completions.create(STREAM);
      let chunks = 0;
      for await (const _ of stream) {
        chunks += 1;
        // The last one that comes: what arrived before an abort is still handed out.
        if (chunks === 5) stream.controller.abort();
      }
      return `${chunks} chunks`;
    },
  },
  "chat, streamed, left early": {
    run: async (client) => {
      let chunks = 0;
      for await (const _ of await client.chat.completions.create(STREAM)) {
        chunks += 1;
        if (chunks === 2) break;
      }
      return `${chunks} chunks`;
    },
  },
  "chat, streamed, returned": {
    run: async (client) => {
      const stream = await client.chat.completions.create(STREAM);
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      const { done } = await iterator.return();
      return `done ${done}, then ${(await iterator.next()).done}`;
    },
  },
  "chat, streamed, cut": { run: (client) => streamed(client) },
  "chat, streamed, ended without a last word": { run: (client) => streamed(client) },
  "chat, streamed, forgotten": {
    run: async (client) => {
      await client.chat.completions.create(STREAM);
      await collect();
      return "nothing read";
    },
  },
  "chat, forgotten": {
    run: async (client) => {
      await client.chat.completions.create(CHAT).responsePromise;
      await collect();
      return "nothing read";
    },
  },
  "chat, parse, forgotten": {
    run: async (client) => {
      await parserOf(client)({ ...CHAT, response_format: CITY }).responsePromise;
      await collect();
      return "nothing read";
    },
  },
  "chat, refusal": {
    run: async (client) => (await client.chat.completions.create(CHAT)).choices[0].message.refusal,
  },
  "chat, refusal, streamed": { run: (client) => streamed(client) },
  "chat, length": { run: (client) => chat(client, { ...CHAT, max_completion_tokens: 12 }) },
  "chat, length, streamed": {
    run: (client) => streamed(client, { ...STREAM, max_completion_tokens: 12 }),
  },
  "chat, content filter": { run: (client) => chat(client) },
  "chat, cached tokens": { run: (client) => chat(client) },
  "chat, cached tokens, streamed": { run: (client) => streamed(client) },
  "chat, reasoning tokens": { run: (client) => chat(client) },
  "chat, reasoning tokens, streamed": { run: (client) => streamed(client) },
  "chat, withResponse": {
    run: async (client) => {
      const { data, response } = await client.chat.completions.create(CHAT).withResponse();
      return `${response.status} ${textOf(data)}`;
    },
  },
  "chat, asResponse": {
    run: async (client) => {
      const response = await client.chat.completions.create(CHAT).asResponse();
      return `${response.status} ${textOf(await response.json())}`;
    },
  },
  "chat, asResponse, read as text": {
    run: async (client) => {
      const response = await client.chat.completions.create(CHAT).asResponse();
      return textOf(JSON.parse(await response.text()));
    },
  },
  "chat, asResponse, then the answer": {
    run: async (client) => {
      const promise = client.chat.completions.create(CHAT);
      const { status } = await promise.asResponse();
      return `${status} ${textOf(await promise)}`;
    },
  },
  "chat, asResponse, copied": {
    run: async (client) => {
      const response = await client.chat.completions.create(CHAT).asResponse();
      return textOf(await response.clone().json());
    },
  },
  "chat, asResponse, read as a stream": {
    run: async (client) => {
      const { body } = await client.chat.completions.create(CHAT).asResponse();
      const pieces = [];
      for await (const piece of body) pieces.push(piece);
      return textOf(JSON.parse(Buffer.concat(pieces).toString()));
    },
  },
  "chat, asResponse, not read": {
    run: async (client) => {
      const { status } = await client.chat.completions.create(CHAT).asResponse();
      await collect();
      return status;
    },
  },
  "chat, streamed, asResponse": {
    run: async (client) => {
      const response = await client.chat.completions.create(STREAM).asResponse();
      return `${(await response.text()).split("data: ").length} parts`;
    },
  },
  "chat, streamed, withResponse": {
    run: async (client) => {
      const { data, response } = await client.chat.completions.create(STREAM).withResponse();
      return `${response.status} ${await chunksOf(data)}`;
    },
  },
  "chat, parse": {
    run: async (client) => {
      const { choices } = await parserOf(client)({ ...CHAT, response_format: CITY });
      return choices[0].message.content;
    },
  },
  "chat, parse, length": {
    run: (client) => parserOf(client)({ ...CHAT, response_format: CITY }).then(textOf),
  },
  "chat, parse, 429": {
    run: (client) => parserOf(client)({ ...CHAT, response_format: CITY }).then(textOf),
  },
  "chat, 429, nobody waits": {
    run: (client) => unhandledBy(() => void client.chat.completions.create(CHAT)),
  },
  "chat, parse, 429, nobody waits": {
    run: (client) => unhandledBy(() => void parserOf(client)({ ...CHAT, response_format: CITY })),
  },
  "chat, stream()": {
    run: async (client) => {
      const { completions } = client.chat.completions.stream ? client.chat : client.beta.chat;
      return completions.stream(CHAT).finalContent();
    },
  },
  "chat, stream(), left early": {
    run: async (client) => {
      const { completions } = client.chat.completions.stream ? client.chat : client.beta.chat;
      const stream = completions.stream(CHAT);
      for await (const { choices } of stream) {
        if (choices[0].delta.content) break;
      }
      // The helper aborts its request, which takes a turn.
      return stream.done().then(
        () => "done",
        (error) => error.constructor.name,
      );
    },
  },
  "chat, stream(), cut": {
    run: async (client) => {
      const { completions } = client.chat.completions.stream ? client.chat : client.beta.chat;
      return completions
        .stream(CHAT)
        .finalContent()
        .catch(() => "failed");
    },
  },
  "chat, streamed, failed within": { run: (client) => streamed(client) },
  "chat, streamed, usage told often": { run: (client) => streamed(client) },
  "chat, runTools()": { run: (client) => runTools(client, ({ city }) => `rain in ${city}`) },
  "chat, runTools(), a tool fails": {
    run: (client) =>
      runTools(client, () => {
        throw new RangeError("no such city");
      }),
  },
  "chat, withOptions()": {
    // Version 4 has no such thing.
    run: (client) => chat(client.withOptions?.({ timeout: 5000 }) ?? client),
  },
  "chat, observed twice": { run: (client, { observe }) => chat(observe(observe(client))) },
  "chat, tee()": {
    run: async (client) => {
      const stream = await client.chat.completions.create(STREAM);
      const [left, right] = stream.tee();
      const texts = await Promise.all([chunksOf(left), chunksOf(right)]);
      return texts.join(" | ");
    },
  },
  "chat, toReadableStream()": {
    run: async (client) => {
      const stream = await client.chat.completions.create(STREAM);
      let lines = "";
      const decoder = new TextDecoder();
      for await (const bytes of stream.toReadableStream()) {
        lines += decoder.decode(bytes, { stream: true });
      }
      return `${lines.trim().split("\n").length} lines`;
    },
  },
  "chat, every parameter": {
    run: (client) =>
      chat(client, {
        ...CHAT,
        temperature: 0.5,
        top_p: 0.9,
        frequency_penalty: 0.1,
        presence_penalty: 0.2,
        seed: 7,
        stop: ["END"],
        max_tokens: 100,
        n: 1,
        response_format: { type: "json_object" },
        service_tier: "flex",
        reasoning_effort: "low",
      }),
  },
  "responses, plain": { run: ask },
  "responses, streamed": { run: asked },
  "responses, tool call": {
    run: async (client) => {
      const body = { ...ASK, tools: [{ type: "function", ...WEATHER }] };
      return (await client.responses.create(body)).output[0].arguments;
    },
  },
  "responses, tool call, streamed": { run: asked },
  "responses, 429": { run: ask },
  "responses, 500": { run: ask },
  "responses, timeout": { options: { timeout: 80 }, run: ask },
  "responses, aborted": {
    run: async (client) => {
      const { signal } = abortSoon();
      return (await client.responses.create(ASK, { signal })).output_text;
    },
  },
  "responses, streamed, aborted": {
    run: async (client) => {
      const stream = await client.responses.create({ ...ASK, stream: true });
      for await (const { type } of stream) {
        if (type.endsWith(".delta")) stream.controller.abort();
      }
      return "aborted";
    },
  },
  "responses, streamed, left early": {
    run: async (client) => {
      for await (const { type } of await client.responses.create({ ...ASK, stream: true })) {
        if (type.endsWith(".delta")) break;
      }
      return "left";
    },
  },
  "responses, streamed, cut": { run: asked },
  "responses, streamed, failed": { run: asked },
  "responses, refusal": {
    run: async (client) => (await client.responses.create(ASK)).output[0].content[0].refusal,
  },
  "responses, length, streamed": { run: asked },
  "responses, cached tokens": { run: ask },
  "responses, reasoning tokens, streamed": { run: asked },
  "responses, parse": {
    run: async (client) => (await client.responses.parse(ASK)).output_text,
  },
  "responses, streamed, error event": { run: asked },
  "responses, stream()": {
    run: async (client) => (await client.responses.stream(ASK).finalResponse()).output_text,
  },
  "responses, in the background": {
    run: async (client) => (await client.responses.create({ ...ASK, background: true })).status,
  },
  "embeddings, plain": {
    run: async (client) => {
      const body = { model: "text-embedding-3-small", input: ["What is heard?"], dimensions: 2 };
      return (await client.embeddings.create(body)).data[0].embedding.join(" ");
    },
  },
  "embeddings, 429": {
    run: async (client) =>
      client.embeddings.create({ model: "text-embedding-3-small", input: "What is heard?" }),
  },
};

function abortSoon() {
  const controller = new AbortController();
  setTimeout(() => {
    controller.abort();
  }, 40);
  return controller;
}

/** Runs the tool that the model asks for, by the client's own loop. */
async function runTools(client, weather) {
  const { completions } = client.chat.completions.runTools ? client.chat : client.beta.chat;
  const tool = {
    type: "function",
    function: { ...WEATHER, function: weather, parse: JSON.parse },
  };
  return completions.runTools({ ...CHAT, tools: [tool] }).finalContent();
}

/** The rejection that nobody handles: it reaches the process with us as without us, once. */
async function unhandledBy(run) {
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const seen = [];
  const first = new Promise((resolve) => {
    process.on("unhandledRejection", (error) => {
      seen.push(error.constructor.name);
      resolve();
    });
  });
  run();
  await first;
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  process.removeAllListeners("unhandledRejection");
  for (const listener of listeners) process.on("unhandledRejection", listener);
  return `unhandled ${seen.join(", ")}`;
}

/** Where the helper is: since version 5 beside `create`, before among the trials. */
function parserOf(client) {
  const { completions } = client.chat.completions.parse ? client.chat : client.beta.chat;
  return (body) => completions.parse(body);
}

/** The class of one version of the package. */
export async function clientClass(version = process.env.SENDER_VERSION ?? "7") {
  const name = version === "7" ? "openai" : `openai-${version}`;
  return (await import(name)).default;
}
