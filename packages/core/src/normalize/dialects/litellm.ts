import type { SpanRecord } from "../../receive/records.ts";
import type { Dialect, Spelling } from "../reading.ts";
import { GENAI_SPELLING, readGenai } from "./otel-genai.ts";

/** LiteLLM's `otel` callback. Written from the table of dialects and LiteLLM's source. */
const SPELLING: Spelling = {
  ...GENAI_SPELLING,
  names: [
    ...GENAI_SPELLING.names,
    ["conversationId", ["gen_ai.conversation.id", "metadata.session_id", "session.id"]],
    [
      "userId",
      ["user.id", "llm.user", "metadata.user_api_key_end_user_id", "metadata.user_api_key_user_id"],
    ],
  ],
  stream: ["gen_ai.request.stream", "llm.is_streaming"],
};

export const liteLlm: Dialect = {
  name: "litellm",
  claims: ({ origin, name }) => origin.scopeName === "litellm" || name === REQUEST || name === RAW,
  read: (span, context) => readGenai(span, SPELLING, context, operation(span)),
};

const REQUEST = "litellm_request";
/** Its child: the same call once more, as it went over the wire. */
const RAW = "raw_gen_ai_request";

/** Its functions, whose names the first version tells in place of the operation. */
const FUNCTIONS: ReadonlyMap<unknown, string> = new Map([
  ["completion", "chat"],
  ["acompletion", "chat"],
  ["responses", "chat"],
  ["aresponses", "chat"],
  ["anthropic_messages", "chat"],
  ["text_completion", "text_completion"],
  ["atext_completion", "text_completion"],
  ["embedding", "embeddings"],
  ["aembedding", "embeddings"],
]);

function operation(span: SpanRecord): string {
  const { name, attributes } = span;
  if (name === RAW) return RAW;
  const told = attributes.get("gen_ai.operation.name") ?? attributes.get("llm.request.type");
  // Since 1.81 the call is told on the span of the proxy's own request.
  if (told === undefined) return attributes.has("gen_ai.request.model") ? "chat" : name;
  return FUNCTIONS.get(told) ?? (typeof told === "string" ? told : "");
}
