import type { Attributes } from "@opentelemetry/api";
import { Call, type CallEnd, type CallStart } from "../call.ts";
import { ATTRIBUTE } from "../conventions.ts";
import { errorTypeOf, isTimeout, TIMEOUT } from "../error-type.ts";
import { quietly } from "../faults.ts";
import { type AnswerReader, type ChunkKind, finish, type Watch } from "../stream.ts";
import { observedTool } from "../tool.ts";
import { telemetry } from "../telemetry.ts";
import { countOf, type Fields, fieldsOf, isFields, listOf, numberOf, textOf } from "../unknown.ts";
import type { Usage } from "../usage.ts";
import { AnswerParts, aiSdkContent, aiSdkOutput } from "./ai-sdk-messages.ts";
import { type Observation, observeMethod } from "./observed-method.ts";
import { watchPromised } from "./promised.ts";
import { replaceMethod } from "./replace-method.ts";
import { type Server, serverOf } from "./server.ts";

/** What an integration of the Vercel AI SDK 7 runs around a model's call; the fields of its event. */
type ModelCall<T> = {
  readonly callId: string;
  readonly execute: () => PromiseLike<T>;
};

/** What it runs around a tool; what the tool told does not pass here. */
type ToolRun<T> = ModelCall<T> & {
  readonly toolCallId: string;
  readonly toolCall?: { readonly toolName: string; readonly input: unknown };
};

/** The part of the AI SDK's `Telemetry` that is ours. */
export type AiSdkTelemetry = {
  readonly onStart: (event: object) => void;
  readonly executeLanguageModelCall: <T>(call: ModelCall<T>) => PromiseLike<T>;
  readonly executeTool: <T>(call: ToolRun<T>) => PromiseLike<T>;
  readonly onEmbedStart: (event: object) => void;
  readonly onEmbedEnd: (event: object) => void;
  readonly onEnd: (event: object) => void;
  readonly onAbort: (event: object) => void;
  readonly onError: (event: unknown) => void;
};

/** Operations, and calls for embeddings, that are remembered while they go on. */
const OPEN_CALLS = 1024;

/**
 * Tells the calls of the Vercel AI SDK 7, as `observe` tells those of a client: one span for each
 * request to a model, and for each tool that is run. What its telemetry settings keep from being recorded is not written, even
 * where content is captured.
 *
 * @example registerTelemetry(aiSdkTelemetry());
 */
export function aiSdkTelemetry(): AiSdkTelemetry {
  const embeddings = new OpenEmbeddings();
  const streaming = new Map<unknown, WeakRef<Watch> | undefined>();
  const end = (event: unknown, error?: unknown): void => {
    streaming.delete(fieldsOf(event)["callId"]);
    embeddings.settle(fieldsOf(event), error);
  };
  return {
    onStart: listener((event) => {
      const { operationId, callId } = fieldsOf(event);
      const streams = textOf(operationId)?.startsWith("ai.stream") === true;
      if (streams && streaming.size < OPEN_CALLS) streaming.set(callId, undefined);
    }),
    executeLanguageModelCall: (call) => {
      const run = { execute: call.execute };
      const stream = streaming.has(call.callId);
      observeMethod(run, "execute", () =>
        observeModelCall(fieldsOf(call), stream, (watch) => {
          if (stream) streaming.set(call.callId, new WeakRef(watch));
        }),
      );
      return run.execute();
    },
    executeTool: (call) => {
      const run = { execute: call.execute };
      const { toolCall, recordInputs } = fieldsOf(call);
      const { toolName, input } = fieldsOf(toolCall);
      const asked = recordInputs === false ? undefined : input;
      const tool = { name: textOf(toolName) ?? "unknown" };
      replaceMethod(
        run,
        "execute",
        (original) => () => Reflect.apply(observedTool(tool, original), undefined, [asked]),
      );
      return run.execute();
    },
    onEmbedStart: listener((event) => {
      embeddings.begin(fieldsOf(event));
    }),
    onEmbedEnd: listener((event) => {
      embeddings.answered(fieldsOf(event));
    }),
    onEnd: listener(end),
    onAbort: listener((event) => {
      // The stream is let go of after this, as one that nobody wants to read any more is.
      const { callId, reason } = fieldsOf(event);
      const watch = streaming.get(callId)?.deref();
      const how: CallEnd = isTimeout(reason)
        ? { how: "failed", errorType: TIMEOUT }
        : { how: "cancelled" };
      if (watch !== undefined) finish(watch, how);
      end(event);
    }),
    onError: listener((event) => {
      end(event, fieldsOf(event)["error"]);
    }),
  };
}

/** The AI SDK reports what its integrations throw; ours throw nothing. */
function listener<Event>(listen: (event: Event) => void): (event: Event) => void {
  return (event) => {
    quietly(() => {
      listen(event);
    });
  };
}

function observeModelCall(
  event: Fields,
  stream: boolean,
  watching: (watch: Watch) => void,
): Observation {
  let server: Server | undefined;
  const start: CallStart = {
    operation: "chat",
    provider: providerOf(event["provider"]),
    model: textOf(event["modelId"]),
    get server() {
      return server;
    },
    stream,
    request: requestAttributes(event),
    content: () => (event["recordInputs"] === false ? {} : aiSdkContent(event)),
  };
  const locate = (answer: Fields, watch: Watch): void => {
    server = serverOf(fieldsOf(answer["request"])["url"]);
    if (server === undefined) return;
    const { attributes } = watch.call.answer;
    attributes[ATTRIBUTE.serverAddress] = server.address;
    attributes[ATTRIBUTE.serverPort] = server.port;
  };
  return {
    start,
    reader: (call) => new PartReader(call, event["recordOutputs"] !== false),
    result: (returned, watch) => {
      watching(watch);
      return watchPromised(returned, watch, (answer) => {
        const fields = fieldsOf(answer);
        locate(fields, watch);
        return fields["stream"];
      });
    },
  };
}

/** Names of providers, by the first words of the AI SDK's (`openai.chat`, `google.vertex.chat`). */
const PROVIDERS: readonly (readonly [start: string, provider: string])[] = [
  ["google.vertex", "gcp.vertex_ai"],
  ["vertex", "gcp.vertex_ai"],
  ["google", "gcp.gemini"],
  ["amazon-bedrock", "aws.bedrock"],
  ["bedrock", "aws.bedrock"],
  ["azure", "azure.ai.openai"],
  ["mistral", "mistral_ai"],
  ["moonshotai", "moonshot_ai"],
  ["xai", "x_ai"],
];

function providerOf(name: unknown): string {
  const told = textOf(name) ?? "unknown";
  const known = PROVIDERS.find(([start]) => told.startsWith(start));
  return known?.[1] ?? told.split(".", 1)[0] ?? told;
}

const NUMBERS: readonly (readonly [field: string, attribute: string])[] = [
  ["maxOutputTokens", "gen_ai.request.max_tokens"],
  ["temperature", "gen_ai.request.temperature"],
  ["topP", "gen_ai.request.top_p"],
  ["topK", "gen_ai.request.top_k"],
  ["frequencyPenalty", "gen_ai.request.frequency_penalty"],
  ["presencePenalty", "gen_ai.request.presence_penalty"],
  ["seed", "gen_ai.request.seed"],
];

function requestAttributes(event: Fields): Attributes {
  const attributes: Attributes = {};
  for (const [field, attribute] of NUMBERS) {
    const value = numberOf(event[field]);
    if (value !== undefined) attributes[attribute] = value;
  }
  const stops = listOf(event["stopSequences"]).filter((text) => typeof text === "string");
  if (stops.length > 0) attributes["gen_ai.request.stop_sequences"] = stops;
  // The application's own name for what asks; a context's feature stands before it.
  const feature = textOf(event["functionId"]);
  if (feature !== undefined) attributes[ATTRIBUTE.feature] = feature;
  return attributes;
}

const CONTENT: ReadonlySet<unknown> = new Set(["tool-input-start", "tool-call", "file", "source"]);
const DELTAS: ReadonlySet<unknown> = new Set(["text-delta", "reasoning-delta", "tool-input-delta"]);

/** A first delta is often empty. */
function hasContent({ type, delta }: Fields): boolean {
  return CONTENT.has(type) || (DELTAS.has(type) && textOf(delta) !== undefined);
}

/** Reads what providers of the AI SDK answer, whole or as parts of a stream. */
class PartReader implements AnswerReader {
  readonly #call: Call;
  readonly #parts = new AnswerParts();
  readonly #records: boolean;
  #reason: string | undefined;
  #error: unknown;
  #isWhole = false;

  constructor(call: Call, records: boolean) {
    this.#call = call;
    this.#records = records && call.wantsText;
    if (this.#records) {
      call.answer.output = () => aiSdkOutput(this.#parts.list(), this.#reason);
    }
  }

  whole(result: unknown): void {
    const { response, content } = fieldsOf(result);
    this.#isWhole = true;
    this.#readResponse(fieldsOf(response));
    this.#readEnd(fieldsOf(result));
    if (this.#records) for (const part of listOf(content)) this.#parts.add(fieldsOf(part));
  }

  chunk(part: unknown): ChunkKind {
    const fields = fieldsOf(part);
    const { type, error } = fields;
    if (type === "response-metadata") this.#readResponse(fields);
    if (type === "finish") this.#readEnd(fields);
    if (type === "error") this.#error = error ?? type;
    if (this.#records) this.#parts.add(fields);
    return hasContent(fields) ? "content" : "other";
  }

  end(): CallEnd {
    if (this.#error !== undefined) {
      return { how: "failed", errorType: errorTypeOf(this.#error) };
    }
    return { how: this.#isWhole || this.#reason !== undefined ? "answered" : "cut" };
  }

  #readResponse({ id, modelId }: Fields): void {
    const { answer } = this.#call;
    answer.responseId = textOf(id) ?? answer.responseId;
    answer.responseModel = textOf(modelId) ?? answer.responseModel;
  }

  #readEnd({ finishReason, usage }: Fields): void {
    const { raw, unified } = fieldsOf(finishReason);
    if (isFields(usage)) this.#call.answer.usage = usageOf(usage);
    // The provider's stream ended without one.
    if (unified === "interrupted") return;
    const reason = textOf(raw) ?? textOf(unified) ?? textOf(finishReason);
    this.#reason = reason?.replace(/^(tool|content)-/, "$1_");
    if (this.#reason !== undefined) this.#call.answer.finishReasons = [this.#reason];
  }
}

/** Totals that have all in them, with their parts; providers of older versions tell numbers alone. */
function usageOf(usage: Fields): Usage {
  const { inputTokens: input, outputTokens: output } = usage;
  const [inputs, outputs] = [fieldsOf(input), fieldsOf(output)];
  return {
    inputTokens: countOf(inputs["total"]) ?? countOf(input),
    outputTokens: countOf(outputs["total"]) ?? countOf(output),
    cacheReadTokens: countOf(inputs["cacheRead"]) ?? countOf(usage["cachedInputTokens"]),
    cacheWriteTokens: countOf(inputs["cacheWrite"]),
    reasoningTokens: countOf(outputs["reasoning"]) ?? countOf(usage["reasoningTokens"]),
  };
}

type OpenCall = {
  readonly operation: string;
  readonly call: Call;
  /** By `performance.now`; absent while no answer came. */
  answeredMs?: number;
};

/**
 * The AI SDK announces the begin and the answer of each such call. Which model answered, and that an
 * attempt failed, it tells at the end of the operation that they are of.
 */
class OpenEmbeddings {
  readonly #open = new Map<string, OpenCall>();

  begin(event: Fields): void {
    const told = telemetry();
    const { embedCallId, callId, values, dimensions } = event;
    if (told === undefined || typeof embedCallId !== "string") return;
    const count = countOf(dimensions);
    const texts = event["recordInputs"] === false ? [] : listOf(values);
    const start: CallStart = {
      operation: "embeddings",
      provider: providerOf(event["provider"]),
      model: textOf(event["modelId"]),
      stream: false,
      request: {
        ...requestAttributes(event),
        ...(count !== undefined && { "gen_ai.embeddings.dimension.count": count }),
      },
      content: () => ({
        input: texts
          .filter((text) => typeof text === "string")
          .map((content) => ({ role: "user", parts: [{ type: "text", content }] })),
      }),
    };
    if (this.#open.size >= OPEN_CALLS) return;
    this.#open.set(embedCallId, { operation: String(callId), call: new Call(start, told) });
  }

  answered({ embedCallId, usage }: Fields): void {
    if (typeof embedCallId !== "string") return;
    const open = this.#open.get(embedCallId);
    if (open === undefined) return;
    const inputTokens = countOf(fieldsOf(usage)["tokens"]);
    if (inputTokens !== undefined) open.call.answer.usage = { inputTokens };
    open.call.begin();
    open.answeredMs = performance.now();
  }

  /** Ends the calls of an operation; those without an answer failed, whether or not a later one did not. */
  settle({ callId, response }: Fields, error: unknown): void {
    for (const [id, { operation, call, answeredMs }] of this.#open) {
      if (operation !== callId) continue;
      this.#open.delete(id);
      if (answeredMs === undefined) {
        call.finish({ how: "failed", errorType: errorTypeOf(error) });
        continue;
      }
      call.answer.responseModel = embeddingModelIn(response);
      call.finish({ how: "answered" }, answeredMs);
    }
  }
}

/** The model that answered, by the body of the first answer; all of them were asked of one model. */
function embeddingModelIn(response: unknown): string | undefined {
  const first = Array.isArray(response) ? listOf(response)[0] : response;
  return textOf(fieldsOf(fieldsOf(first)["body"])["model"]);
}
