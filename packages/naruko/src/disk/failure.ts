import { AssertionFailed } from "@naruko/core/model/assert";
import { InputError } from "@naruko/core/model/input-error";

/** A failure as one line for people. */
export function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}

/** After these the database answers nothing until it is opened again. */
export function isFatal(reason: string): boolean {
  return /database has been invalidated|FATAL/.test(reason);
}

/**
 * What a failed operation on the database came to. Trying again can help, except with what is
 * stored in a form that this version does not read. Our own bugs are thrown on.
 */
export function failure(cause: unknown): {
  readonly ok: false;
  readonly retry: boolean;
  readonly reason: string;
} {
  if (cause instanceof InputError) return { ok: false, retry: false, reason: cause.message };
  if (
    cause instanceof AssertionFailed ||
    cause instanceof TypeError ||
    cause instanceof RangeError ||
    cause instanceof ReferenceError
  ) {
    throw cause;
  }
  return { ok: false, retry: true, reason: reasonOf(cause) };
}
