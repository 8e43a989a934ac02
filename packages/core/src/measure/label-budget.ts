import type { Limits } from "../model/limits.ts";
import { type DerivedMetric, seriesWidth } from "./derived-metrics.ts";

/** The value of a label that stands for all values past a limit. */
const OTHER = "_other";

/** Which limits a label set ran into, as bits: both can happen at once. */
export const FOLDED_VALUES = 1;
export const FOLDED_SERIES = 2;

/**
 * Keeps the derived label sets inside their two limits: distinct values a metric and label, and
 * series in all. It decides by what is held and nothing else, so that a restart decides alike.
 */
export class LabelBudget {
  readonly #valuesPerLabel: number;
  readonly #series: number;
  /** Per metric, one map a label: how many held label sets have the value. */
  readonly #held = new Map<DerivedMetric, readonly Map<string, number>[]>();
  #used = 0;

  constructor(limits: Limits) {
    this.#valuesPerLabel = limits.valuesPerLabel;
    this.#series = limits.derivedSeries;
  }

  hasRoom(metric: DerivedMetric): boolean {
    return this.#used + seriesWidth(metric) <= this.#series;
  }

  /** The same values, those past the limit of their label replaced. */
  foldValues(metric: DerivedMetric, values: readonly string[]): readonly string[] {
    const held = this.#heldOf(metric);
    let folded: string[] | undefined;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? "";
      const known = held[i];
      if (known === undefined || value === "" || value === OTHER) continue;
      if (metric.closed.includes(metric.labels[i] ?? "")) continue;
      if (known.has(value) || known.size < this.#valuesPerLabel) continue;
      folded ??= [...values];
      folded[i] = OTHER;
    }
    return folded ?? values;
  }

  /** The label set that stands for all further ones: only labels with few values keep theirs. */
  foldAll(metric: DerivedMetric, values: readonly string[]): readonly string[] {
    return values.map((value, i) =>
      value === "" || metric.closed.includes(metric.labels[i] ?? "") ? value : OTHER,
    );
  }

  hold(metric: DerivedMetric, values: readonly string[]): void {
    this.#used += seriesWidth(metric);
    for (const [i, known] of this.#heldOf(metric).entries()) {
      const value = values[i] ?? "";
      if (value !== "" && value !== OTHER) known.set(value, (known.get(value) ?? 0) + 1);
    }
  }

  release(metric: DerivedMetric, values: readonly string[]): void {
    this.#used -= seriesWidth(metric);
    for (const [i, known] of this.#heldOf(metric).entries()) {
      const value = values[i] ?? "";
      const count = known.get(value);
      if (count === 1) known.delete(value);
      else if (count !== undefined) known.set(value, count - 1);
    }
  }

  #heldOf(metric: DerivedMetric): readonly Map<string, number>[] {
    let held = this.#held.get(metric);
    if (held === undefined) {
      held = metric.labels.map(() => new Map<string, number>());
      this.#held.set(metric, held);
    }
    return held;
  }
}
