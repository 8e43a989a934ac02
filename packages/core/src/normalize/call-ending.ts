import type { CallEnding, UsageSource } from "../model/call.ts";
import type { Tally } from "../model/tally.ts";
import type { Attributes } from "../receive/records.ts";

const ENDINGS: ReadonlySet<unknown> = new Set<CallEnding>([
  "cancelled",
  "closed",
  "abandoned",
  "cut",
  "raw",
]);

/**
 * How an answer ended, by our own attribute, whatever dialect the rest is written in. A word that is
 * none of ours is counted as `bad-call-end`.
 */
export function endingOf(attributes: Attributes, ignored: Tally): CallEnding | undefined {
  const told = attributes.get("naruko.call.end");
  if (told === undefined || told === null) return undefined;
  if (ENDINGS.has(told)) return told as CallEnding;
  ignored.add("bad-call-end");
  return undefined;
}

/** Where a whole usage comes from: the provider, unless the sender says that it is its own estimate. */
export function usageSourceOf(attributes: Attributes): UsageSource {
  return attributes.get("naruko.usage.source") === "estimated" ? "estimated" : "provider";
}

/**
 * The reasons of a call that was called off: a sender writes `error` for a reason that did not come,
 * as the conventions ask, or none at all; but nothing failed.
 */
export function calledOffReasons(reasons: readonly string[]): readonly string[] {
  if (reasons.length === 0) return ["cancelled"];
  return reasons.map((reason) => (reason === "error" ? "cancelled" : reason));
}
