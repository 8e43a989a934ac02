import type { Usage } from "@naruko/core/model/call";

/**
 * US dollars a million tokens: one rate, or one that rises for the whole call once its input has
 * more tokens than `above` (ascending).
 */
export type Rate = {
  readonly base: number;
  readonly steps: readonly { readonly above: number; readonly rate: number }[];
};

/** What a model costs. An absent detail is billed as the total that it is part of. */
export type Rates = {
  readonly input: Rate;
  readonly output: Rate;
  readonly cacheRead?: Rate;
  readonly cacheWrite?: Rate;
  readonly reasoning?: Rate;
  /** Charged for each call beside its tokens. */
  readonly callUsd: number;
};

export function flatRate(usdPerMillion: number): Rate {
  return { base: usdPerMillion, steps: [] };
}

/** US dollars for one call; the details of its usage are parts of the totals, not beside them. */
export function costUsd(usage: Usage, rates: Rates): number {
  const input = usage.inputTokens ?? 0;
  const at = (rate: Rate): number => rateFor(rate, input);
  const read = rates.cacheRead === undefined ? 0 : (usage.cacheReadTokens ?? 0);
  const written = rates.cacheWrite === undefined ? 0 : (usage.cacheWriteTokens ?? 0);
  const reasoning = rates.reasoning === undefined ? 0 : (usage.reasoningTokens ?? 0);
  // A failed call may tell a detail without its total.
  const fresh = Math.max(0, input - read - written);
  const spoken = Math.max(0, (usage.outputTokens ?? 0) - reasoning);
  const perMillion =
    fresh * at(rates.input) +
    read * at(rates.cacheRead ?? rates.input) +
    written * at(rates.cacheWrite ?? rates.input) +
    spoken * at(rates.output) +
    reasoning * at(rates.reasoning ?? rates.output);
  return perMillion / 1e6 + rates.callUsd;
}

function rateFor(rate: Rate, inputTokens: number): number {
  let found = rate.base;
  for (const step of rate.steps) if (inputTokens > step.above) found = step.rate;
  return found;
}
