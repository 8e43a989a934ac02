import { MINUTE_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";

/**
 * Whether there is anything to judge: three states that a monitor must never mix up with each other,
 * nor with its own faults (DESIGN section 9).
 */
export type Traffic =
  /** Never any: nothing is known about the application. */
  | { readonly kind: "no-data" }
  /** There was some; `forMs` is absent where the last came before the program's start. */
  | { readonly kind: "no-traffic"; readonly forMs?: number }
  | { readonly kind: "flowing"; readonly forMs: number };

/** Without anything for longer than this, traffic has stopped. */
const STOPPED_AFTER_MS = 5 * MINUTE_MS;

/** @param known whether memory or disk has some, from before the start too */
export function trafficOf(lastAt: EpochMs | undefined, known: boolean, now: EpochMs): Traffic {
  if (lastAt === undefined) return known ? { kind: "no-traffic" } : { kind: "no-data" };
  const forMs = Math.max(0, now - lastAt);
  return { kind: forMs > STOPPED_AFTER_MS ? "no-traffic" : "flowing", forMs };
}
