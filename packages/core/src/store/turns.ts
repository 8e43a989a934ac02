/** Runs work that pauses to its end, without pausing. */
export function finish<Result>(work: Generator<unknown, Result>): Result {
  for (;;) {
    const turn = work.next();
    if (turn.done === true) return turn.value;
  }
}

/** Elements sorted or merged between two yields: some milliseconds of work. */
const ITEMS_A_TURN = 4096;

/** Sorts in turns: runs, one a turn, which are merged. Equal elements keep their order. */
export function* sortedInTurns<Item>(
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Generator<undefined, readonly Item[], undefined> {
  let runs: (readonly Item[])[] = [];
  for (let from = 0; from < items.length; from += ITEMS_A_TURN) {
    runs.push(items.slice(from, from + ITEMS_A_TURN).toSorted(compare));
    if (items.length > ITEMS_A_TURN) yield;
  }
  while (runs.length > 1) {
    const merged: (readonly Item[])[] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(yield* mergedInTurns(runs[i] ?? [], runs[i + 1] ?? [], compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Two sorted lists as one, in turns. */
export function* mergedInTurns<Item>(
  a: readonly Item[],
  b: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Generator<undefined, readonly Item[], undefined> {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const merged: Item[] = [];
  const queue = b.values();
  let next = queue.next();
  for (const item of a) {
    while (next.done !== true && compare(next.value, item) < 0) {
      merged.push(next.value);
      if (merged.length % ITEMS_A_TURN === 0) yield;
      next = queue.next();
    }
    merged.push(item);
    if (merged.length % ITEMS_A_TURN === 0) yield;
  }
  for (; next.done !== true; next = queue.next()) merged.push(next.value);
  return merged;
}
