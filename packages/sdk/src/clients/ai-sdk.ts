import type { Call, CallEnd, CallStart } from "../call.ts";
import { errorTypeOf, isTimeout, TIMEOUT } from "../error-type.ts";
import { quietly } from "../faults.ts";
import { type AnswerReader, type ChunkKind, finish, type Watch } from "../stream.ts";
import { observedTool } from "../tool.ts";
import { countOf, type Fields, fieldsOf, isFields, listOf, textOf } from "../unknown.ts";
import type { Usage } from "../usage.ts";
import { OpenAgents } from "./ai-sdk-agents.ts";
import { OpenEmbeddings } from "./ai-sdk-embeddings.ts";
import { AnswerParts, aiSdkContent, aiSdkOutput } from "./ai-sdk-messages.ts";
import { OpenObjects } from "./ai-sdk-objects.ts";
import { providerOf, requestAttributes, serverAttributes } from "./ai-sdk-request.ts";
import { type Observation, observeMethod } from "./observed-method.ts";
import { OpenOperations } from "./open-operations.ts";
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
  readonly onObjectStepStart: (event: object) => void;
  readonly onObjectStepEnd: (event: object) => void;
  readonly onEmbedStart: (event: object) => void;
  readonly onEmbedEnd: (event: object) => void;
  readonly onEnd: (event: object) => void;
  readonly onAbort: (event: object) => void;
  readonly onError: (event: unknown) => void;
};

/**
 * Tells the calls of the Vercel AI SDK 7, as `observe` tells those of a client: one span for each
 * request to a model, and for each tool that is run; around both, one for each operation that has
 * tools: that of an agent. What its telemetry settings keep from being recorded is not written, even
 * where content is captured.
 *
 * @example registerTelemetry(aiSdkTelemetry());
 */
export function aiSdkTelemetry(): AiSdkTelemetry {
  const embeddings = new OpenEmbeddings();
  const objects = new OpenObjects();
  const agents = new OpenAgents();
  const streaming = new OpenOperations<WeakRef<Watch> | undefined>();
  const end = (event: unknown, error?: unknown): void => {
    streaming.take(fieldsOf(event)["callId"]);
    embeddings.settle(fieldsOf(event), error);
    objects.settle(fieldsOf(event), error);
    agents.end(fieldsOf(event), error);
  };
  return {
    onStart: listener((event) => {
      const { operationId, callId } = fieldsOf(event);
      const streams = textOf(operationId)?.startsWith("ai.stream") === true;
      if (streams) streaming.set(callId, undefined);
      objects.expect(fieldsOf(event));
      agents.begin(fieldsOf(event));
    }),
    executeLanguageModelCall: (call) => {
      const run = { execute: call.execute };
      const stream = streaming.has(call.callId);
      observeMethod(run, "execute", () =>
        observeModelCall(fieldsOf(call), stream, (watch) => {
          if (stream) streaming.set(call.callId, new WeakRef(watch));
        }),
      );
      return agents.within(call.callId, () => run.execute());
    },
    executeTool: (call) => {
      const run = { execute: call.execute };
      const { toolCall, recordInputs } = fieldsOf(call);
      const { toolName, input } = fieldsOf(toolCall);
      const asked = recordInputs === false ? undefined : input;
      const tool = { name: textOf(toolName) ?? "unknown", callId: textOf(call.toolCallId) };
      replaceMethod(
        run,
        "execute",
        (original) => () => Reflect.apply(observedTool(tool, original), undefined, [asked]),
      );
      return agents.within(call.callId, () => run.execute());
    },
    onObjectStepStart: listener((event) => {
      objects.begin(fieldsOf(event));
    }),
    onObjectStepEnd: listener((event) => {
      objects.answered(fieldsOf(event));
    }),
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
      end(event, reason);
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
    Object.assign(watch.call.answer.attributes, serverAttributes(server));
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
      call.tellsOutput(() => aiSdkOutput(this.#parts.list(), this.#reason));
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
