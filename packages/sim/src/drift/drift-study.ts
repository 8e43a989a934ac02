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

/**
 * What is held against the flips after every verdict: the share of items that flipped one way, and the
 * p value, at most 0.01.
 */
export type Bound = { readonly pValue: number; readonly share: number };

/** The exact test takes the square of the items: a shift of less standard errors is far above 0.01. */
const NEAR = 2.3;

export type DriftStudyOptions = {
  readonly seed: number;
  readonly items: number;
  readonly rounds: number;
  readonly bound: Bound;
  /** From this round on the judge lets so large a share of the bad items pass. */
  readonly change?: { readonly round: number; readonly share: number };
};

export type DriftStudy = {
  /** In which rounds, with fractions, the bound began to be broken. */
  readonly alarms: readonly number[];
  /** Mean share of items that are judged otherwise than mostly before. */
  readonly flipped: number;
};

/**
 * Judges a set item by item, round after round, and looks at the flips after every verdict, as a rule
 * does that is evaluated more often than verdicts come.
 */
export function studyDrift(kind: JudgeKind, options: DriftStudyOptions): DriftStudy {
  const { seed, items, rounds, bound, change } = options;
  const random = new Random(seed, kind.name);
  const chances = Array.from({ length: items }, (_, item) => kind.chanceOf(item, random));
  const isPassed = chances.map((chance) => chance > 0.5 && random.chance(change?.share ?? 0));
  const verdicts: ItemVerdicts[] = [];
  const alarms: number[] = [];
  let isBroken = false;
  let flipped = 0;
  assert(bound.pValue <= 0.01, "shifts near the bound are looked at");
  for (let look = 0; look < items * rounds; look++) {
    const item = look % items;
    const hasChanged = change !== undefined && look >= change.round * items;
    const chance = hasChanged && isPassed[item] === true ? 0 : (chances[item] ?? 0);
    verdicts[item] = withLatest(verdicts[item], random.chance(chance));
    const wasBroken = isBroken;
    isBroken = shiftOf(verdicts) > NEAR && isBeyond(bound, verdicts);
    if (isBroken && !wasBroken) alarms.push(look / items);
    if (item === items - 1) flipped += flippedShare(flipsOf(verdicts)) / rounds;
  }
  return { alarms, flipped };
}

function isBeyond(bound: Bound, verdicts: readonly ItemVerdicts[]): boolean {
  const { compared, toBad, toGood, pValue } = flipsOf(verdicts);
  return pValue < bound.pValue && Math.max(toBad, toGood) > bound.share * compared;
}

function flippedShare({ compared, toBad, toGood }: Flips): number {
  return compared === 0 ? 0 : (toBad + toGood) / compared;
}

/** How far the latest verdicts are from all there were, in standard errors. */
function shiftOf(verdicts: readonly ItemVerdicts[]): number {
  let [shift, variance] = [0, 0];
  for (const { earlierBad, earlierGood, isBad } of verdicts) {
    const share = (earlierBad + Number(isBad)) / (earlierBad + earlierGood + 1);
    shift += Number(isBad) - share;
    variance += share * (1 - share);
  }
  return variance === 0 ? 0 : Math.abs(shift) / Math.sqrt(variance);
}

function withLatest(before: ItemVerdicts | undefined, isBad: boolean): ItemVerdicts {
  if (before === undefined) return { earlierBad: 0, earlierGood: 0, isBad };
  return {
    earlierBad: before.earlierBad + (before.isBad ? 1 : 0),
    earlierGood: before.earlierGood + (before.isBad ? 0 : 1),
    isBad,
  };
}
