import { type IndexedBuckets, spansOf } from "../../model/histogram-buckets.ts";
import type { BucketSpan } from "../../model/sample.ts";
import { KahanSum } from "../kahan.ts";

/** The bucket of a lower resolution that a bucket falls into; each step of schema halves it. */
export function coarserIndex(index: number, schemaSteps: number): number {
  return ((index - 1) >> schemaSteps) + 1;
}

/** The same buckets at a lower resolution. */
export function coarserBuckets(buckets: IndexedBuckets, schemaSteps: number): IndexedBuckets {
  if (schemaSteps === 0) return buckets;
  const indices: number[] = [];
  const counts: number[] = [];
  for (const [i, index] of buckets.indices.entries()) {
    const coarser = coarserIndex(index, schemaSteps);
    const count = buckets.counts[i] ?? 0;
    const last = indices.length - 1;
    if (indices[last] === coarser) counts[last] = (counts[last] ?? 0) + count;
    else {
      indices.push(coarser);
      counts.push(count);
    }
  }
  return { indices, counts };
}

/** The buckets of one sign, being added up: ascending by index, each with its compensation. */
export class BucketSums {
  indices: number[] = [];
  cells: KahanSum[] = [];

  /** Adds buckets of the same layout, `factor` times. */
  add({ indices, counts }: IndexedBuckets, factor: number): void {
    if (!this.covers(indices)) this.makeRoom(indices);
    let at = 0;
    for (let i = 0; i < indices.length; i++) {
      while (this.indices[at] !== indices[i]) at++;
      this.cells[at]?.add((counts[i] ?? 0) * factor);
    }
  }

  private covers(indices: readonly number[]): boolean {
    let at = 0;
    for (const index of indices) {
      while ((this.indices[at] ?? Infinity) < index) at++;
      if (this.indices[at] !== index) return false;
    }
    return true;
  }

  private makeRoom(wanted: readonly number[]): void {
    const indices: number[] = [];
    const cells: KahanSum[] = [];
    let mine = 0;
    let theirs = 0;
    while (mine < this.indices.length || theirs < wanted.length) {
      const own = this.indices[mine] ?? Infinity;
      const other = wanted[theirs] ?? Infinity;
      indices.push(Math.min(own, other));
      cells.push((own <= other ? this.cells[mine] : undefined) ?? new KahanSum());
      if (own <= other) mine++;
      if (other <= own) theirs++;
    }
    this.indices = indices;
    this.cells = cells;
  }

  /** Moves every bucket to another index; those that meet become one. `to` must not descend. */
  remap(to: (index: number) => number): void {
    const indices: number[] = [];
    const cells: KahanSum[] = [];
    for (const [i, index] of this.indices.entries()) {
      const cell = this.cells[i] ?? new KahanSum();
      const target = to(index);
      if (indices.at(-1) === target) {
        cells.at(-1)?.add(cell.sum);
        cells.at(-1)?.add(cell.compensation);
      } else {
        indices.push(target);
        cells.push(cell);
      }
    }
    this.indices = indices;
    this.cells = cells;
  }

  /** Takes the first buckets away and adds what was in them to a sum. */
  takeFirst(count: number, into: KahanSum): void {
    for (const { sum, compensation } of this.cells.slice(0, count)) {
      into.add(sum);
      into.add(compensation);
    }
    this.indices = this.indices.slice(count);
    this.cells = this.cells.slice(count);
  }

  scale(factor: number): void {
    for (const cell of this.cells) cell.scale(factor);
  }

  divide(by: number): void {
    for (const cell of this.cells) cell.divide(by);
  }

  overflows(): boolean {
    return this.cells.some(({ sum }) => Math.abs(sum) === Infinity);
  }

  /** What came together, without empty buckets. */
  result(): { readonly spans: readonly BucketSpan[]; readonly counts: readonly number[] } {
    const indices: number[] = [];
    const counts: number[] = [];
    for (const [i, cell] of this.cells.entries()) {
      const count = cell.total();
      if (count === 0) continue;
      indices.push(this.indices[i] ?? 0);
      counts.push(count);
    }
    return { spans: spansOf(indices), counts };
  }
}
