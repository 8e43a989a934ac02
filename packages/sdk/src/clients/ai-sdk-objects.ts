import type { Attributes } from "@opentelemetry/api";
import { Call } from "../call.ts";
import { errorTypeOf } from "../error-type.ts";
import { telemetry } from "../telemetry.ts";
import { countOf, type Fields, fieldsOf, textOf } from "../unknown.ts";
import type { Usage } from "../usage.ts";
import { aiSdkContent, aiSdkOutput } from "./ai-sdk-messages.ts";
import { providerOf, requestAttributes, serverAttributes } from "./ai-sdk-request.ts";
import { OpenOperations } from "./open-operations.ts";
import { type Server, serverOf } from "./server.ts";

type OpenCall = {
  readonly stream: boolean;
  readonly request: Attributes;
  /** Absent until the model is asked. */
  call?: Call;
  /** By `performance.now`; absent while no answer came. */
  answeredMs?: number;
  /** Told with the answer. */
  server?: Server | undefined;
};

/**
 * The calls of `generateObject` and `streamObject`, which the AI SDK tells by events alone: one model
 * call each, retries included. A stream that is left or breaks has no event of its end.
 */
export class OpenObjects {
  readonly #open = new OpenOperations<OpenCall>(({ call }) => call?.finish({ how: "abandoned" }));

  /** Remembers what the operation's start tells of its request: its call's start does not. */
  expect(event: Fields): void {
    const { operationId, callId } = event;
    if (operationId !== "ai.generateObject" && operationId !== "ai.streamObject") return;
    const request = { ...requestAttributes(event), "gen_ai.output.type": "json" };
    this.#open.set(callId, { stream: operationId === "ai.streamObject", request });
  }

  begin(event: Fields): void {
    const told = telemetry();
    const { callId, promptMessages } = event;
    const open = this.#open.get(callId);
    if (told === undefined || open === undefined) return;
    const messages = event["recordInputs"] === false ? [] : promptMessages;
    const start = {
      operation: "chat" as const,
      provider: providerOf(event["provider"]),
      model: textOf(event["modelId"]),
      get server() {
        return open.server;
      },
      stream: open.stream,
      request: open.request,
      content: () => aiSdkContent({ messages }),
    };
    open.call = new Call(start, told);
  }

  answered(event: Fields): void {
    const open = this.#open.get(event["callId"]);
    if (open?.call === undefined) return;
    const { finishReason, usage, request, response, objectText } = event;
    const { answer } = open.call;
    open.call.begin();
    open.answeredMs = performance.now();
    open.server = serverOf(fieldsOf(request)["url"]);
    Object.assign(answer.attributes, serverAttributes(open.server));
    answer.responseId = textOf(fieldsOf(response)["id"]);
    answer.responseModel = textOf(fieldsOf(response)["modelId"]);
    answer.usage = usageOf(fieldsOf(usage));
    const reason = textOf(finishReason)?.replace(/^(tool|content)-/, "$1_");
    if (reason !== undefined) answer.finishReasons = [reason];
    const content = textOf(objectText);
    if (content !== undefined && event["recordOutputs"] !== false) {
      open.call.tellsOutput(() => aiSdkOutput([{ type: "text", content }], reason));
    }
  }

  /** Ends an operation's call. An answer that is no object of the schema is an answer. */
  settle({ callId }: Fields, error: unknown): void {
    const open = this.#open.take(callId);
    if (open?.call === undefined) return;
    const broke = open.call.answer.finishReasons[0] === "error";
    if (open.answeredMs === undefined || broke) {
      open.call.finish({ how: "failed", errorType: errorTypeOf(error) }, open.answeredMs);
    } else {
      open.call.finish({ how: "answered" }, open.answeredMs);
    }
  }
}

/** Totals that have all in them, with their parts. */
function usageOf({ inputTokens, outputTokens, ...usage }: Fields): Usage | undefined {
  const input = fieldsOf(usage["inputTokenDetails"]);
  const output = fieldsOf(usage["outputTokenDetails"]);
  const told = {
    inputTokens: countOf(inputTokens),
    outputTokens: countOf(outputTokens),
    cacheReadTokens: countOf(input["cacheReadTokens"]),
    cacheWriteTokens: countOf(input["cacheWriteTokens"]),
    reasoningTokens: countOf(output["reasoningTokens"]),
  };
  return Object.values(told).some((count) => count !== undefined) ? told : undefined;
}
