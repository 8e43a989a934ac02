import type { Usage } from "../model/call.ts";
import type { Attributes } from "../receive/records.ts";
import { numberOf } from "./attributes.ts";
import type { ReadContext } from "./context.ts";

/** Under which keys a dialect writes each token count, in order of preference. */
export type UsageKeys = readonly (readonly [keyof Usage, readonly string[]])[];

/** No model reads or writes a billion tokens in one call: such a count is a mistake of the sender. */
const MAX_TOKENS = 1e9;

/**
 * Reads a call's usage. A count that cannot be one (negative, a fraction, not a number, absurd) is
 * absent and counted as `bad-usage`; absent is not zero.
 *
 * @param excludesCache whether the sender is known to tell input without what its cache held
 */
export function readUsage(
  attributes: Attributes,
  keys: UsageKeys,
  context: ReadContext,
  excludesCache = false,
): Usage {
  const usage: { -readonly [K in keyof Usage]: Usage[K] } = {};
  for (const [field, spellings] of keys) {
    for (const key of spellings) {
      const tokens = numberOf(attributes.get(key));
      if (tokens === undefined) continue;
      if (Number.isInteger(tokens) && tokens >= 0 && tokens <= MAX_TOKENS) {
        usage[field] = tokens;
        break;
      }
      context.ignored.add("bad-usage");
    }
  }
  return withInclusiveTotals(usage, excludesCache);
}

/**
 * Makes the totals include their details. Most senders do so; where the details exceed the total it
 * certainly excludes them (raw Anthropic counts exclude cache, raw Gemini counts exclude reasoning),
 * and adding is the only reading under which the numbers hold. Source: semantic conventions,
 * `gen_ai.usage.*`: details are subsets.
 */
function withInclusiveTotals(usage: Usage, excludesCache: boolean): Usage {
  const { inputTokens, outputTokens, reasoningTokens = 0 } = usage;
  const cached = (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
  const inputExcludes = inputTokens !== undefined && (excludesCache || cached > inputTokens);
  const outputExcludes = outputTokens !== undefined && reasoningTokens > outputTokens;
  if (!inputExcludes && !outputExcludes) return usage;
  return {
    ...usage,
    ...(inputExcludes && { inputTokens: inputTokens + cached }),
    ...(outputExcludes && { outputTokens: outputTokens + reasoningTokens }),
  };
}
