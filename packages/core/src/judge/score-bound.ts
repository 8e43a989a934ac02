import { assert } from "../model/assert.ts";

/**
 * How sure an interval is: the score of the calls lies in it at least so often, for any rates that
 * were set from the past. It is a bound, not an approximation, so that it is mostly surer.
 */
export const CONFIDENCE = 0.95;
const LOG_ODDS: number = Math.log(2 / (1 - CONFIDENCE));

/** Bets, from the largest on, in nats a unit of score: each two thirds of the one before. */
const BETS: readonly number[] = Array.from({ length: 24 }, (_, i) => 1 / 1.5 ** i);
export const BET_COUNT: number = BETS.length;

/** A bet loses at most −ln(1 − this) nats on one call. */
const STAKE_MAX = 0.95;

/**
 * One direction of error: how much lower (or higher) than forecast calls are in sum, their *deficit*.
 * Lists go by bet, but for `certain`; what is beyond the end of one is 0.
 */
export type DeficitSums = {
  /**
   * What is known for sure of the deficit of calls that are too unlikely to be judged for some bets:
   * at k those that the first k bets leave out, each with its deficit where it is known and with the
   * most it can be where not.
   */
  readonly certain: number[];
  /** What was lost on calls that have a verdict. */
  readonly judged: number[];
  /** What would be lost on calls that were drawn and have none, were each as bad as it can be. */
  readonly unknown: number[];
};

export function noDeficit(): DeficitSums {
  return { certain: [], judged: [], unknown: [] };
}

export function addDeficit(to: DeficitSums, from: DeficitSums): void {
  for (const name of ["certain", "judged", "unknown"] as const) {
    const list = from[name];
    for (let i = 0; i < list.length; i++) addAt(to[name], i, list[i] ?? 0);
  }
}

/** Without gaps: lists of numbers alone are small and fast. */
function addAt(list: number[], i: number, value: number): void {
  while (list.length <= i) list.push(0);
  list[i] = (list[i] ?? 0) + value;
}

/**
 * The first bet that a call takes part in. All take part where its deficit cannot be above 0; none
 * where it is judged for sure, because then nothing is left to chance.
 *
 * @param most the highest deficit that it can have
 */
export function firstBet(inclusion: number, most: number): number {
  if (inclusion >= 1) return BET_COUNT;
  const highest = -Math.log1p(-STAKE_MAX * inclusion) / most;
  let first = 0;
  while (first < BET_COUNT && betAt(first) > highest) first++;
  return first;
}

/**
 * What a bet loses on a call that is judged with probability π and has this deficit: with it,
 * `exp(bet · deficit − 1{judged} · loss)` has a mean of exactly 1, whatever the deficit is.
 */
export function lossOf(bet: number, deficit: number, inclusion: number): number {
  const stake = betAt(bet) * deficit;
  // Beyond it, the exponential alone would be infinite.
  if (stake < -500) return stake + Math.log(inclusion);
  return -Math.log1p(Math.expm1(-stake) / inclusion);
}

/** Adds a call, of which no more is known than what its deficit can be at most. */
export function expectDeficit(sums: DeficitSums, most: number, inclusion: number): void {
  const first = firstBet(inclusion, most);
  addAt(sums.certain, first, most);
}

/** Adds, or with a sign of −1 takes back, what a drawn call without a verdict could lose. */
export function addUnknown(sums: DeficitSums, most: number, inclusion: number, sign: 1 | -1): void {
  for (let bet = firstBet(inclusion, most); bet < BET_COUNT; bet++)
    addAt(sums.unknown, bet, sign * lossOf(bet, most, inclusion));
}

/** Every drawn call has a verdict: what is left of taking back what each could lose is rounding. */
export function clearUnknown({ unknown }: DeficitSums): void {
  unknown.length = 0;
}

/** Puts the deficit that a verdict showed in the place of the most that it could have been. */
export function showDeficit(
  sums: DeficitSums,
  { most, deficit, inclusion }: { most: number; deficit: number; inclusion: number },
): void {
  const first = firstBet(inclusion, most);
  addAt(sums.certain, first, deficit - most);
  for (let bet = first; bet < BET_COUNT; bet++)
    addAt(sums.judged, bet, lossOf(bet, deficit, inclusion));
}

/**
 * The bet that would have bounded best what was seen before, which is thought best for what comes.
 *
 * @param part how much was seen, as a part of what a window has: above 0
 */
export function bestBet(before: DeficitSums, part: number): number {
  let [best, least] = [0, Infinity];
  for (const { bet, leftOut, lost } of betsOf(before, 1, false)) {
    const bound = leftOut + (LOG_ODDS * part + lost) / betAt(bet);
    if (bound < least) [best, least] = [bet, bound];
  }
  return best;
}

/** What each bet leaves out, and what it lost, from the smallest to the largest. */
function betsOf(
  { certain, judged, unknown }: DeficitSums,
  scale: number,
  withUnknown: boolean,
): readonly { readonly bet: number; readonly leftOut: number; readonly lost: number }[] {
  const bets = [];
  let leftOut = certain[BET_COUNT] ?? 0;
  for (let bet = BET_COUNT - 1; bet >= 0; bet--) {
    const lost = (judged[bet] ?? 0) * scale + (withUnknown ? (unknown[bet] ?? 0) : 0);
    bets.push({ bet, leftOut, lost });
    leftOut += certain[bet] ?? 0;
  }
  return bets;
}

/**
 * A bound that the deficit of all calls exceeds with a probability of at most (1 − CONFIDENCE) / 2.
 *
 * Each bet's capital `exp(bet · deficit − losses)` is a martingale that starts at 1, and so is their
 * mean by weights that were set before the first call; Ville's inequality bounds it. No share of
 * bad calls, no dependence between them and no adversary who sets the rates can break that.
 *
 * @param favourite the bet that was thought best before the first of the calls
 * @param scale of what was lost: the share of drawn calls that have a verdict, inverse
 */
export function deficitBound(
  sums: DeficitSums,
  { favourite, scale, withUnknown }: { favourite: number; scale: number; withUnknown: boolean },
): number {
  const weights = BETS.map((_, bet) => 2 ** -Math.abs(bet - favourite));
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0);
  const lines = betsOf(sums, scale, withUnknown).map(({ bet, leftOut, lost }) => {
    const share = Math.log((weights[bet] ?? 0) / weightSum);
    return { bet: betAt(bet), offset: share - betAt(bet) * leftOut - lost };
  });
  // What nobody judged is at most as bad as it can be.
  const most = sums.certain.reduce((sum, deficit) => sum + deficit, 0);
  return Math.min(most, crossing(lines));
}

/**
 * Where the sum of exponentials reaches what Ville's inequality allows: by Newton's method on its
 * logarithm, which is convex and rises, so that every step from above stays above.
 */
function crossing(lines: readonly { readonly bet: number; readonly offset: number }[]): number {
  // One exponential alone crosses later than all of them.
  let high = Math.min(...lines.map(({ bet, offset }) => (LOG_ODDS - offset) / bet));
  for (let i = 0; i < STEPS_MAX; i++) {
    let [sum, slope] = [0, 0];
    for (const { bet, offset } of lines) {
      const part = Math.exp(bet * high + offset - LOG_ODDS);
      sum += part;
      slope += bet * part;
    }
    const step = (Math.log(sum) * sum) / slope;
    if (step <= STEP_MIN * Math.abs(high)) break;
    high -= step;
  }
  return high;
}

/** Steps gain twice as many digits each: none was seen to need ten. */
const STEPS_MAX = 30;
/** Of the bound itself: what is left then is rounding. */
const STEP_MIN = 1e-14;

function betAt(bet: number): number {
  const size = BETS[bet];
  assert(size !== undefined, "a bet is one of the list");
  return size;
}
