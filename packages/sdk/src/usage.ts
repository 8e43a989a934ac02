import type { Attributes } from "@opentelemetry/api";
import { ATTRIBUTE, CACHE_WRITE_TOKENS, type Generation } from "./conventions.ts";

/** Tokens of sound and pictures, by modality; the rest of a total is text. */
type Modalities = Readonly<Record<string, number>>;

/**
 * Tokens as the provider told them: `inputTokens` includes what was read from or written to a cache,
 * `outputTokens` includes reasoning. Absent is not zero.
 */
export type Usage = {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly cacheReadTokens?: number | undefined;
  readonly cacheWriteTokens?: number | undefined;
  readonly reasoningTokens?: number | undefined;
  readonly modalities?:
    | { readonly input?: Modalities | undefined; readonly output?: Modalities | undefined }
    | undefined;
};

/** Adds a usage's attributes; what is absent adds none. */
export function addUsage(attributes: Attributes, usage: Usage, generation: Generation): void {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage;
  if (inputTokens !== undefined) attributes[ATTRIBUTE.inputTokens] = inputTokens;
  if (outputTokens !== undefined) attributes[ATTRIBUTE.outputTokens] = outputTokens;
  if (cacheReadTokens !== undefined) attributes[ATTRIBUTE.cacheReadTokens] = cacheReadTokens;
  if (cacheWriteTokens !== undefined) {
    attributes[CACHE_WRITE_TOKENS[generation]] = cacheWriteTokens;
  }
  if (reasoningTokens !== undefined) attributes[ATTRIBUTE.reasoningTokens] = reasoningTokens;
  if (generation === "released" || usage.modalities === undefined) return;
  for (const direction of ["input", "output"] as const) {
    for (const [modality, tokens] of Object.entries(usage.modalities[direction] ?? {})) {
      attributes[`gen_ai.usage.${modality}.${direction}_tokens`] = tokens;
    }
  }
}
