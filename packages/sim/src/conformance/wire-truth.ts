import type { Usage } from "@naruko/core/model/call";
import { unifiedFinishReason } from "@naruko/core/normalize/finish-reasons";
import type { Asked, Frames, ScriptedAnswer } from "../provider-stubs/provider-stub.ts";
import {
  readChat,
  readConverse,
  readGemini,
  readMessages,
  readResponse,
  type WireMessage,
} from "./wire-messages.ts";

/**
 * How a call ended: `left` is an application that stops reading, `cut` a connection that breaks off in
 * the middle of a stream.
 */
export type End = "whole" | "refused" | "timeout" | "aborted" | "left" | "cut";

/** What went over the wire in one case, by the stub's script and by what was asked of it. */
export type WireTruth = {
  readonly end: End;
  readonly calls: number;
  readonly provider: string;
  readonly operation: string;
  readonly requestModel: string;
  /** Absent where the answer names none. */
  readonly responseModel?: string;
  readonly stream: boolean;
  /** Whether the application saw some of the answer before the call ended, as a stream. */
  readonly hasFirstChunk: boolean;
  /** What the answers sum up to; absent where they tell none, or not to the end. */
  readonly usage?: Usage;
  /** Whether it was told because the client asked for it, which OpenAI's chat streams want. */
  readonly usageWasAsked: boolean;
  /** All that was told of usage on the way: what a call that is not whole may tell. */
  readonly usageOnTheWay: readonly Usage[];
  /** Unified, of all calls. */
  readonly finish: readonly string[];
  /** What the wire calls a refusal: its status and the codes in its body. */
  readonly errors: readonly string[];
  /** Between which moments a whole stream was sent; absent where there is none, or more than one. */
  readonly sent?: NonNullable<Asked["sent"]>;
};

type Api = {
  readonly path: RegExp;
  readonly provider: string;
  readonly operation: string;
  readonly read: (message: object) => WireMessage;
};

/** By the path that is asked. Source: `gen_ai.operation.name` and `gen_ai.provider.name`. */
const APIS: readonly Api[] = [
  { path: /chat\/completions$/, provider: "openai", operation: "chat", read: readChat },
  { path: /responses$/, provider: "openai", operation: "chat", read: readResponse },
  { path: /v1\/embeddings$/, provider: "openai", operation: "embeddings", read: readChat },
  { path: /v1\/messages/, provider: "anthropic", operation: "chat", read: readMessages },
  {
    path: /[eE]mbedContents?$/,
    provider: "gcp.gemini",
    operation: "embeddings",
    read: readGemini,
  },
  {
    path: /:(?:g|streamG)enerateContent/,
    provider: "gcp.gemini",
    operation: "generate_content",
    read: readGemini,
  },
  { path: /converse(?:-stream)?$/, provider: "aws.bedrock", operation: "chat", read: readConverse },
];

/**
 * What is true of a case.
 *
 * @param asked the requests of the case; where none came, because a client gave up at once, one like
 *   them
 */
export function wireTruth(
  name: string,
  answers: readonly ScriptedAnswer[],
  asked: readonly Asked[],
): WireTruth {
  const [first] = asked;
  const [answer] = answers;
  const api = APIS.find(({ path }) => path.test(first?.path ?? ""));
  if (api === undefined || first === undefined || answer === undefined) {
    throw new Error(`${name}: ${first?.path ?? "nothing"} was asked, which no API here answers`);
  }
  const end = endOf(name, answer);
  const messages = answers.map((one) => messagesOf(one).map(api.read));
  const usages = messages.map(lastUsage);
  const model = messages[0]?.find((message) => message.model !== undefined)?.model;
  const wantsAsking = api.read === readChat && answer.kind === "stream";
  const stream = answer.kind === "stream" || /\bstreamed\b/.test(name);
  return {
    end,
    calls: answers.length,
    provider: api.provider,
    operation: api.operation,
    requestModel: requestModelOf(first),
    ...(model !== undefined && { responseModel: model }),
    stream,
    hasFirstChunk: stream && messages.some((one) => one.some(({ hasContent }) => hasContent)),
    ...(end === "whole" && { usage: sumOf(usages) }),
    usageWasAsked: !wantsAsking || asksUsage(first.body),
    usageOnTheWay: messages.flatMap((one) => one.flatMap(({ usage }) => usage ?? [])),
    finish: messages.flatMap((one) => one.flatMap(({ finish }) => finish)).map(unifiedFinishReason),
    errors: answers.flatMap(errorsOf),
    ...(end === "whole" && asked.length === 1 && first.sent !== undefined && { sent: first.sent }),
  };
}

function endOf(name: string, answer: ScriptedAnswer): End {
  if (name.endsWith("timeout")) return "timeout";
  if (name.endsWith("aborted")) return "aborted";
  if (name.endsWith("left early")) return "left";
  if (name.endsWith("cut")) return "cut";
  return answer.kind === "whole" && answer.status !== 200 ? "refused" : "whole";
}

/** Google's and AWS' APIs have the model in the path, the others in the body. */
function requestModelOf({ path, body }: Asked): string {
  const inPath = /\/models?\/([^/:]+)[/:]/.exec(path)?.[1];
  if (inPath !== undefined) return decodeURIComponent(inPath);
  return "model" in body && typeof body.model === "string" ? body.model : "";
}

function asksUsage(body: object): boolean {
  const options: unknown = "stream_options" in body ? body.stream_options : undefined;
  return JSON.stringify(options ?? {}).includes('"include_usage":true');
}

/** Usage is replaced, never added: what the last message tells counts, field by field. */
function lastUsage(messages: readonly WireMessage[]): Usage {
  return Object.assign({}, ...messages.map(({ usage }) => usage ?? {})) as Usage;
}

function sumOf(usages: readonly Usage[]): Usage {
  const sum: { -readonly [K in keyof Usage]: Usage[K] } = {};
  for (const usage of usages) {
    for (const [key, tokens] of Object.entries(usage) as [keyof Usage, number][]) {
      sum[key] = (sum[key] ?? 0) + tokens;
    }
  }
  return sum;
}

/** A status, and what stands under `code`, `type` and `status` of an error, at any depth. */
function errorsOf(answer: ScriptedAnswer): readonly string[] {
  if (answer.kind !== "whole" || answer.status === 200) return [];
  const found: string[] = [String(answer.status), ...Object.values(answer.headers ?? {})];
  JSON.stringify(answer.body, (key: string, value: unknown) => {
    const isCode = typeof value === "string" || typeof value === "number";
    if (isCode && ["code", "type", "status"].includes(key)) found.push(String(value));
    return value;
  });
  return found;
}

function messagesOf(answer: ScriptedAnswer): readonly object[] {
  if (answer.kind === "whole") return answer.status === 200 ? [answer.body] : [];
  if (answer.kind !== "stream") return [];
  const { frames } = answer;
  const sent = typeof frames === "function" ? frames({ stream_options: ASKED }) : frames;
  return sent.flatMap((frame) => payloadsOf(frame)) as readonly object[];
}

const ASKED = { include_usage: true };

/** What a frame carries: the data of server-sent events, or the payload of AWS' binary ones. */
function payloadsOf(frame: Frames[number]): readonly unknown[] {
  if (typeof frame !== "string") return [eventPayload(frame)];
  const lines = frame.split(/\r?\n/).filter((line) => line.startsWith("data: {"));
  return lines.map((line) => JSON.parse(line.slice("data: ".length)) as unknown);
}

/** Two lengths and their checksum, headers, the payload, and a checksum, of four bytes each. */
function eventPayload(message: Uint8Array): unknown {
  const bytes = Buffer.from(message);
  const payload = bytes.subarray(12 + bytes.readUInt32BE(4), bytes.readUInt32BE(0) - 4);
  return JSON.parse(payload.toString("utf8")) as unknown;
}
