import type { MissingReason } from "../model/judge.ts";
import { MINUTE_MS, SECOND_MS } from "../model/time.ts";

/** Of one look: how many failures there were, and how many of each reason. */
export type Failures = {
  readonly failures: number;
  readonly failed?: Readonly<Partial<Record<MissingReason, number>>>;
};

/**
 * Failures of one look for one reason after which its rubrics are missing: who was told to wait is not
 * denied the second try that another fault has. A stop of ours is nobody's failure.
 */
const FAILURES_MAX: Readonly<Record<MissingReason, number>> = {
  "rate-limited": 8,
  "server-error": 5,
  timeout: 3,
  connection: 5,
  rejected: 1,
  refused: 2,
  truncated: 2,
  malformed: 3,
  partial: 3,
  foreign: 2,
  budget: 1,
  "queue-full": 1,
  expired: 1,
  interrupted: Infinity,
  reloaded: 1,
};

/** Failures of one look for any reasons. */
const ALL_FAILURES_MAX = 8;

const FIRST_PAUSE_MS = 2 * SECOND_MS;
const LONGEST_PAUSE_MS = 5 * MINUTE_MS;

/** Whether nobody is asked again after this failure, which is counted already. */
export function isLastTry({ failures, failed }: Failures, reason: MissingReason): boolean {
  return (failed?.[reason] ?? 0) >= FAILURES_MAX[reason] || failures >= ALL_FAILURES_MAX;
}

/**
 * How long to wait before the next try, in ms: twice as long after each failure, by up to a half
 * longer; 2 s, 4 s … 5 min.
 *
 * @param jitter 0 to 1
 */
export function pauseAfter(failures: number, jitter: number): number {
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
  return Math.round(pauseMs * (1 + jitter / 2));
}
