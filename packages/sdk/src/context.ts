import { AsyncLocalStorage } from "node:async_hooks";
import type { Attributes } from "@opentelemetry/api";
import { ATTRIBUTE } from "./conventions.ts";
import { textOf } from "./unknown.ts";

/** What the application knows of the calls that it makes. */
export type CallContext = {
  readonly conversationId?: string | undefined;
  readonly userId?: string | undefined;
  /** The part of the application that asks: `search`, `support-chat` … */
  readonly feature?: string | undefined;
  readonly promptName?: string | undefined;
  readonly promptVersion?: string | undefined;
};

const current = new AsyncLocalStorage<CallContext>();

/**
 * Tells what the calls made by `run`, and by all that it starts, belong to. Contexts nest: inner
 * values stand before outer ones.
 *
 * @returns what `run` returns
 * @example await withContext({ conversationId, feature: "search" }, () => answer(question));
 */
export function withContext<T>(values: CallContext, run: () => T): T {
  const outer = current.getStore();
  return current.run(outer === undefined ? values : { ...outer, ...values }, run);
}

const KEYS: readonly (readonly [keyof CallContext, string])[] = [
  ["conversationId", ATTRIBUTE.conversationId],
  ["userId", ATTRIBUTE.userId],
  ["feature", ATTRIBUTE.feature],
  ["promptName", ATTRIBUTE.promptName],
  ["promptVersion", ATTRIBUTE.promptVersion],
];

/** Adds the attributes of the context that the code runs in. */
export function addContext(attributes: Attributes): void {
  const values = current.getStore();
  if (values === undefined) return;
  for (const [field, key] of KEYS) {
    // Callers without types hand in numbers and nulls.
    const value: unknown = values[field];
    const text = typeof value === "number" ? String(value) : textOf(value);
    if (text !== undefined) attributes[key] = text;
  }
}
