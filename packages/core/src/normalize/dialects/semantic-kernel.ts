import type { SpanRecord } from "../../receive/records.ts";
import type { ReadContext } from "../context.ts";
import type { Dialect, Reading, Spelling } from "../reading.ts";
import { GENAI_SPELLING, isGenai, operationOf, readGenai } from "./otel-genai.ts";

/**
 * Semantic Kernel, .NET and Python: the conventions' first generation with names of its own for
 * operations, and at first for usage. Written from the table of dialects and Microsoft's description
 * of its telemetry.
 */
const SPELLING: Spelling = {
  ...GENAI_SPELLING,
  finishReasons: ["gen_ai.response.finish_reasons", "gen_ai.response.finish_reason"],
  usage: [
    ...GENAI_SPELLING.usage.filter(
      ([field]) => field !== "inputTokens" && field !== "outputTokens",
    ),
    ["inputTokens", ["gen_ai.usage.input_tokens", "gen_ai.response.prompt_tokens"]],
    ["outputTokens", ["gen_ai.usage.output_tokens", "gen_ai.response.completion_tokens"]],
  ],
};

const SCOPES = /^(Microsoft\.SemanticKernel|semantic_kernel)\b/;

export const semanticKernel: Dialect = {
  name: "semantic-kernel",
  claims: (span) => SCOPES.test(span.origin.scopeName) && isGenai(span),
  read,
};

const OPERATIONS: ReadonlyMap<string, string> = new Map([
  ["chat.completions", "chat"],
  ["chat.streaming_completions", "chat"],
  ["text.completions", "text_completion"],
  ["text.streaming_completions", "text_completion"],
]);

/** The first versions for .NET write it for what they do not know. */
const UNKNOWN = "N/A";

function read(span: SpanRecord, context: ReadContext): Reading | "not-a-call" {
  const told = operationOf(span);
  const reading = readGenai(span, SPELLING, context, OPERATIONS.get(told) ?? told);
  if (reading === "not-a-call") return reading;
  const { responseId, ...names } = reading.names;
  return {
    ...reading,
    names: {
      ...names,
      ...(responseId !== undefined && responseId !== UNKNOWN && { responseId }),
    },
    finishReasons: reading.finishReasons.flatMap(reasonsIn),
    ...(told.includes("streaming") && { stream: true }),
  };
}

/** Those of all choices, which the first versions for .NET put into one text: `[Stop, Length]`. */
function reasonsIn(sent: string): readonly string[] {
  const list = /^\[(.*)\]$/.exec(sent)?.[1];
  return list === undefined ? [sent] : list.split(", ").filter((reason) => reason !== "");
}
