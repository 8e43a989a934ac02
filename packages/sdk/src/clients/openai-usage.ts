import { countOf, type Fields, fieldsOf } from "../unknown.ts";
import type { Usage } from "../usage.ts";

/** Usage of chat completions and embeddings: `prompt_tokens` include what was read from a cache. */
export function chatUsage(usage: Fields): Usage {
  return usageOf(usage, {
    input: "prompt_tokens",
    output: "completion_tokens",
    inputDetails: "prompt_tokens_details",
    outputDetails: "completion_tokens_details",
  });
}

/** Usage of responses. */
export function responseUsage(usage: Fields): Usage {
  return usageOf(usage, {
    input: "input_tokens",
    output: "output_tokens",
    inputDetails: "input_tokens_details",
    outputDetails: "output_tokens_details",
  });
}

type Names = Readonly<Record<"input" | "output" | "inputDetails" | "outputDetails", string>>;

function usageOf(usage: Fields, names: Names): Usage {
  const input = fieldsOf(usage[names.inputDetails]);
  const output = fieldsOf(usage[names.outputDetails]);
  return {
    inputTokens: countOf(usage[names.input]),
    outputTokens: countOf(usage[names.output]),
    cacheReadTokens: countOf(input["cached_tokens"]),
    cacheWriteTokens: countOf(input["cache_write_tokens"]),
    reasoningTokens: countOf(output["reasoning_tokens"]),
    modalities: { input: modalitiesOf(input), output: modalitiesOf(output) },
  };
}

function modalitiesOf(details: Fields): Readonly<Record<string, number>> | undefined {
  const told: Record<string, number> = {};
  for (const modality of ["audio", "image"]) {
    const tokens = countOf(details[`${modality}_tokens`]) ?? 0;
    if (tokens > 0) told[modality] = tokens;
  }
  return told;
}
