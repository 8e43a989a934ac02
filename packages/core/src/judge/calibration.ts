import { assert } from "../model/assert.ts";

/**
 * What a judge said of answers whose truth people had labelled before, counted. What is looked for
 * is the bad answer; verdicts that are missing are in none of the four.
 */
export type Confusion = {
  /** Bad by people and by the judge. */
  readonly caught: number;
  /** Bad by people, good by the judge. */
  readonly missed: number;
  /** Good by people, bad by the judge. */
  readonly accused: number;
  /** Good by people and by the judge. */
  readonly cleared: number;
};

/** An estimate, and an interval that the truth lies in about 95 times in 100. */
export type Estimated = { readonly value: number; readonly low: number; readonly high: number };

/** How a judge agrees with people; what has no label to be counted on is absent. */
export type Agreement = {
  /** Share of bad answers that the judge calls bad. */
  readonly sensitivity?: Estimated;
  /** Share of good answers that the judge calls good. */
  readonly specificity?: Estimated;
  /** Cohen's kappa: 1 is full agreement, 0 what chance alone gives. */
  readonly kappa?: Estimated;
};

/** Of a normal distribution, between whose ends 95 in 100 lie. */
export const Z = 1.959963984540054;

export const NO_LABELS: Confusion = { caught: 0, missed: 0, accused: 0, cleared: 0 };

/** Adds one labelled answer. */
export function withVerdict(
  { caught, missed, accused, cleared }: Confusion,
  { isBad, foundBad }: { readonly isBad: boolean; readonly foundBad: boolean },
): Confusion {
  return {
    caught: caught + (isBad && foundBad ? 1 : 0),
    missed: missed + (isBad && !foundBad ? 1 : 0),
    accused: accused + (!isBad && foundBad ? 1 : 0),
    cleared: cleared + (!isBad && !foundBad ? 1 : 0),
  };
}

export function addConfusion(one: Confusion, other: Confusion): Confusion {
  return {
    caught: one.caught + other.caught,
    missed: one.missed + other.missed,
    accused: one.accused + other.accused,
    cleared: one.cleared + other.cleared,
  };
}

/** How many labels were compared. */
export function labelCount({ caught, missed, accused, cleared }: Confusion): number {
  return caught + missed + accused + cleared;
}

/** Sensitivity, specificity and kappa, with their intervals. */
export function agreementOf(confusion: Confusion): Agreement {
  const { caught, missed, accused, cleared } = confusion;
  const sensitivity = shareOf(caught, caught + missed);
  const specificity = shareOf(cleared, cleared + accused);
  const kappa = kappaOf(confusion);
  return {
    ...(sensitivity && { sensitivity }),
    ...(specificity && { specificity }),
    ...(kappa && { kappa }),
  };
}

/** A share with Wilson's score interval (1927); `undefined` of nothing. */
export function shareOf(count: number, total: number): Estimated | undefined {
  assert(count >= 0 && count <= total, "a part is at most the whole");
  if (total === 0) return undefined;
  const value = count / total;
  const spread = Z * Z;
  const middle = (count + spread / 2) / (total + spread);
  const half = (Z / (total + spread)) * Math.sqrt(total * value * (1 - value) + spread / 4);
  // At the ends of the scale the interval ends there too, whatever rounding says.
  const low = count === 0 ? 0 : Math.max(0, middle - half);
  const high = count === total ? 1 : Math.min(1, middle + half);
  return { value, low, high };
}

/**
 * Cohen's kappa; `undefined` where one of the two always says the same, so that no agreement could be
 * told from chance. The interval is the large-sample one (Fleiss, Cohen and Everitt 1969) of the
 * counts with a half added to each, so that full agreement on few labels is not taken for certain.
 */
function kappaOf({ caught, missed, accused, cleared }: Confusion): Estimated | undefined {
  const [bad, good] = [caught + missed, accused + cleared];
  const [foundBad, foundGood] = [caught + accused, missed + cleared];
  const total = bad + good;
  if (total * total === bad * foundBad + good * foundGood) return undefined;
  const { value } = kappaAndError([caught, missed, accused, cleared]);
  const counts = [caught + 0.5, missed + 0.5, accused + 0.5, cleared + 0.5] as const;
  const { value: middle, error } = kappaAndError(counts);
  return {
    value,
    low: Math.max(-1, Math.min(value, middle - Z * error)),
    high: Math.min(1, Math.max(value, middle + Z * error)),
  };
}

function kappaAndError(counts: readonly [number, number, number, number]): {
  readonly value: number;
  readonly error: number;
} {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const [caught, missed, accused, cleared] = counts.map((count) => count / total) as [
    number,
    number,
    number,
    number,
  ];
  const [bad, good] = [caught + missed, accused + cleared];
  const [foundBad, foundGood] = [caught + accused, missed + cleared];
  const byChance = bad * foundBad + good * foundGood;
  const value = (caught + cleared - byChance) / (1 - byChance);
  const agreed =
    caught * (1 - (bad + foundBad) * (1 - value)) ** 2 +
    cleared * (1 - (good + foundGood) * (1 - value)) ** 2;
  const disagreed =
    (1 - value) ** 2 * (missed * (foundBad + good) ** 2 + accused * (foundGood + bad) ** 2);
  const mean = value - byChance * (1 - value);
  const variance = (agreed + disagreed - mean * mean) / (total * (1 - byChance) ** 2);
  return { value, error: Math.sqrt(Math.max(0, variance)) };
}
