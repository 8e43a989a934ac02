import type { Usage } from "@naruko/core/model/call";

/** What a model said, or why it said nothing, in the words of neither API. */
export type Reply = {
  readonly said:
    | { readonly kind: "text"; readonly text: string }
    /** @param detail for people, without anything that the model wrote */
    | { readonly kind: "refused" | "truncated" | "malformed"; readonly detail: string };
  readonly usage?: Usage;
  /** As the endpoint named it. */
  readonly model?: string;
};

/** What to say of an answer that ended at its limit. */
export function truncation({ outputTokens, reasoningTokens }: Usage): string {
  const thought = reasoningTokens === undefined ? "" : `, ${reasoningTokens} of them to think,`;
  const used = outputTokens === undefined ? "its tokens" : `${outputTokens} tokens${thought}`;
  return `used up ${used} before the verdict was whole; raise judge.max_output_tokens`;
}

/** Usage without the counts that were not told. */
export function usageFrom(counts: {
  readonly [Key in keyof Usage]-?: number | undefined;
}): Usage | undefined {
  const told = Object.entries(counts).filter(([, count]) => count !== undefined);
  return told.length === 0 ? undefined : Object.fromEntries(told);
}

/** Every request has tokens: servers that count none (`0`) do not tell what was used. */
export function toldInput(inputTokens: number | undefined): number | undefined {
  return inputTokens === 0 ? undefined : inputTokens;
}
