import { Call, type CallStart } from "../call.ts";
import { errorTypeOf } from "../error-type.ts";
import { telemetry } from "../telemetry.ts";
import { countOf, type Fields, fieldsOf, listOf, textOf } from "../unknown.ts";
import { providerOf, requestAttributes } from "./ai-sdk-request.ts";
import { OpenOperations } from "./open-operations.ts";

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
export class OpenEmbeddings {
  readonly #open = new OpenOperations<OpenCall>(({ call }) => {
    call.finish({ how: "abandoned" });
  });

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
    for (const [id, { operation, call, answeredMs }] of this.#open.entries()) {
      if (operation !== callId) continue;
      this.#open.take(id);
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
