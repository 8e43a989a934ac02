// Answers of Google's Gemini API, byte for byte as its servers write them.
import { type ScriptedAnswer, serverSentEvents } from "./provider-stub.ts";

/** Several bytes a character, so that a piece of a stream may end inside of one. */
export const WORDS: readonly string[] = ["鳴子", " の音🦊", " is heard", " – señor."];

const MODEL = "gemini-3.8-flash-001";

/** Tokens of an answer; `input` includes `cached` and `image`, `output` is without `thoughts`. */
export type Tokens = {
  readonly input: number;
  readonly output?: number;
  readonly cached?: number;
  readonly thoughts?: number;
  readonly tools?: number;
  readonly image?: number;
};

const TOKENS: Tokens = { input: 19, output: 12 };

export const FUNCTION_CALL: object = {
  functionCall: { id: "fn_1", name: "weather", args: { city: "Nara" } },
  thoughtSignature: "CgIB",
};

/** Counts of nothing are left out, as they are in the API's JSON. */
function usageOf(tokens: Tokens): object {
  const { input, output = 0, cached = 0, thoughts = 0, tools = 0, image = 0 } = tokens;
  return {
    promptTokenCount: input,
    ...(output > 0 && { candidatesTokenCount: output }),
    totalTokenCount: input + output + thoughts + tools,
    ...(cached > 0 && { cachedContentTokenCount: cached }),
    promptTokensDetails: [
      { modality: "TEXT", tokenCount: input - image },
      ...(image > 0 ? [{ modality: "IMAGE", tokenCount: image }] : []),
    ],
    ...(tools > 0 && { toolUsePromptTokenCount: tools }),
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
  };
}

export type ContentAnswer = {
  readonly id: string;
  readonly parts?: readonly object[];
  readonly finish?: string;
  readonly tokens?: Tokens;
  /** How many candidates; each says the same. */
  readonly candidates?: number;
};

export function content(answer: ContentAnswer): ScriptedAnswer {
  const { id, parts = [{ text: WORDS.join("") }], finish = "STOP", candidates = 1 } = answer;
  const list = Array.from({ length: candidates }, (_, index) =>
    candidate(parts, finish, candidates === 1 ? 0 : index),
  );
  return { kind: "whole", status: 200, body: bodyOf(id, list, answer.tokens ?? TOKENS) };
}

function candidate(parts: readonly object[], finish: string | undefined, index: number): object {
  return {
    ...(parts.length > 0 && { content: { parts, role: "model" } }),
    ...(finish !== undefined && { finishReason: finish }),
    index,
  };
}

function bodyOf(id: string, candidates: readonly object[], tokens: Tokens): object {
  return {
    candidates,
    usageMetadata: usageOf(tokens),
    modelVersion: MODEL,
    responseId: id,
  };
}

export type ContentStream = {
  readonly id: string;
  /** The parts of each chunk. */
  readonly chunks?: readonly (readonly object[])[];
  /** `undefined` where the stream stops before it tells one. */
  readonly finish?: string | undefined;
  readonly tokens?: Tokens;
  readonly end?: "done" | "cut" | "hang";
};

/** Each chunk tells the usage so far; the last one has the reason, often with an empty text. */
export function contentStream(stream: ContentStream): ScriptedAnswer {
  const { id, chunks = WORDS.map((text) => [{ text }]), tokens = TOKENS, end = "done" } = stream;
  const finish = "finish" in stream ? stream.finish : "STOP";
  const events = [
    ...chunks.map((parts, index) =>
      bodyOf(id, [candidate(parts, undefined, 0)], { ...tokens, output: index + 1 }),
    ),
    ...(finish === undefined ? [] : [bodyOf(id, [candidate([{ text: "" }], finish, 0)], tokens)]),
  ];
  const frames = serverSentEvents(events);
  return { kind: "stream", contentType: "text/event-stream", frames, end };
}

/** A stream of this one body. */
export function streamOf(body: object): ScriptedAnswer {
  const frames = serverSentEvents([body]);
  return { kind: "stream", contentType: "text/event-stream", frames, end: "done" };
}

/** A prompt that is refused: no candidates at all. */
export function blockedBody(id: string): object {
  return {
    promptFeedback: { blockReason: "PROHIBITED_CONTENT" },
    usageMetadata: usageOf({ input: 19 }),
    modelVersion: MODEL,
    responseId: id,
  };
}

const STATUSES = { 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL" } as const;

/** A refusal by the server. */
export function failure(code: keyof typeof STATUSES): ScriptedAnswer {
  const error = { code, message: `The server said ${code}`, status: STATUSES[code] };
  return { kind: "whole", status: code, body: { error } };
}

export function embeddings(): ScriptedAnswer {
  const body = { embeddings: [{ values: [0.25, -0.5] }, { values: [0.5, 0.125] }] };
  return { kind: "whole", status: 200, body: { ...body, usageMetadata: { promptTokenCount: 7 } } };
}
