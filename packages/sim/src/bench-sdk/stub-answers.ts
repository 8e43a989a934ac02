// What the stub answers, encoded once: a whole completion, and a stream of 200 chunks with content.
export const CHUNKS = 200;
const MODEL = "gpt-5.1-2025-11-13";
const WORD = " clatter";

const usage = {
  prompt_tokens: 350,
  completion_tokens: CHUNKS,
  total_tokens: 350 + CHUNKS,
  prompt_tokens_details: { cached_tokens: 128, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
};

const head = {
  id: "chatcmpl-1",
  created: 1_790_000_000,
  model: MODEL,
  service_tier: "default",
  system_fingerprint: "fp_1",
};

export const WHOLE: Buffer = Buffer.from(
  JSON.stringify({
    ...head,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: WORD.repeat(CHUNKS), refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage,
  }),
);

/** The events of a stream. */
export const EVENTS: readonly Buffer[] = [
  chunk([choice({ role: "assistant", content: "", refusal: null })]),
  ...Array.from({ length: CHUNKS }, () => chunk([choice({ content: WORD })])),
  chunk([choice({}, "stop")]),
  chunk([], usage),
  "[DONE]",
].map((event) =>
  Buffer.from(`data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`),
);

function choice(delta: object, reason: string | null = null): object {
  return { index: 0, delta, logprobs: null, finish_reason: reason };
}

function chunk(choices: readonly object[], told: object | null = null): object {
  return { ...head, object: "chat.completion.chunk", choices, usage: told };
}
