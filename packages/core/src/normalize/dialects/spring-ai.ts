import type { SpanRecord } from "../../receive/records.ts";
import type { ReadContext } from "../context.ts";
import type { Dialect, NameField, Reading, Spelling } from "../reading.ts";
import { GENAI_SPELLING, isGenai, operationOf, readGenai } from "./otel-genai.ts";

const KIND = "spring.ai.kind";

/**
 * Spring AI by Micrometer: every value is a text, a list too, and `none` stands for what is not
 * known. Written from the table of dialects.
 */
const SPELLING: Spelling = {
  ...GENAI_SPELLING,
  names: [
    ...GENAI_SPELLING.names,
    ["conversationId", ["gen_ai.conversation.id", "spring.ai.chat.client.conversation.id"]],
    ["toolName", ["gen_ai.tool.name", "spring.ai.tool.definition.name"]],
  ],
  stream: ["gen_ai.request.stream", "spring.ai.chat.client.stream"],
};

/** Spring's tracer, whatever it is about. */
const SCOPE = "org.springframework.boot";

export const springAi: Dialect = {
  name: "spring-ai",
  claims: (span) => span.attributes.has(KIND) || (span.origin.scopeName === SCOPE && isGenai(span)),
  read,
};

const NONE = "none";

function read(span: SpanRecord, context: ReadContext): Reading | "not-a-call" {
  const isTool = span.attributes.get(KIND) === "tool_call";
  const operation = isTool ? "execute_tool" : operationIn(span);
  const reading = readGenai(span, SPELLING, context, operation);
  if (reading === "not-a-call") return reading;
  const names: { [K in NameField]?: string } = { ...reading.names };
  for (const field of Object.keys(names) as NameField[]) {
    if (names[field] === NONE) delete names[field];
  }
  return {
    ...reading,
    names,
    finishReasons: reading.finishReasons.filter((reason) => reason !== NONE),
  };
}

/** Its embeddings are called `embedding`. */
function operationIn(span: SpanRecord): string {
  const operation = operationOf(span);
  return operation === "embedding" ? "embeddings" : operation;
}
