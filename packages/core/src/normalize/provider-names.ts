/** Names that are already well known (semantic conventions, `gen_ai.provider.name`). */
const WELL_KNOWN = [
  "openai",
  "anthropic",
  "cohere",
  "deepseek",
  "groq",
  "mistral_ai",
  "moonshot_ai",
  "perplexity",
  "x_ai",
  "aws.bedrock",
  "azure.ai.inference",
  "azure.ai.openai",
  "gcp.gemini",
  "gcp.vertex_ai",
  "gcp.gen_ai",
  "ibm.watsonx.ai",
] as const;

/**
 * Other spellings, in lower case: values of `gen_ai.system`, of Traceloop (capitalised), of
 * OpenInference's `llm.provider` and `llm.system`, and of AI SDK providers.
 */
const SPELLINGS: readonly (readonly [string, string])[] = [
  ["az.ai.inference", "azure.ai.inference"],
  ["az.ai.openai", "azure.ai.openai"],
  ["azure", "azure.ai.openai"],
  ["azure_openai", "azure.ai.openai"],
  ["azure-openai", "azure.ai.openai"],
  ["vertex_ai", "gcp.vertex_ai"],
  ["vertexai", "gcp.vertex_ai"],
  ["google.vertex", "gcp.vertex_ai"],
  ["google-vertex", "gcp.vertex_ai"],
  ["gemini", "gcp.gemini"],
  ["google.generative-ai", "gcp.gemini"],
  ["google.ai.studio", "gcp.gemini"],
  // Which of Google's backends it was is not told.
  ["google", "gcp.gen_ai"],
  ["xai", "x_ai"],
  ["aws", "aws.bedrock"],
  ["amazon", "aws.bedrock"],
  ["bedrock", "aws.bedrock"],
  ["aws_bedrock", "aws.bedrock"],
  ["amazon-bedrock", "aws.bedrock"],
  ["mistral", "mistral_ai"],
  ["mistralai", "mistral_ai"],
  ["moonshot", "moonshot_ai"],
  ["moonshotai", "moonshot_ai"],
  ["watsonx", "ibm.watsonx.ai"],
  ["ibm.watson.ai", "ibm.watsonx.ai"],
  ["ibm", "ibm.watsonx.ai"],
];

const UNIFIED: ReadonlyMap<string, string> = new Map([
  ...WELL_KNOWN.map((name): [string, string] => [name, name]),
  ...SPELLINGS,
]);

// AI SDK providers carry the API they call: `openai.responses`, `google.vertex.chat`.
const API_PART = /\.(chat|responses|messages|completion|embedding|textembedding)$/;

/** The well-known name of a provider, or the value as sent where it is not well known. */
export function unifiedProvider(sent: string): string {
  const lower = sent.toLowerCase();
  return UNIFIED.get(lower) ?? UNIFIED.get(lower.replace(API_PART, "")) ?? sent;
}
