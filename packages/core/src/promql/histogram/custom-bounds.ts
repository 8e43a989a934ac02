export function sameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, i) => bound === b[i]));
}

/** The bounds that stand in both lists: the finest layout that both histograms can be told in. */
export function commonBounds(a: readonly number[], b: readonly number[]): number[] {
  const inB = new Set(b);
  return a.filter((bound) => inB.has(bound));
}

/** Which bucket of the common bounds a bucket of the finer ones goes to. */
export function toCommonBounds(
  from: readonly number[],
  common: readonly number[],
): (index: number) => number {
  return (index) => {
    const upper = from[index];
    if (upper === undefined) return common.length;
    const found = common.findIndex((bound) => bound >= upper);
    return found < 0 ? common.length : found;
  };
}
