// Calls the APIs of OpenAI and Anthropic by `fetch`, and returns what their answers tell.

const PATHS = {
  chat: "/v1/chat/completions",
  responses: "/v1/responses",
  embeddings: "/v1/embeddings",
  messages: "/v1/messages",
};

/**
 * @returns what the answer told: `text`, `id`, `model`, `finish`, `usage`, `firstS` (seconds to the
 *   first word of a stream), or `errorType` where the call failed
 */
export async function ask(url, asked) {
  for (let retries = asked.retries; ; retries--) {
    const startedMs = performance.now();
    const response = await fetch(url + PATHS[asked.api], {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(bodyOf(asked)),
    });
    if (!response.ok) {
      await response.arrayBuffer();
      if (retries > 0) continue;
      return { errorType: String(response.status) };
    }
    if (!asked.stream) return read([await response.json()], asked.api);
    return readStream(response, asked.api, startedMs);
  }
}

function bodyOf({ api, name, model, stream, asksUsage }) {
  if (api === "embeddings") return { model, input: name };
  if (api === "responses") return { model, input: name, stream };
  const body = { model, stream, messages: [{ role: "user", content: name }] };
  if (api === "messages") return { ...body, max_tokens: 100 };
  return { ...body, ...(stream && asksUsage && { stream_options: { include_usage: true } }) };
}

async function readStream(response, api, startedMs) {
  const events = [];
  let firstS;
  let rest = "";
  try {
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (!line.startsWith("data: {")) continue;
        const event = JSON.parse(line.slice("data: ".length));
        if (firstS === undefined && wordOf(event) !== "") {
          firstS = (performance.now() - startedMs) / 1000;
        }
        events.push(event);
      }
    }
  } catch {
    // What a cut stream told so far, its usage included, is not the whole of it.
    const { model, id } = read(events, api);
    return { model, id, firstS, errorType: "stream_cut", finish: "error" };
  }
  return { ...read(events, api), firstS };
}

function wordOf(event) {
  if (event.type === "response.output_text.delta") return event.delta;
  if (event.type === "content_block_delta") return event.delta.text;
  return event.choices?.[0]?.delta?.content ?? "";
}

/** Reads whole answers and streams alike: a later event's word replaces an earlier one's, usage field by field. */
function read(events, api) {
  const told = { text: "", usage: {} };
  for (const event of events) {
    const body = event.message ?? event.response ?? event;
    told.id ??= body.id;
    told.model ??= body.model;
    told.text += wordOf(event) || wholeTextOf(event);
    told.finish = finishOf(event, body) ?? told.finish;
    Object.assign(told.usage, body.usage);
  }
  return { ...told, usage: usageOf(told.usage, api) };
}

function wholeTextOf(event) {
  if (event.object === "list") return `${event.data[0].embedding.length} numbers`;
  if (event.object === "response") return event.output[0].content[0].text;
  return event.choices?.[0]?.message?.content ?? event.content?.[0]?.text ?? "";
}

function finishOf(event, body) {
  if (body.object === "response") return body.status === "completed" ? "stop" : undefined;
  return event.choices?.[0]?.finish_reason ?? event.delta?.stop_reason ?? event.stop_reason;
}

/** Tokens as the conventions count them: what was read from a cache is part of the input. */
function usageOf(usage, api) {
  if (api !== "messages") {
    const input = usage.prompt_tokens ?? usage.input_tokens;
    const output = usage.completion_tokens ?? usage.output_tokens;
    const details = usage.prompt_tokens_details ?? usage.input_tokens_details;
    return { input, output, cacheRead: details?.cached_tokens };
  }
  const cacheRead = usage.cache_read_input_tokens;
  return { input: usage.input_tokens + cacheRead, output: usage.output_tokens, cacheRead };
}
