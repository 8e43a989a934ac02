import type { Tally } from "../model/tally.ts";

/** Where a verdict may be and is, or is not. */
export const OUTCOMES = ["verdict", "missing"] as const;
export type Outcomes = (typeof OUTCOMES)[number];

/** UTF-16 code units of what was judged, by where each bin begins. */
const LENGTH_BINS = [
  [0, "0-999"],
  [1000, "1000-3999"],
  [4000, "4000-15999"],
  [16_000, "16000+"],
] as const;

export const LENGTHS: readonly string[] = LENGTH_BINS.map(([, name]) => name);
/** Stands for calls without a flag. */
export const NO_FLAG = "none";

/** How the count of a length's or a flag's outcomes is called. */
export function outcomeCount(by: "length" | "flag", of: string, outcome: Outcomes): string {
  return `judge_${by}_${of}_${outcome}`;
}

/** The flags that have a count. */
export function countedFlags(counts: ReadonlyMap<string, number>): readonly string[] {
  const found = new Set([NO_FLAG]);
  for (const name of counts.keys()) {
    const [, flag] = /^judge_flag_(.+)_(?:verdict|missing)$/.exec(name) ?? [];
    if (flag !== undefined) found.add(flag);
  }
  return [...found];
}

/**
 * Counts what came of one call, by its length and its flags: what is hard to judge is missing more
 * often, and then scores are about what is easy (DESIGN section 7).
 */
export function countOutcomes(
  counts: Tally,
  {
    length,
    flags,
    verdicts,
    missing,
  }: {
    readonly length: number;
    readonly flags: readonly string[];
    readonly verdicts: number;
    readonly missing: number;
  },
): void {
  const [, bin] = LENGTH_BINS.findLast(([from]) => length >= from) ?? LENGTH_BINS[0];
  for (const [outcome, count] of [
    ["verdict", verdicts],
    ["missing", missing],
  ] as const) {
    if (count === 0) continue;
    counts.add(outcomeCount("length", bin, outcome), count);
    for (const flag of flags.length === 0 ? [NO_FLAG] : flags)
      counts.add(outcomeCount("flag", flag, outcome), count);
  }
}
