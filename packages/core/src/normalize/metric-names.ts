/** A metric of the conventions: the one name that its series have here, and how it is also written. */
export type CanonicalMetric = {
  /** As Prometheus writes the name, without `_bucket`, `_sum`, `_count`. */
  readonly name: string;
  readonly type: "histogram" | "counter";
  /** Every other spelling of that name. */
  readonly aliases: readonly string[];
};

/** Names by generation, the canonical one first; the word that its unit or type adds at the end. */
type Names = {
  readonly otel: readonly [string, ...string[]];
  readonly suffix: "seconds" | "token" | "total" | "";
};

/**
 * The closed table. Names of later generations stand beside the one that they replaced where the
 * meaning and the attributes are the same. Not so `gen_ai.client.inference.operation.input_tokens`
 * and the token counters: `gen_ai.client.token.usage` says by a label what they say by their names.
 */
const TABLE: readonly Names[] = [
  {
    otel: [
      "gen_ai.client.operation.duration",
      "gen_ai.client.inference.duration",
      "gen_ai.client.embeddings.duration",
    ],
    suffix: "seconds",
  },
  { otel: ["gen_ai.client.token.usage"], suffix: "token" },
  {
    otel: [
      "gen_ai.client.operation.time_to_first_chunk",
      "gen_ai.client.inference.time_to_first_chunk",
    ],
    suffix: "seconds",
  },
  {
    otel: [
      "gen_ai.client.operation.time_per_output_chunk",
      "gen_ai.client.inference.time_per_output_chunk",
    ],
    suffix: "seconds",
  },
  { otel: ["gen_ai.execute_tool.duration"], suffix: "seconds" },
  { otel: ["gen_ai.invoke_agent.duration"], suffix: "seconds" },
  { otel: ["gen_ai.invoke_workflow.duration", "gen_ai.workflow.duration"], suffix: "seconds" },
  { otel: ["gen_ai.server.request.duration"], suffix: "seconds" },
  { otel: ["gen_ai.server.time_per_output_token"], suffix: "seconds" },
  { otel: ["gen_ai.server.time_to_first_token"], suffix: "seconds" },
  { otel: ["mcp.client.operation.duration"], suffix: "seconds" },
  { otel: ["mcp.server.operation.duration"], suffix: "seconds" },
  { otel: ["mcp.client.session.duration"], suffix: "seconds" },
  { otel: ["mcp.server.session.duration"], suffix: "seconds" },
  { otel: ["gen_ai.client.inference.operation.input_tokens"], suffix: "" },
  { otel: ["gen_ai.client.inference.operation.output_tokens"], suffix: "" },
  { otel: ["gen_ai.client.embeddings.operation.input_tokens"], suffix: "" },
  { otel: ["gen_ai.invoke_agent.inference_calls"], suffix: "" },
  { otel: ["gen_ai.invoke_agent.tool_calls"], suffix: "" },
  { otel: ["gen_ai.client.inference.usage.input_tokens"], suffix: "total" },
  { otel: ["gen_ai.client.inference.usage.output_tokens"], suffix: "total" },
  { otel: ["gen_ai.client.inference.usage.cache_read.input_tokens"], suffix: "total" },
  { otel: ["gen_ai.client.inference.usage.cache_write.input_tokens"], suffix: "total" },
  { otel: ["gen_ai.client.inference.usage.reasoning.output_tokens"], suffix: "total" },
];

/** Every metric of the conventions whose spellings are accepted and map to one. */
export const CANONICAL_METRICS: readonly CanonicalMetric[] = TABLE.map(({ otel, suffix }) => {
  const [first] = otel;
  // The unit of token usage is an annotation, which adds no word; some senders spell it as a word.
  const added = suffix === "" || suffix === "token" ? "" : `_${suffix}`;
  const name = underscored(first) + added;
  const spellings = otel.flatMap((dotted) => [
    dotted,
    underscored(dotted),
    ...(suffix === "" ? [] : [`${dotted}_${suffix}`, `${underscored(dotted)}_${suffix}`]),
  ]);
  return {
    name,
    type: suffix === "total" ? "counter" : "histogram",
    aliases: [...new Set(spellings)].filter((spelling) => spelling !== name),
  };
});

function underscored(dotted: string): string {
  return dotted.replaceAll(".", "_");
}

const BY_SPELLING: ReadonlyMap<string, CanonicalMetric> = new Map(
  CANONICAL_METRICS.flatMap((metric) =>
    [metric.name, ...metric.aliases].map((spelling): [string, CanonicalMetric] => [
      spelling,
      metric,
    ]),
  ),
);

const HISTOGRAM_PART = /_(?:bucket|sum|count)$/;

/**
 * The one name of a metric, however it is spelled: without its unit, with dots, or by a later
 * generation of the conventions; of a histogram's part, with its part. Any other name is returned
 * as it is.
 *
 * @example canonicalMetricName("gen_ai.client.inference.duration_bucket")
 * // "gen_ai_client_operation_duration_seconds_bucket"
 */
export function canonicalMetricName(name: string): string {
  const whole = BY_SPELLING.get(name);
  if (whole !== undefined) return whole.name;
  const part = HISTOGRAM_PART.exec(name)?.[0];
  if (part === undefined) return name;
  const metric = BY_SPELLING.get(name.slice(0, -part.length));
  return metric?.type === "histogram" ? metric.name + part : name;
}
