/** What telemetry can lack of a service's calls. */
export type Lacking = "usage" | "text" | "conversation" | "version";

type Lines = Readonly<Partial<Record<Lacking, string>>>;

const CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true";

/** The line that mends it where nothing is known of the dialect's own. */
const ANYWHERE: Readonly<Record<Lacking, string>> = {
  usage: "stream_options: { include_usage: true }",
  text: CAPTURE,
  conversation: 'span.setAttribute("gen_ai.conversation.id", conversationId)',
  version: "OTEL_RESOURCE_ATTRIBUTES=service.version=1.2.3",
};

/** Of instrumentations that tell no usage of streams whatever is asked for. */
const OBSERVE = 'import { observe } from "@naruko/sdk"; const client = observe(new OpenAI())';

const BY_DIALECT: Readonly<Record<string, Lines>> = {
  "naruko-sdk": {
    usage: "NARUKO_INCLUDE_USAGE=always",
    conversation: "withContext({ conversationId }, run)",
  },
  openinference: {
    usage: OBSERVE,
    text: "OPENINFERENCE_HIDE_INPUTS=false OPENINFERENCE_HIDE_OUTPUTS=false",
    conversation: "context.with(setSession(context.active(), { sessionId }), run)",
  },
  openllmetry: {
    usage: OBSERVE,
    text: "TRACELOOP_TRACE_CONTENT=true",
    conversation: "traceloop.withAssociationProperties({ session_id: sessionId }, run)",
  },
  "ai-sdk-legacy": {
    usage: 'createOpenAI({ compatibility: "strict" })',
    text: "experimental_telemetry: { isEnabled: true, recordInputs: true, recordOutputs: true }",
    conversation: "experimental_telemetry: { isEnabled: true, metadata: { sessionId } }",
  },
  langsmith: {
    text: "LANGSMITH_HIDE_INPUTS=false LANGSMITH_HIDE_OUTPUTS=false",
    conversation: "metadata: { session_id: sessionId }",
  },
  langfuse: {
    conversation: "propagateAttributes({ sessionId }, run)",
  },
  litellm: {
    text: "litellm_settings: { turn_off_message_logging: false }",
    conversation: 'metadata={"session_id": session_id}',
  },
};

/** The line that makes a service tell what it leaves out. */
export function mendingLine(dialect: string, lacking: Lacking): string {
  const own = Object.hasOwn(BY_DIALECT, dialect) ? BY_DIALECT[dialect] : undefined;
  return own?.[lacking] ?? ANYWHERE[lacking];
}
