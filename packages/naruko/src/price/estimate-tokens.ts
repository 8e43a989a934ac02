import { createRequire } from "node:module";

type Tokenizer = {
  readonly countTokens: (text: string, options: { disallowedSpecial: Set<string> }) => number;
};

/** Models of OpenAI's that still use the older vocabulary; all later ones use o200k. */
const CL100K = /^(?:gpt-4(?:-|$)|gpt-3\.5|text-embedding-)/;

/**
 * A long run without a break costs time quadratic in its length, and texts come from outside:
 * counted in slices, which is off by a token a slice at most.
 */
const SLICE_LENGTH = 2000;

// A vocabulary costs tens of megabytes and a tenth of a second, so it is loaded when first needed.
const load = createRequire(import.meta.url);

/**
 * Counts tokens where the provider told none. Exact for OpenAI's models but for a few tokens of
 * message framing; for the others, whose vocabularies are not public, it is of the right size.
 */
export function estimateTokens(text: string, model: string): number {
  const encoding = CL100K.test(model) ? "cl100k_base" : "o200k_base";
  const { countTokens } = load(`gpt-tokenizer/encoding/${encoding}`) as Tokenizer;
  // What looks like a control token in a text is text.
  const options = { disallowedSpecial: new Set<string>() };
  let tokens = 0;
  for (let from = 0; from < text.length; from += SLICE_LENGTH) {
    tokens += countTokens(text.slice(from, from + SLICE_LENGTH), options);
  }
  return tokens;
}
