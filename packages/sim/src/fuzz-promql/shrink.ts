import type { LoadedWorld } from "./servers.ts";
import type { Asked, RandomQuery } from "./random-query.ts";
import { smallerQueries } from "./shrink-query.ts";
import type { WorldSeries } from "./world.ts";

/** A query, how it is asked, and over what. */
export type Case = RandomQuery & { readonly world: LoadedWorld };

/** Whether a case still shows what is being looked for. */
export type Shows = (one: Case) => Promise<boolean>;

/** Attempts at making one case smaller. */
const ATTEMPTS_MAX = 600;

/** Counts attempts, so that no case is worked on for ever. */
export class Patience {
  #left = ATTEMPTS_MAX;

  get isOver(): boolean {
    return this.#left-- <= 0;
  }
}

/** The smallest query found, at one time if possible, over the same world. */
export async function shrinkQuery(
  one: Case,
  shows: Shows,
  { patience, byToken }: { readonly patience: Patience; readonly byToken: boolean },
): Promise<Case> {
  let smallest = await atOneTime(one, shows, patience);
  for (let found = true; found;) {
    found = false;
    for (const text of smallerQueries(smallest.text, byToken)) {
      if (patience.isOver) return smallest;
      const smaller = { ...smallest, text };
      if (!(await shows(smaller))) continue;
      smallest = smaller;
      found = true;
      break;
    }
  }
  return smallest;
}

/** A range query that differs usually differs as an instant query, too; if not, with fewer steps. */
async function atOneTime(one: Case, shows: Shows, patience: Patience): Promise<Case> {
  const { asked } = one;
  if (asked.kind === "instant") return one;
  for (let atS = asked.fromS; atS <= asked.toS && !patience.isOver; atS += asked.stepS) {
    const instant: Case = { ...one, asked: { kind: "instant", atS } };
    if (await shows(instant)) return instant;
  }
  let shortest: Extract<Asked, { readonly kind: "range" }> = asked;
  for (let steps = Math.round((asked.toS - asked.fromS) / asked.stepS); steps > 0; steps--) {
    const { fromS, toS, stepS } = shortest;
    const shorter = [
      { ...shortest, fromS: fromS + stepS },
      { ...shortest, toS: toS - stepS },
    ];
    const found = await firstThat(shorter, (range) => shows({ ...one, asked: range }));
    if (found === undefined || patience.isOver) break;
    shortest = found;
  }
  return { ...one, asked: shortest };
}

async function firstThat<T>(
  items: readonly T[],
  passes: (item: T) => Promise<boolean>,
): Promise<T | undefined> {
  for (const item of items) if (await passes(item)) return item;
  return undefined;
}

export type Load = (series: readonly WorldSeries[]) => Promise<LoadedWorld>;

/** The same query over the fewest series with the fewest samples. */
export async function shrinkWorld(
  one: Case,
  shows: Shows,
  { load, patience }: { readonly load: Load; readonly patience: Patience },
): Promise<Case> {
  const loaded = async (series: readonly WorldSeries[]): Promise<Case> => ({
    ...one,
    world: await load(series),
  });
  const holds = async (series: readonly WorldSeries[]): Promise<boolean> =>
    !patience.isOver && (await shows(await loaded(series)));
  let series = await fewest(one.world.series, holds);
  for (const [i, { samples }] of series.entries()) {
    const others = series;
    const withSamples = (kept: typeof samples): readonly WorldSeries[] =>
      others.map((other, at) => (at === i ? { ...other, samples: kept } : other));
    const kept = await fewest(samples, (some) => holds(withSamples(some)));
    series = withSamples(kept);
  }
  return loaded(series);
}

/** Leaves out ever smaller runs of items for as long as the rest still shows it. */
async function fewest<T>(
  items: readonly T[],
  holds: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  for (let run = Math.ceil(items.length / 2); run > 0; run = run === 1 ? 0 : Math.ceil(run / 2)) {
    for (let at = 0; at < kept.length && kept.length > 1;) {
      const fewer = kept.toSpliced(at, run);
      if (fewer.length > 0 && (await holds(fewer))) kept = fewer;
      else at += run;
    }
  }
  return kept;
}
