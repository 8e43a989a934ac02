import { assert } from "../model/assert.ts";

/** Least probability with which an eligible call is judged: no weight exceeds 500 (DESIGN section 7). */
export const INCLUSION_MIN = 0.002;

/** Verdicts a day that a segment gets at least, where it has so many calls. */
const FLOOR_VERDICTS_PER_DAY = 20;

/** At most this part of a capped number of verdicts goes to the floors of small segments. */
const FLOOR_PART_MAX = 0.5;

/** Of a segment's verdicts, this part goes to calls that a free flag singled out. */
const FLAG_PART = 0.2;

/** What a segment is expected to bring in a day, from its past. */
export type Load = {
  readonly calls: number;
  /** Calls that are the candidate of their conversation and day. */
  readonly candidates: number;
  /** Heads with a flag that had none in their conversation and day. */
  readonly flagged: number;
};

export type PlannedSegment = Load & {
  /** The share of its calls that is asked for: 0 to 1; 0: it is not judged. */
  readonly share: number;
};

export type PlanOptions = {
  /** Verdicts that a cap leaves for a day; absent: no cap decides. */
  readonly verdictsPerDay?: number;
  /** Part of the shares that is given out, but for floors and for segments that are judged whole. */
  readonly part: number;
};

/**
 * The share of each segment's calls that is to be judged, in order. Without a cap it is what was
 * asked for, and at least the floor. With one, the shares asked for are scaled by one factor, so
 * that all verdicts together come to the cap; a cap above all traffic judges everything.
 */
export function sharesOf(
  segments: readonly PlannedSegment[],
  { verdictsPerDay, part }: PlanOptions,
): readonly number[] {
  const judged = segments.map((one) => (one.share > 0 ? one : { ...one, calls: 0 }));
  const floorSum = sum(judged.map(({ calls }) => Math.min(calls, FLOOR_VERDICTS_PER_DAY)));
  const floorScale =
    verdictsPerDay === undefined || floorSum === 0
      ? 1
      : Math.min(1, (FLOOR_PART_MAX * verdictsPerDay) / floorSum);
  const floors = judged.map(({ calls }) =>
    calls === 0 ? 0 : floorScale * Math.min(1, FLOOR_VERDICTS_PER_DAY / calls),
  );
  const at = (factor: number): number[] =>
    segments.map(({ share }, i) => {
      if (share === 0 || factor * share >= 1) return Math.min(1, Math.ceil(share));
      return Math.max(part * factor * share, floors[i] ?? 0);
    });
  if (verdictsPerDay === undefined) return at(1);
  const spent = (shares: readonly number[]): number =>
    sum(shares.map((share, i) => share * (judged[i]?.calls ?? 0)));
  let high = 1 / Math.min(1, ...segments.map(({ share }) => share).filter((share) => share > 0));
  if (spent(at(high)) <= verdictsPerDay) return at(high);
  // What `part` leaves is for bursts, and is no reason to judge more now.
  const wanted = part * verdictsPerDay;
  let low = 0;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (spent(at(middle)) <= wanted) low = middle;
    else high = middle;
  }
  return at(low);
}

/** How a share of all calls is spent. */
export type SplitRates = {
  readonly candidate: number;
  readonly coverage: number;
  readonly flag: number;
};

/**
 * Rates that judge a share of a segment's calls. Half of what flags leave is spread evenly over all
 * calls, so that scores lose at most a factor of two in variance against an even sample; the other
 * half goes to candidates, because evidence has no use for any other verdict.
 *
 * @param coverageMin at least this for every call, even where the share is smaller
 */
export function splitShare(
  share: number,
  { calls, candidates, flagged }: Load,
  coverageMin: number,
): SplitRates {
  assert(share >= 0 && share <= 1, "a share is a part of all calls");
  if (share === 0) return { candidate: 0, coverage: 0, flag: 0 };
  if (share === 1) return { candidate: 1, coverage: 1, flag: 1 };
  const candidatePart = calls > 0 && candidates > 0 ? Math.min(1, candidates / calls) : 1;
  const flaggedPart = calls > 0 ? flagged / calls : 0;
  const flag = flaggedPart > 0 ? Math.min(1, (FLAG_PART * share) / flaggedPart) : 1;
  const rest = share - flaggedPart * flag;
  // Where all candidates are judged, what is left goes to the others.
  const beyond = candidatePart < 1 ? (rest - candidatePart) / (1 - candidatePart) : 0;
  const coverage = Math.min(1, Math.max(coverageMin, rest / 2, beyond));
  const toCandidates = (rest - (1 - candidatePart) * coverage) / candidatePart;
  return { candidate: Math.min(1, Math.max(coverage, toCandidates)), coverage, flag };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
