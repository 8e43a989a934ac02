import type { Attributes } from "@opentelemetry/api";
import type { Call, CallEnd } from "../call.ts";
import { errorTypeOf } from "../error-type.ts";
import { settings } from "../settings.ts";
import type { AnswerReader, ChunkKind } from "../stream.ts";
import { countOf, type Fields, fieldsOf, isFields, listOf, textOf } from "../unknown.ts";
import type { Observation } from "./observed-method.ts";
import { outputTypeOf, samplingAttributes } from "./openai-request.ts";
import { responseContent, responseOutput } from "./openai-response-messages.ts";
import { destinationOf } from "./openai-server.ts";
import { responseUsage } from "./openai-usage.ts";

/** `responses.create(body, options)`. */
export function observeResponses(
  receiver: unknown,
  [body]: readonly unknown[],
): Observation | undefined {
  if (!isFields(body)) return undefined;
  return {
    start: {
      operation: "chat",
      ...destinationOf(receiver),
      model: textOf(body["model"]),
      stream: body["stream"] === true,
      request: requestAttributes(body),
      content: () => responseContent(body),
    },
    reader: (call) => new ResponseReader(call),
  };
}

function requestAttributes(body: Fields): Attributes {
  const attributes = samplingAttributes(body);
  attributes["openai.api.type"] = "responses";
  const maxTokens = countOf(body["max_output_tokens"]);
  if (maxTokens !== undefined) attributes["gen_ai.request.max_tokens"] = maxTokens;
  const outputType = outputTypeOf(fieldsOf(fieldsOf(body["text"])["format"])["type"]);
  if (outputType !== undefined) attributes["gen_ai.output.type"] = outputType;
  const { conversation, previous_response_id: previous } = body;
  const conversationId = textOf(conversation) ?? textOf(fieldsOf(conversation)["id"]);
  if (conversationId !== undefined) attributes["gen_ai.conversation.id"] = conversationId;
  if (textOf(previous) !== undefined && settings().generation === "latest") {
    attributes["gen_ai.request.previous_response.id"] = textOf(previous);
  }
  return attributes;
}

/** Reads responses and the events of their streams. */
class ResponseReader implements AnswerReader {
  readonly #call: Call;
  /** Items that are done, for a stream that stops before it tells all of them at once. */
  readonly #items: unknown[] = [];
  #status: string | undefined;
  #error: unknown;
  #isWhole = false;

  constructor(call: Call) {
    this.#call = call;
    call.tellsOutput(() => responseOutput(this.#items, call.answer.finishReasons[0]));
  }

  whole(response: unknown): void {
    this.#read(fieldsOf(response));
    this.#isWhole = true;
    // Of compatible servers.
    this.#status ??= "completed";
  }

  chunk(event: unknown): ChunkKind {
    const { type, response, item, message } = fieldsOf(event);
    if (typeof type !== "string") return "other";
    if (isFields(response)) this.#read(response);
    if (type === "response.output_item.done" && this.#call.wantsText) this.#items.push(item);
    if (type === "error") {
      this.#status = "failed";
      this.#error = message === undefined ? fieldsOf(event)["error"] : event;
    }
    return bringsContent(type, fieldsOf(item)) ? "content" : "other";
  }

  end(): CallEnd {
    if (this.#status === "failed") {
      const { code } = fieldsOf(this.#error);
      return { how: "failed", errorType: textOf(code) ?? errorTypeOf(this.#error) };
    }
    const open = this.#status === undefined || OPEN.has(this.#status);
    // Asked for in the background, it is answered later, to whoever asks for it by its id.
    if (open && this.#isWhole) return { how: "raw" };
    return { how: open ? "cut" : "answered" };
  }

  #read(response: Fields): void {
    const { answer } = this.#call;
    const { id, model, usage, status, output, service_tier: tier } = response;
    answer.responseId = textOf(id) ?? answer.responseId;
    answer.responseModel = textOf(model) ?? answer.responseModel;
    if (isFields(usage)) answer.usage = responseUsage(usage);
    // Until it is served, a response repeats the tier that was asked for.
    if (textOf(tier) !== undefined && tier !== "auto") {
      answer.labels["openai.response.service_tier"] = textOf(tier);
    }
    this.#status = textOf(status);
    this.#error = response["error"];
    if (this.#call.wantsText && listOf(output).length > 0) {
      this.#items.splice(0, this.#items.length, ...listOf(output));
    }
    const reason = finishReasonOf(response);
    if (reason !== undefined) answer.finishReasons = [reason];
  }
}

/** States of a response that is still being made. */
const OPEN: ReadonlySet<string> = new Set(["in_progress", "queued"]);

/** Responses have a state in place of a reason. */
function finishReasonOf(response: Fields): string | undefined {
  const { status, output, incomplete_details: details } = response;
  if (status === "completed") {
    return listOf(output).some((item) => isCall(fieldsOf(item))) ? "tool_call" : "stop";
  }
  if (status === "incomplete") {
    const reason = textOf(fieldsOf(details)["reason"]);
    return reason === "max_output_tokens" ? "length" : reason;
  }
  return status === "failed" || status === "cancelled" ? "error" : undefined;
}

/** Calls that the application has to answer; those of the server's own tools are answered already. */
function isCall({ type }: Fields): boolean {
  return type === "function_call" || type === "custom_tool_call";
}

/** A message's item begins empty; any other item tells what the model does. */
function bringsContent(type: string, item: Fields): boolean {
  if (type === "response.output_item.added") return item["type"] !== "message";
  return type.endsWith(".delta") || type === "response.image_generation_call.partial_image";
}
