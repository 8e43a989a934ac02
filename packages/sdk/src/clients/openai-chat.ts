import type { Attributes } from "@opentelemetry/api";
import type { Call, CallEnd } from "../call.ts";
import type { AnswerReader, ChunkKind } from "../stream.ts";
import { countOf, type Fields, fieldsOf, isFields, listOf, textOf } from "../unknown.ts";
import type { Observation } from "./observed-method.ts";
import { ChoiceText, chatContent, chatOutput } from "./openai-messages.ts";
import { outputTypeOf, samplingAttributes } from "./openai-request.ts";
import { destinationOf, mayAskUsage } from "./openai-server.ts";
import { chatUsage } from "./openai-usage.ts";

/** `chat.completions.create(body, options)`. */
export function observeChat(receiver: unknown, args: readonly unknown[]): Observation | undefined {
  const [body, ...rest] = args;
  if (!isFields(body)) return undefined;
  const stream = body["stream"] === true;
  // A stream whose application said nothing of usage is asked for it; a plain answer always tells.
  const asks =
    stream &&
    fieldsOf(body["stream_options"])["include_usage"] === undefined &&
    mayAskUsage(receiver, body);
  const asked = asks ? withUsage(body) : undefined;
  return {
    start: {
      operation: "chat",
      ...destinationOf(receiver),
      model: textOf(body["model"]),
      stream,
      request: requestAttributes(body),
      content: () => chatContent(body),
    },
    reader: (call) => new ChatReader(call, asks),
    ...(asked !== undefined && {
      args: [asked, ...rest],
      // Whoever reads the response itself would meet the chunk that we hide from others.
      takeBack: () => {
        asked["stream_options"] = body["stream_options"];
      },
    }),
  };
}

function withUsage(body: Fields): Record<string, unknown> {
  const asked = { ...fieldsOf(body["stream_options"]), include_usage: true };
  return { ...body, stream_options: asked };
}

function requestAttributes(body: Fields): Attributes {
  const attributes = samplingAttributes(body);
  attributes["openai.api.type"] = "chat_completions";
  const { n: choices, response_format: format } = body;
  const maxTokens = countOf(body["max_completion_tokens"]) ?? countOf(body["max_tokens"]);
  if (maxTokens !== undefined) attributes["gen_ai.request.max_tokens"] = maxTokens;
  if (typeof choices === "number" && choices !== 1) {
    attributes["gen_ai.request.choice.count"] = choices;
  }
  const outputType = outputTypeOf(fieldsOf(format)["type"]);
  if (outputType !== undefined) attributes["gen_ai.output.type"] = outputType;
  return attributes;
}

/** Reads completions and their chunks; choices are told apart by their index. */
class ChatReader implements AnswerReader {
  readonly #call: Call;
  readonly #asksUsage: boolean;
  readonly #reasons: (string | undefined)[] = [];
  readonly #texts: ChoiceText[] = [];
  #isWhole = false;

  constructor(call: Call, asksUsage: boolean) {
    this.#call = call;
    this.#asksUsage = asksUsage;
    call.tellsOutput(() => chatOutput(this.#texts, this.#reasons));
  }

  whole(completion: unknown): void {
    const fields = fieldsOf(completion);
    this.#isWhole = true;
    this.#readHead(fields);
    for (const [place, choice] of listOf(fields["choices"]).entries()) {
      const { message } = fieldsOf(choice);
      const index = this.#readReason(fieldsOf(choice), place);
      if (this.#call.wantsText) this.#textOf(index).add(fieldsOf(message));
    }
  }

  chunk(chunk: unknown): ChunkKind {
    const fields = fieldsOf(chunk);
    this.#readHead(fields);
    const choices = listOf(fields["choices"]);
    let content = false;
    for (let place = 0; place < choices.length; place += 1) {
      const told = fieldsOf(choices[place]);
      const index = this.#readReason(told, place);
      const delta = fieldsOf(told["delta"]);
      if (hasContent(delta)) content = true;
      if (this.#call.wantsText) this.#textOf(index).add(delta);
      // Some servers tell the usage with the last choice.
      if (isFields(told["usage"])) this.#call.answer.usage = chatUsage(told["usage"]);
    }
    if (content) return "content";
    const bare = choices.length === 0 && isFields(fields["usage"]);
    return bare && this.#asksUsage ? "hidden" : "other";
  }

  end(): CallEnd {
    const told = this.#reasons.length > 0 && !this.#reasons.includes(undefined);
    return { how: told || this.#isWhole ? "answered" : "cut" };
  }

  #readHead(fields: Fields): void {
    const { answer } = this.#call;
    const { id, model, usage } = fields;
    // Azure's first chunk has empty names.
    answer.responseId = textOf(id) ?? answer.responseId;
    answer.responseModel = textOf(model) ?? answer.responseModel;
    if (isFields(usage)) answer.usage = chatUsage(usage);
    const fingerprint = textOf(fields["system_fingerprint"]);
    const tier = textOf(fields["service_tier"]);
    // Every chunk says the same.
    if (fingerprint !== undefined && fingerprint !== answer.labels[FINGERPRINT]) {
      answer.labels[FINGERPRINT] = fingerprint;
    }
    if (tier !== undefined && tier !== answer.labels[TIER]) answer.labels[TIER] = tier;
  }

  /** Reads a choice's reason, and returns its index. */
  #readReason(choice: Fields, place: number): number {
    const index = Math.min(countOf(choice["index"]) ?? place, CHOICES);
    const reasons = this.#reasons;
    while (reasons.length <= index) reasons.push(undefined);
    reasons[index] = textOf(choice["finish_reason"]) ?? reasons[index];
    this.#call.answer.finishReasons = reasons;
    return index;
  }

  #textOf(index: number): ChoiceText {
    const text = this.#texts[index] ?? new ChoiceText();
    this.#texts[index] = text;
    return text;
  }
}

const FINGERPRINT = "openai.response.system_fingerprint";
const TIER = "openai.response.service_tier";

/** Choices that are told apart; what a server says beyond counts for the last. */
const CHOICES = 127;

/** Fields of a delta that a model fills; `reasoning` ones are those of compatible servers. */
const CONTENT_FIELDS = [
  "content",
  "tool_calls",
  "refusal",
  "reasoning_content",
  "reasoning",
  "function_call",
  "audio",
] as const;

function hasContent(delta: Fields): boolean {
  for (const field of CONTENT_FIELDS) {
    const value = delta[field];
    if (typeof value === "string" || Array.isArray(value) ? value.length > 0 : isFields(value))
      return true;
  }
  return false;
}
