import { flagsOf } from "@naruko/core/quality/flags";
import { LENGTH_HABIT, LengthHabit } from "@naruko/core/quality/length-habit";
import { epochMs } from "@naruko/core/model/time";
import { callOf, type Fixture } from "./fixture.ts";

/** What a flag did on a set of examples. */
export type Score = {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
};

/** An example on which a flag was wrong. */
export type Miss = { readonly flag: string; readonly raised: boolean; readonly fixture: Fixture };

export function score(
  flag: string,
  fixtures: readonly Fixture[],
): { readonly score: Score; readonly misses: readonly Miss[] } {
  let [truePositives, falsePositives, falseNegatives, trueNegatives] = [0, 0, 0, 0];
  const misses: Miss[] = [];
  for (const fixture of fixtures) {
    const raised = raises(flag, fixture);
    const expected = fixture.flags.includes(flag);
    if (raised !== expected) misses.push({ flag, raised, fixture });
    if (raised && expected) truePositives++;
    else if (raised) falsePositives++;
    else if (expected) falseNegatives++;
    else trueNegatives++;
  }
  return { score: { truePositives, falsePositives, falseNegatives, trueNegatives }, misses };
}

function raises(flag: string, fixture: Fixture): boolean {
  if (flag !== LENGTH_HABIT) return flagsOf(callOf(fixture)).includes(flag);
  return isOutOfHabit(fixture);
}

/** Lets the history come in turns, so that no length is more recent than another. */
function isOutOfHabit({ history = [], length = 0, unit = "characters" }: Fixture): boolean {
  const habit = new LengthHabit(1);
  const at = epochMs(0);
  const left = history.map(([, count]) => count);
  for (let any = true; any;) {
    any = false;
    for (const [i, [earlier]] of history.entries()) {
      if ((left[i] ?? 0) <= 0) continue;
      left[i] = (left[i] ?? 0) - 1;
      any = true;
      habit.observe("segment", { unit, length: earlier }, at);
    }
  }
  const verdict = habit.observe("segment", { unit, length }, at);
  return verdict === "shorter" || verdict === "longer";
}

export function precision({ truePositives, falsePositives }: Score): Share {
  return { hits: truePositives, of: truePositives + falsePositives };
}

export function recall({ truePositives, falseNegatives }: Score): Share {
  return { hits: truePositives, of: truePositives + falseNegatives };
}

export type Share = { readonly hits: number; readonly of: number };

/** Wilson's score interval at 95 %: the shares that would often enough give what was seen. */
export function wilson({ hits, of }: Share): readonly [number, number] {
  if (of === 0) return [0, 1];
  const z = 1.959_963_985;
  const p = hits / of;
  const middle = p + (z * z) / (2 * of);
  const half = z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of));
  const scale = 1 + (z * z) / of;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}
