// Answers of AWS Bedrock's Converse API, byte for byte as its servers write them.
import { crc32 } from "node:zlib";
import type { ScriptedAnswer } from "./provider-stub.ts";

/** Several bytes a character, so that a piece of a stream may end inside of one. */
export const WORDS: readonly string[] = ["鳴子", " の音🦊", " is heard", " – señor."];

/** Tokens of an answer; `input` is without those of the cache, the total has all of them. */
export type Tokens = {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  /** Where it is not the sum: models whose input has those of the cache in it. */
  readonly total?: number;
};

const TOKENS: Tokens = { input: 19, output: 12 };

export const TOOL_USE: object = {
  toolUse: { toolUseId: "tooluse_1", name: "weather", input: { city: "Nara" } },
};

export const REASONING: object = {
  reasoningContent: { reasoningText: { text: "Clappers, I think.", signature: "EqQB" } },
};

export const TEXT: object = { text: WORDS.join("") };

function usageOf({ input, output, cacheRead, cacheWrite, total }: Tokens): object {
  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens: total ?? input + output + (cacheRead ?? 0) + (cacheWrite ?? 0),
    ...(cacheRead !== undefined && { cacheReadInputTokens: cacheRead }),
    ...(cacheWrite !== undefined && { cacheWriteInputTokens: cacheWrite }),
  };
}

export type ConverseAnswer = {
  readonly content?: readonly object[];
  readonly stop?: string;
  readonly tokens?: Tokens;
};

export function converse(answer: ConverseAnswer = {}): ScriptedAnswer {
  const { content = [TEXT], stop = "end_turn", tokens = TOKENS } = answer;
  const body = {
    metrics: { latencyMs: 551 },
    output: { message: { content, role: "assistant" } },
    stopReason: stop,
    usage: usageOf(tokens),
  };
  return { kind: "whole", status: 200, body, headers: { "x-amzn-RequestId": "request-1" } };
}

/** An event's type and what it tells. */
export type StreamEvent = readonly [type: string, payload: object];

export type ConverseStream = {
  /** Events between the message's start and its stop. */
  readonly events?: readonly StreamEvent[];
  /** `undefined` where the stream stops before it tells one. */
  readonly stop?: string | undefined;
  readonly tokens?: Tokens;
  /** Whether the usage, which comes last of all, comes at all. */
  readonly usage?: boolean;
  /** The exception with which it breaks off. */
  readonly exception?: string;
  readonly end?: "done" | "cut" | "hang";
};

export function converseStream(stream: ConverseStream = {}): ScriptedAnswer {
  const { events = textEvents(), tokens = TOKENS, usage = true, end = "done" } = stream;
  const stop = "stop" in stream ? stream.stop : "end_turn";
  const metadata = { metrics: { latencyMs: 551 }, usage: usageOf(tokens) };
  const all: readonly StreamEvent[] = [
    ["messageStart", { role: "assistant" }],
    ...events,
    ...(stop === undefined ? [] : [["messageStop", { stopReason: stop }] as const]),
    ...(stop === undefined || !usage ? [] : [["metadata", metadata] as const]),
  ];
  const frames = all.map(([type, payload]) =>
    eventMessage("event", type, { ...payload, p: "abcd" }),
  );
  const { exception } = stream;
  const last =
    exception === undefined ? [] : [eventMessage("exception", exception, { message: "Broken" })];
  return {
    kind: "stream",
    contentType: "application/vnd.amazon.eventstream",
    frames: [...frames, ...last],
    end,
  };
}

export function textEvents(words: readonly string[] = WORDS, index = 0): readonly StreamEvent[] {
  return blockEvents(
    index,
    words.map((text) => ({ text })),
  );
}

export function toolUseEvents(): readonly StreamEvent[] {
  const start = { toolUse: { toolUseId: "tooluse_1", name: "weather" } };
  const deltas = ['{"city":', ' "Nara"}'].map((input) => ({ toolUse: { input } }));
  return [["contentBlockStart", { contentBlockIndex: 0, start }], ...blockEvents(0, deltas)];
}

export function reasoningEvents(): readonly StreamEvent[] {
  const told = [{ text: "Clappers," }, { text: " I think." }, { signature: "EqQB" }];
  return blockEvents(
    0,
    told.map((reasoningContent) => ({ reasoningContent })),
  );
}

/** The events of one block; one of text or of thoughts has none at its start. */
function blockEvents(index: number, deltas: readonly object[]): readonly StreamEvent[] {
  return [
    ...deltas.map((delta) => ["contentBlockDelta", { contentBlockIndex: index, delta }] as const),
    ["contentBlockStop", { contentBlockIndex: index }],
  ];
}

/**
 * One message of AWS' event stream: lengths with their checksum, headers, payload, and the checksum
 * of all of it.
 */
function eventMessage(kind: "event" | "exception", type: string, payload: object): Uint8Array {
  const headers = Buffer.concat([
    header(`:${kind}-type`, type),
    header(":content-type", "application/json"),
    header(":message-type", kind),
  ]);
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + headers.length + body.length, 0);
  prelude.writeUInt32BE(headers.length, 4);
  const head = Buffer.concat([prelude, checksum(prelude), headers, body]);
  return Buffer.concat([head, checksum(head)]);
}

/** The type of a header's value that is a text. */
const TEXT_VALUE = 7;

function header(name: string, value: string): Uint8Array {
  const text = Buffer.from(value);
  const lengths = Buffer.alloc(3);
  lengths.writeUInt8(TEXT_VALUE, 0);
  lengths.writeUInt16BE(text.length, 1);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), lengths, text]);
}

function checksum(bytes: Uint8Array): Uint8Array {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes), 0);
  return sum;
}

const EXCEPTIONS = { 429: "ThrottlingException", 500: "InternalServerException" } as const;

/** A refusal by the server, before any answer. */
export function failure(status: keyof typeof EXCEPTIONS): ScriptedAnswer {
  return {
    kind: "whole",
    status,
    body: { message: `The server said ${status}` },
    headers: { "x-amzn-ErrorType": EXCEPTIONS[status] },
  };
}
