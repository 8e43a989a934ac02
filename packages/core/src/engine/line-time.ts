import type { EpochMs } from "../model/time.ts";
import { DAY_MS, epochMs } from "../model/time.ts";
import { refuseTime } from "../normalize/refusal.ts";

/** How far one record may move the time of a replay (DESIGN section 3, Time). */
export const REPLAY_AHEAD_MS: number = 7 * DAY_MS;

export type LineTime = {
  /** The largest of its records' times, and never less than the line before. */
  readonly at: EpochMs;
  /** Records after this time are rejected. */
  readonly until: EpochMs;
};

/**
 * The time of a line of a Collector's file; `undefined` until a line has a record with a time that
 * can be. What is too far ahead does not move it.
 *
 * The first line may begin anywhere, and a single clock that is wrong must not decide where: too
 * far ahead is counted from the middle one of its times.
 *
 * @param before the time of the line before
 */
export function lineTime(
  times: readonly EpochMs[],
  before: EpochMs | undefined,
): LineTime | undefined {
  const usable = times.filter((time) => refuseTime(time, ANY_TIME) === undefined);
  const from = before ?? usable.toSorted((a, b) => a - b)[(usable.length - 1) >> 1];
  if (from === undefined) return undefined;
  const until = epochMs(from + REPLAY_AHEAD_MS);
  let at = from;
  for (const time of usable) if (time > at && time <= until) at = time;
  return { at, until };
}

const ANY_TIME = { at: epochMs(0), maxAheadMs: Infinity };
