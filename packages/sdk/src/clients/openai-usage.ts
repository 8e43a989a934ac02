import { countOf, type Fields, fieldsOf } from "../unknown.ts";
import type { Usage } from "../usage.ts";

/** Usage of chat completions and embeddings: `prompt_tokens` include what was read from a cache. */
export function chatUsage(usage: Fields): Usage {
  const { prompt_tokens: input, completion_tokens: output } = usage;
  const inputDetails = fieldsOf(usage["prompt_tokens_details"]);
  return usageOf(input, output, inputDetails, fieldsOf(usage["completion_tokens_details"]));
}

/** Usage of responses. */
export function responseUsage(usage: Fields): Usage {
  const { input_tokens: input, output_tokens: output } = usage;
  const inputDetails = fieldsOf(usage["input_tokens_details"]);
  return usageOf(input, output, inputDetails, fieldsOf(usage["output_tokens_details"]));
}

function usageOf(
  input: unknown,
  output: unknown,
  inputDetails: Fields,
  outputDetails: Fields,
): Usage {
  return {
    inputTokens: countOf(input),
    outputTokens: countOf(output),
    cacheReadTokens: countOf(inputDetails["cached_tokens"]),
    cacheWriteTokens: countOf(inputDetails["cache_write_tokens"]),
    reasoningTokens: countOf(outputDetails["reasoning_tokens"]),
    modalities: { input: modalitiesOf(inputDetails), output: modalitiesOf(outputDetails) },
  };
}

function modalitiesOf({
  audio_tokens: audio,
  image_tokens: image,
}: Fields): Readonly<Record<string, number>> | undefined {
  const sound = countOf(audio) ?? 0;
  const picture = countOf(image) ?? 0;
  if (sound === 0 && picture === 0) return undefined;
  return { ...(sound > 0 && { audio: sound }), ...(picture > 0 && { image: picture }) };
}
