import type { Usage } from "../model/call.ts";
import type { Ask, JudgeAnswer, JudgePrice, MissingReason } from "../model/judge.ts";
import { utf8Bytes } from "../model/text.ts";
import type { NanoUsd } from "./budget.ts";

/** Tokens that a provider puts around messages and a schema, amply. */
const FRAMING_TOKENS = 256;

/**
 * The most that a request can cost: a token is at least one byte of UTF-8 in every tokenizer that
 * falls back to bytes, and an answer is as long as it may be.
 */
export function costAtMost(
  ask: Pick<Ask, "system" | "user" | "schema" | "maxOutputTokens">,
  price: JudgePrice,
): NanoUsd {
  const texts = [ask.system, ask.user, JSON.stringify(ask.schema)];
  const bytes = texts.reduce((sum, text) => sum + utf8Bytes(text).length, 0);
  return costOf({ inputTokens: bytes + FRAMING_TOKENS, outputTokens: ask.maxOutputTokens }, price);
}

/** Refusals to do any work: no provider charges for them. */
const FREE: ReadonlySet<MissingReason> = new Set(["rate-limited", "server-error", "rejected"]);

/** What a request did cost; `undefined` where nobody tells, so that the most it can have is taken. */
export function costOfAnswer(answer: JudgeAnswer, price: JudgePrice): NanoUsd | undefined {
  const { usage } = answer;
  if (usage?.inputTokens !== undefined && usage.outputTokens !== undefined)
    return costOf(usage, price);
  return !answer.ok && FREE.has(answer.reason) ? 0 : undefined;
}

function costOf({ inputTokens = 0, outputTokens = 0 }: Usage, price: JudgePrice): NanoUsd {
  // A dollar a million tokens is a thousand billionths a token.
  const nano = inputTokens * price.inputUsdPerMillion + outputTokens * price.outputUsdPerMillion;
  return Math.ceil(nano * 1000 - 1e-6);
}
