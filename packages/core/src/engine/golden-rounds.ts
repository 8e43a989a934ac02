import type { CallText } from "../model/call.ts";
import type { JudgeSetup } from "../model/judge.ts";
import type { Tally } from "../model/tally.ts";
import type { EpochMs } from "../model/time.ts";
import {
  type DueItem,
  Golden,
  type GoldenPlan,
  type GoldenStanding,
  type SavedGolden,
} from "../judge/golden.ts";
import type { Judge, SettledItem } from "../judge/judge.ts";
import { readLabelledItems } from "../judge/labelled-items.ts";
import type { SeriesRow } from "../judge/judge-series.ts";
import { goldenRows } from "../judge/trust-series.ts";
import type { Lane } from "../judge/queue-item.ts";
import type { Rubric } from "../judge/rubric.ts";

/**
 * The text of a golden set by the name that a setup gives it: equal for equal names for ever, so that
 * a restart asks what was asked; `undefined` where it is not there any more.
 */
export type GoldenText = (set: string) => string | undefined;

/** Has the golden set judged in its turns and before pages, on the way that calls take. */
export class GoldenRounds {
  readonly #textOfSet: GoldenText;
  readonly #counts: Tally;
  readonly #golden = new Golden();

  constructor(textOfSet: GoldenText, counts: Tally) {
    this.#textOfSet = textOfSet;
    this.#counts = counts;
  }

  textOf(id: string): CallText | undefined {
    return this.#golden.textOf(id);
  }

  /** After the judge took the same setup. */
  reload(setup: JudgeSetup | undefined, rubrics: readonly Rubric[], judge: Judge): void {
    this.#golden.reload(this.#planOf(setup, rubrics, judge));
  }

  advance(judge: Judge, at: EpochMs): void {
    judge.withdrawItems(this.#golden.overdue(at), at);
    this.#offer(this.#golden.due(at, judge.usdPerDay(at)), judge, "spare", at);
  }

  /** Before a quality page: as much of the set as there is money for, ahead of calls. */
  request(judge: Judge, at: EpochMs): void {
    this.#offer(this.#golden.request(at, judge.usdPerDay(at)), judge, "urgent", at);
  }

  /** Whether the page has to wait, for two minutes at most, and what came of the request. */
  requested(at: EpochMs): GoldenStanding {
    return this.#golden.requested(at);
  }

  settle(items: readonly SettledItem[], at: EpochMs): void {
    for (const item of items) {
      this.#golden.settle(item, at);
      this.#counts.add("judge_golden_verdicts", item.verdicts.length);
      for (const { reason } of item.missing) this.#counts.add(`judge_golden_missing_${reason}`);
    }
  }

  rows(at: EpochMs): Iterable<SeriesRow> {
    return goldenRows(this.#golden.views(at), this.#golden.totalSpent);
  }

  save(): SavedGolden {
    return this.#golden.save();
  }

  load(
    saved: SavedGolden | undefined,
    setup: JudgeSetup | undefined,
    { rubrics, judge }: { readonly rubrics: readonly Rubric[]; readonly judge: Judge },
  ): void {
    const plan = this.#planOf(setup, rubrics, judge);
    if (saved === undefined) this.#golden.reload(plan);
    else this.#golden.load(saved, plan);
  }

  #offer(items: readonly DueItem[], judge: Judge, lane: Lane, at: EpochMs): void {
    for (const { id, rubrics } of items) {
      const outcome = judge.offerItem(id, { rubrics, lane, at });
      // Nobody will answer what was not added.
      if (outcome !== "added")
        this.#golden.settle({ id, verdicts: [], missing: [], costNano: 0 }, at);
    }
  }

  #planOf(
    setup: JudgeSetup | undefined,
    rubrics: readonly Rubric[],
    { bench }: Judge,
  ): GoldenPlan | undefined {
    if (setup?.golden === undefined || bench === undefined) return undefined;
    const { set, everyMs } = setup.golden;
    const text = this.#textOfSet(set);
    if (text === undefined) {
      // Calls are judged all the same; that nothing watches the judge shows in what is not there.
      this.#counts.add("judge_golden_sets_unknown");
      return undefined;
    }
    const { items } = readLabelledItems({ name: set, text }, rubrics, "left-out");
    return { items, everyMs, rubrics, versions: bench.versions, key: setup.key };
  }
}
