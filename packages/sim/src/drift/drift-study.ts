import { type Flips, flipsOf, type ItemVerdicts } from "@naruko/core/judge/flip-test";
import { assert } from "@naruko/core/model/assert";
import { Random } from "../random.ts";

/** How surely a judge finds each item of a golden set bad: a chance for every item. */
export type JudgeKind = {
  readonly name: string;
  readonly about: string;
  readonly chanceOf: (item: number, random: Random) => number;
};

/** Items of which the judge is as sure as not at all, and others, half of them bad. */
function partlyUnsure(unsure: number, slip: number): JudgeKind["chanceOf"] {
  return (item, random) => {
    if (random.chance(unsure)) return random.between(0.05, 0.95);
    return item % 2 === 0 ? slip : 1 - slip;
  };
}

export const JUDGE_KINDS: readonly JudgeKind[] = [
  {
    name: "calm",
    about: "unsure of 4 % of the items, otherwise the same verdict 999 times in 1,000",
    chanceOf: partlyUnsure(0.04, 0.001),
  },
  {
    name: "noisy",
    about: "unsure of 15 %, otherwise the same verdict 995 times in 1,000",
    chanceOf: partlyUnsure(0.15, 0.005),
  },
  {
    name: "lopsided",
    about: "calls one good item in eight bad, other ones each day, and is sure of bad ones",
    chanceOf: (item) => (item % 2 === 0 ? 0.12 : 0.999),
  },
  {
    name: "wild",
    about: "unsure of 40 %, otherwise the same verdict 97 times in 100",
    chanceOf: partlyUnsure(0.4, 0.03),
  },
];

/** The exact test takes the square of the items: a shift of fewer standard errors is far above `P_MAX`. */
const NEAR = 2.8;
const P_MAX = 0.002;

export type DriftStudyOptions = {
  readonly seed: number;
  readonly items: number;
  readonly rounds: number;
  /** An alarm is a share of items above this one that went one way … */
  readonly share: number;
  /** … with a p value below each of these, which are at most 0.002. */
  readonly pValues: readonly number[];
  /** From this round on the judge lets so large a share of the bad items pass. */
  readonly change?: { readonly round: number; readonly share: number };
};

export type DriftStudy = {
  /** In which rounds, with fractions, an alarm began, for each of the p values. */
  readonly alarms: readonly (readonly number[])[];
  /** Mean share of items that are judged otherwise than mostly before. */
  readonly flipped: number;
};

/**
 * Judges a set item by item, round after round, and looks at the flips after every verdict, as a rule
 * does that is evaluated more often than verdicts come.
 */
export function studyDrift(kind: JudgeKind, options: DriftStudyOptions): DriftStudy {
  const { seed, items, rounds, share, pValues, change } = options;
  assert(Math.max(...pValues) <= P_MAX, "shifts near the bounds are looked at");
  const random = new Random(seed, kind.name);
  const chances = Array.from({ length: items }, (_, item) => kind.chanceOf(item, random));
  const isPassed = chances.map((chance) => chance > 0.5 && random.chance(change?.share ?? 0));
  const verdicts: ItemVerdicts[] = [];
  const alarms = pValues.map((): number[] => []);
  let sum: Shift = NO_SHIFT;
  let before = 1;
  let flipped = 0;
  for (let look = 0; look < items * rounds; look++) {
    const item = look % items;
    const hasChanged = change !== undefined && look >= change.round * items;
    const chance = hasChanged && isPassed[item] === true ? 0 : (chances[item] ?? 0);
    const old = verdicts[item];
    const latest = withLatest(old, random.chance(chance));
    verdicts[item] = latest;
    sum = moved(sum, shiftOf(old), shiftOf(latest));
    const pValue = isNear(sum) ? pValueOf(verdicts, share) : 1;
    for (const [i, bound] of pValues.entries())
      if (pValue < bound && before >= bound) alarms[i]?.push(look / items);
    before = pValue;
    if (item === items - 1) flipped += flippedShare(flipsOf(verdicts)) / rounds;
  }
  return { alarms, flipped };
}

/** 1 where too few items went one way. */
function pValueOf(verdicts: readonly ItemVerdicts[], share: number): number {
  const { compared, toBad, toGood, pValue } = flipsOf(verdicts);
  return Math.max(toBad, toGood) > share * compared ? pValue : 1;
}

function flippedShare({ compared, toBad, toGood }: Flips): number {
  return compared === 0 ? 0 : (toBad + toGood) / compared;
}

/** How far the latest verdict is from all there were, and the variance that it has by chance. */
type Shift = { readonly shift: number; readonly variance: number };

const NO_SHIFT: Shift = { shift: 0, variance: 0 };

function shiftOf(verdicts: ItemVerdicts | undefined): Shift {
  if (verdicts === undefined) return NO_SHIFT;
  const { earlierBad, earlierGood, isBad } = verdicts;
  const share = (earlierBad + Number(isBad)) / (earlierBad + earlierGood + 1);
  return { shift: Number(isBad) - share, variance: share * (1 - share) };
}

function moved(sum: Shift, from: Shift, to: Shift): Shift {
  return {
    shift: sum.shift - from.shift + to.shift,
    variance: sum.variance - from.variance + to.variance,
  };
}

function isNear({ shift, variance }: Shift): boolean {
  return Math.abs(shift) > NEAR * Math.sqrt(Math.max(variance, 0));
}

function withLatest(before: ItemVerdicts | undefined, isBad: boolean): ItemVerdicts {
  if (before === undefined) return { earlierBad: 0, earlierGood: 0, isBad };
  return {
    earlierBad: before.earlierBad + (before.isBad ? 1 : 0),
    earlierGood: before.earlierGood + (before.isBad ? 0 : 1),
    isBad,
  };
}
