import type { Attributes } from "@opentelemetry/api";
import type { Call, CallEnd } from "../call.ts";
import { settings } from "../settings.ts";
import type { AnswerReader, ChunkKind } from "../stream.ts";
import {
  countOf,
  type Fields,
  fieldsOf,
  isFields,
  isMethod,
  listOf,
  numberOf,
  textOf,
} from "../unknown.ts";
import type { Usage } from "../usage.ts";
import { BlockTexts, messagesContent, messagesOutput } from "./anthropic-messages.ts";
import { observeToolRunner } from "./anthropic-tools.ts";
import { followOptions } from "./derived-clients.ts";
import { type Observation, observeMethod } from "./observed-method.ts";
import { destinationOf } from "./server.ts";

/** Whether it is a client of Anthropic's package, or one of its relatives for Bedrock and Vertex. */
export function isAnthropic(client: object): boolean {
  return isMethod(fieldsOf(fieldsOf(client)["messages"])["create"]);
}

/**
 * Observes the calls of one client of Anthropic. Its helpers (`stream`, `parse`, `toolRunner`) make
 * their requests by the same methods.
 */
export function observeAnthropic(client: object): void {
  const { messages, beta } = fieldsOf(client);
  observeMethod(messages, "create", observeMessages);
  observeMethod(fieldsOf(beta)["messages"], "create", observeMessages);
  observeToolRunner(fieldsOf(beta)["messages"]);
  followOptions(client, observeAnthropic);
}

/** Observes every client made from a class, by the classes of its parts. */
export function observeAnthropicClass(made: unknown): void {
  const { Messages, Beta } = fieldsOf(made);
  observeToolRunner(fieldsOf(fieldsOf(fieldsOf(Beta)["Messages"])["prototype"]));
  for (const part of [Messages, fieldsOf(Beta)["Messages"]]) {
    if (isMethod(part)) observeMethod(part.prototype, "create", observeMessages);
  }
}

/** `messages.create(body, options)`. */
function observeMessages(receiver: unknown, [body]: readonly unknown[]): Observation | undefined {
  if (!isFields(body)) return undefined;
  return {
    start: {
      operation: "chat",
      ...destinationOf(receiver, "anthropic"),
      model: textOf(body["model"]),
      stream: body["stream"] === true,
      request: requestAttributes(body),
      content: () => messagesContent(body),
    },
    reader: (call) => new MessageReader(call),
  };
}

const NUMBERS = ["temperature", "top_p", "top_k", "max_tokens"] as const;

function requestAttributes(body: Fields): Attributes {
  const attributes: Attributes = {};
  for (const field of NUMBERS) {
    const value = numberOf(body[field]);
    if (value !== undefined) attributes[`gen_ai.request.${field}`] = value;
  }
  const stops = listOf(body["stop_sequences"]).filter((text) => typeof text === "string");
  if (stops.length > 0) attributes["gen_ai.request.stop_sequences"] = stops;
  const { format, effort } = fieldsOf(body["output_config"]);
  // The beta's requests have had their format in two places.
  if (fieldsOf(format ?? body["output_format"])["type"] === "json_schema") {
    attributes["gen_ai.output.type"] = "json";
  }
  if (textOf(effort) !== undefined && settings().generation === "latest") {
    attributes["gen_ai.request.reasoning.level"] = textOf(effort);
  }
  return attributes;
}

/** Reads messages and the events of their streams. */
class MessageReader implements AnswerReader {
  readonly #call: Call;
  readonly #blocks = new BlockTexts();
  /** The usage as it is known so far: what an event leaves out stays what it was. */
  #told: Fields = {};
  #reason: string | undefined;
  #isWhole = false;

  constructor(call: Call) {
    this.#call = call;
    call.tellsOutput(() => messagesOutput(this.#blocks.list(), this.#reason));
  }

  whole(message: unknown): void {
    const fields = fieldsOf(message);
    this.#isWhole = true;
    this.#readMessage(fields);
    this.#readUsage(fieldsOf(fields["usage"]));
    if (!this.#call.wantsText) return;
    for (const [index, block] of listOf(fields["content"]).entries()) {
      this.#blocks.begin(index, fieldsOf(block));
    }
  }

  chunk(event: unknown): ChunkKind {
    const { type, message, index, content_block: block, delta, usage } = fieldsOf(event);
    const place = countOf(index) ?? 0;
    switch (type) {
      case "message_start":
        this.#readMessage(fieldsOf(message));
        // The output is told in the end: until then it is not known how much of it there is.
        this.#readUsage({ ...fieldsOf(fieldsOf(message)["usage"]), output_tokens: null });
        return "other";
      case "content_block_start":
        if (this.#call.wantsText) this.#blocks.begin(place, fieldsOf(block));
        return beginsWithContent(fieldsOf(block)) ? "content" : "other";
      case "content_block_delta":
        if (this.#call.wantsText) this.#blocks.add(place, fieldsOf(delta));
        return hasContent(fieldsOf(delta)) ? "content" : "other";
      case "message_delta":
        this.#readReason(fieldsOf(delta));
        this.#readUsage(fieldsOf(usage));
        return "other";
      case "message_stop":
        this.#isWhole = true;
        return "other";
      default:
        return "other";
    }
  }

  end(): CallEnd {
    return { how: this.#isWhole || this.#reason !== undefined ? "answered" : "cut" };
  }

  #readMessage(message: Fields): void {
    const { answer } = this.#call;
    answer.responseId = textOf(message["id"]) ?? answer.responseId;
    answer.responseModel = textOf(message["model"]) ?? answer.responseModel;
    this.#readReason(message);
  }

  #readReason({ stop_reason: reason }: Fields): void {
    this.#reason = textOf(reason) ?? this.#reason;
    if (this.#reason !== undefined) this.#call.answer.finishReasons = [this.#reason];
  }

  /** The counts of a stream's events are of the whole message so far: they replace, never add. */
  #readUsage(usage: Fields): void {
    const told = Object.entries(usage).filter(([, value]) => value !== null && value !== undefined);
    if (told.length === 0) return;
    this.#told = { ...this.#told, ...Object.fromEntries(told) };
    this.#call.answer.usage = usageOf(this.#told);
  }
}

/** `input_tokens` are only those that no cache has to do with. */
function usageOf(usage: Fields): Usage {
  const uncached = countOf(usage["input_tokens"]);
  const cacheReadTokens = countOf(usage["cache_read_input_tokens"]);
  const cacheWriteTokens = countOf(usage["cache_creation_input_tokens"]);
  return {
    inputTokens:
      uncached === undefined
        ? undefined
        : uncached + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    outputTokens: countOf(usage["output_tokens"]),
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens: countOf(fieldsOf(usage["output_tokens_details"])["thinking_tokens"]),
  };
}

/** A text's or a thought's block begins empty; any other tells what the model does. */
function beginsWithContent({ type, text, thinking }: Fields): boolean {
  if (type === "text") return text !== "";
  return type !== "thinking" || (thinking !== "" && thinking !== undefined);
}

/** A signature is no content, and the first piece of a tool's arguments is empty. */
function hasContent({ text, thinking, partial_json: json, citation }: Fields): boolean {
  return [text, thinking, json].some((value) => textOf(value) !== undefined) || isFields(citation);
}
