import type { Attributes } from "@opentelemetry/api";
import type { Call } from "../call.ts";
import type { AnswerReader } from "../stream.ts";
import { countOf, fieldsOf, isFields, listOf, textOf } from "../unknown.ts";
import type { Observation } from "./observed-method.ts";
import { destinationOf } from "./openai-server.ts";
import { chatUsage } from "./openai-usage.ts";

/** `embeddings.create(body, options)`. */
export function observeEmbeddings(
  receiver: unknown,
  [body]: readonly unknown[],
): Observation | undefined {
  if (!isFields(body)) return undefined;
  const { input } = body;
  const texts = typeof input === "string" ? [input] : listOf(input);
  return {
    start: {
      operation: "embeddings",
      ...destinationOf(receiver),
      model: textOf(body["model"]),
      stream: false,
      request: requestAttributes(body["dimensions"], body["encoding_format"]),
      content: () => ({
        input: texts
          .filter((text) => typeof text === "string")
          .map((content) => ({ role: "user", parts: [{ type: "text", content }] })),
      }),
    },
    reader: embeddingReader,
  };
}

function requestAttributes(dimensions: unknown, format: unknown): Attributes {
  const attributes: Attributes = {};
  const count = countOf(dimensions);
  if (count !== undefined) attributes["gen_ai.embeddings.dimension.count"] = count;
  const encoding = textOf(format);
  if (encoding !== undefined) attributes["gen_ai.request.encoding_formats"] = [encoding];
  return attributes;
}

function embeddingReader({ answer }: Call): AnswerReader {
  return {
    whole: (list) => {
      const { model, usage } = fieldsOf(list);
      answer.responseModel = textOf(model);
      if (!isFields(usage)) return;
      const { inputTokens } = chatUsage(usage);
      answer.usage = { inputTokens };
    },
    chunk: () => "other",
    end: () => ({ how: "answered" }),
  };
}
