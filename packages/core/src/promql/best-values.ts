/** Counts up to here are kept sorted while they are collected; larger ones are sorted in the end. */
export const FEW = 64;

/**
 * At each step the best few of the values that are offered, best first. Among equals the one that
 * was offered before is better; NaN stands behind every number.
 */
export class BestValues {
  private readonly width: number;
  private readonly descending: boolean;
  private readonly rows: Int32Array;
  private readonly values: Float64Array;
  private readonly counts: Int32Array;

  /** @param width how many are kept at a step, at most `FEW` */
  constructor(steps: number, width: number, descending: boolean) {
    this.width = width;
    this.descending = descending;
    this.rows = new Int32Array(steps * width);
    this.values = new Float64Array(steps * width);
    this.counts = new Int32Array(steps);
  }

  offer(step: number, row: number, value: number): void {
    const { width, rows, values } = this;
    const first = step * width;
    const count = this.counts[step] ?? 0;
    if (count === width && !this.isBetter(value, values[first + count - 1] ?? NaN)) return;
    let at = first + (count === width ? count - 1 : count);
    for (; at > first && this.isBetter(value, values[at - 1] ?? NaN); at--) {
      values[at] = values[at - 1] ?? NaN;
      rows[at] = rows[at - 1] ?? 0;
    }
    values[at] = value;
    rows[at] = row;
    if (count < width) this.counts[step] = count + 1;
  }

  /** The rows of a step, at most so many, best first. */
  at(step: number, most: number): Int32Array {
    const first = step * this.width;
    const count = Math.min(this.counts[step] ?? 0, Math.max(0, most));
    return this.rows.subarray(first, first + count);
  }

  private isBetter(value: number, other: number): boolean {
    if (value !== value) return false;
    if (other !== other) return true;
    return this.descending ? value > other : value < other;
  }
}
