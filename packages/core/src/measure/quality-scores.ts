import type { Evaluation } from "../model/evaluation.ts";
import { METRIC_NAME, type Labels, labelsFrom } from "../model/labels.ts";
import { type Append, STALE } from "../model/sample.ts";
import { type EpochMs, MINUTE_MS } from "../model/time.ts";
import { LLM_QUALITY } from "./derived-metrics.ts";
import { FOLDED_SERIES, FOLDED_VALUES } from "./label-budget.ts";
import { type SavedNumber, loadNumber, saveNumber } from "./saved-number.ts";
import type { SeriesTable } from "./series-table.ts";

/** A score counts for this long (DESIGN section 4). */
const WINDOW_MS = 15 * MINUTE_MS;

/**
 * The scores of one interval, each for as many calls as it stands for, until the tick `until`: those
 * of others, and beside them those of our judge.
 */
type Slot = {
  readonly until: number;
  sum: number;
  count: number;
  judgedSum: number;
  judgedCount: number;
};

type Window = {
  readonly labelValues: readonly string[];
  readonly labels: Labels;
  /** The version of our judge that its scores are of, if any are. */
  judge: string | undefined;
  /** Oldest first. */
  slots: Slot[];
  /** Whether a sample of it was written. */
  open: boolean;
};

type SavedSlot = readonly [
  until: number,
  sum: SavedNumber,
  count: number,
  judgedSum?: SavedNumber,
  judgedCount?: number,
];

export type SavedWindow = {
  readonly labels: readonly string[];
  readonly open: boolean;
  readonly judge?: string;
  readonly slots: readonly SavedSlot[];
};

/**
 * `llm_quality_score`: per model, metric and service, the mean of the scores of 15 minutes. A score
 * whose call was drawn at a low rate stands for more calls than one that was drawn at a high rate. Scores
 * of two versions of our judge are never in one mean: the first one of another version ends the others.
 */
export class QualityScores {
  readonly #intervalMs: number;
  readonly #table: SeriesTable;
  readonly #windows = new Map<string, Window>();

  constructor(table: SeriesTable, intervalMs: number) {
    this.#table = table;
    this.#intervalMs = intervalMs;
  }

  /**
   * Counts a finite score, which stands for `weight` calls; `labelValues` in the order of the
   * metric's labels. Returns its folds.
   */
  add(
    labelValues: readonly string[],
    score: number,
    { weight = 1, judge }: Pick<Evaluation, "weight" | "judge">,
    at: EpochMs,
  ): number {
    const { budget } = this.#table;
    const kept = budget.foldValues(LLM_QUALITY, labelValues);
    let folded = kept === labelValues ? 0 : FOLDED_VALUES;
    let window = this.#windows.get(keyOf(kept));
    if (window === undefined && this.#table.makeRoom(LLM_QUALITY)) window = this.#open(kept);
    if (window === undefined) {
      folded |= FOLDED_SERIES;
      const overflow = budget.foldAll(LLM_QUALITY, labelValues);
      window = this.#windows.get(keyOf(overflow)) ?? this.#open(overflow);
    }
    // What is folded together has verdicts by several rubrics, whose versions differ.
    if (judge !== undefined && folded === 0) startVersion(window, judge);
    const until = Math.ceil(at / this.#intervalMs) * this.#intervalMs;
    let slot = window.slots.at(-1);
    if (slot === undefined || slot.until < until) {
      slot = { until, sum: 0, count: 0, judgedSum: 0, judgedCount: 0 };
      window.slots.push(slot);
    }
    if (judge === undefined) {
      slot.sum += score * weight;
      slot.count += weight;
    } else {
      slot.judgedSum += score * weight;
      slot.judgedCount += weight;
    }
    return folded;
  }

  /** Writes each mean at a tick; a window that emptied ends, and is forgotten. */
  sampleAt(tick: EpochMs, append: Append): void {
    for (const [key, window] of this.#windows) {
      const { slots, labels } = window;
      while (slots[0] !== undefined && slots[0].until <= tick - WINDOW_MS) slots.shift();
      if (slots.length > 0) {
        append(labels, tick, mean(slots));
        window.open = true;
        continue;
      }
      if (window.open) append(labels, tick, STALE);
      this.#windows.delete(key);
      this.#table.budget.release(LLM_QUALITY, window.labelValues);
    }
  }

  /** The means past the last tick. */
  current(now: EpochMs, emit: Append): void {
    for (const { slots, labels } of this.#windows.values()) {
      const held = slots.filter((slot) => slot.until > now - WINDOW_MS);
      emit(labels, now, held.length > 0 ? mean(held) : STALE);
    }
  }

  save(): readonly SavedWindow[] {
    return Array.from(this.#windows.values(), ({ labelValues, open, judge, slots }) => ({
      labels: labelValues,
      open,
      ...(judge === undefined ? {} : { judge }),
      slots: slots.map(({ until, sum, count, judgedSum, judgedCount }) => {
        const all = [until, saveNumber(sum), count] as const;
        return judgedCount === 0 ? all : ([...all, saveNumber(judgedSum), judgedCount] as const);
      }),
    }));
  }

  load(saved: readonly SavedWindow[]): void {
    for (const { labels, open, judge, slots } of saved) {
      const window = this.#open(labels);
      window.open = open;
      window.judge = judge;
      for (const [until, sum, count, judgedSum = 0, judgedCount = 0] of slots) {
        const judged = { judgedSum: loadNumber(judgedSum), judgedCount };
        window.slots.push({ until, sum: loadNumber(sum), count, ...judged });
      }
    }
  }

  #open(labelValues: readonly string[]): Window {
    const entries = LLM_QUALITY.labels.map((name, i) => [name, labelValues[i] ?? ""] as const);
    const labels = labelsFrom([[METRIC_NAME, LLM_QUALITY.name], ...entries]);
    const window: Window = { labelValues, labels, judge: undefined, slots: [], open: false };
    this.#windows.set(keyOf(labelValues), window);
    this.#table.budget.hold(LLM_QUALITY, labelValues);
    return window;
  }
}

/** Lets go what another version of our judge said. */
function startVersion(window: Window, judge: string): void {
  if (window.judge === judge) return;
  window.judge = judge;
  for (const slot of window.slots) {
    slot.judgedSum = 0;
    slot.judgedCount = 0;
  }
  window.slots = window.slots.filter(({ count }) => count > 0);
}

function mean(slots: readonly Slot[]): number {
  let sum = 0;
  let count = 0;
  for (const slot of slots) {
    sum += slot.sum + slot.judgedSum;
    count += slot.count + slot.judgedCount;
  }
  return sum / count;
}

function keyOf(values: readonly string[]): string {
  // Not valid UTF-8, so no label value contains it.
  return values.join("\udfff");
}
