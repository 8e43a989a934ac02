/** Verdicts on one item: how many earlier ones called it bad and good, and what the latest says. */
export type ItemVerdicts = {
  readonly earlierBad: number;
  readonly earlierGood: number;
  readonly isBad: boolean;
};

/** Items whose latest verdict is other than that of most earlier ones. */
export type Flips = {
  /** Items with a majority among their earlier verdicts. */
  readonly compared: number;
  readonly toBad: number;
  readonly toGood: number;
  /**
   * How likely a shift at least as one-sided is of a judge that is as it was: 0 to 1. 1 where no item
   * ever changed.
   */
  readonly pValue: number;
};

/** Compares each item with its own history. */
export function flipsOf(items: Iterable<ItemVerdicts>): Flips {
  let [compared, toBad, toGood, found] = [0, 0, 0, 0];
  const shares: number[] = [];
  for (const { earlierBad, earlierGood, isBad } of items) {
    const earlier = earlierBad + earlierGood;
    if (earlier === 0) continue;
    const bad = earlierBad + (isBad ? 1 : 0);
    if (bad > 0 && bad <= earlier) {
      shares.push(bad / (earlier + 1));
      if (isBad) found++;
    }
    if (earlierBad === earlierGood) continue;
    compared++;
    if (isBad && earlierBad < earlierGood) toBad++;
    if (!isBad && earlierBad > earlierGood) toGood++;
  }
  return { compared, toBad, toGood, pValue: twoSided(shares, found) };
}

/**
 * The exact test of paired verdicts. Of an unchanged judge the latest verdict on an item is any of all
 * it gave, with equal chances; so, given those, the number of bad ones among the latest is a sum of
 * independent tosses. Where each item has one earlier verdict the tosses are even, and this is McNemar's
 * exact test; noise that is other for good items than for bad ones does not mislead it, as it would a
 * count of flips.
 */
function twoSided(shares: readonly number[], found: number): number {
  let chances = [1];
  for (const share of shares) {
    const next = Array.from({ length: chances.length + 1 }, () => 0);
    for (const [count, chance] of chances.entries()) {
      next[count] = (next[count] ?? 0) + chance * (1 - share);
      next[count + 1] = chance * share;
    }
    chances = next;
  }
  const [atMost, atLeast] = [sumOf(chances.slice(0, found + 1)), sumOf(chances.slice(found))];
  return Math.min(1, 2 * Math.min(atMost, atLeast));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
