import type { WindowFunction } from "./windows.ts";

/**
 * The least or greatest value of each window, NaN only where there is nothing else. From the second
 * window on a queue holds what can still become the extreme, so that each sample is looked at once,
 * however long the windows are.
 *
 * @param beats whether a value takes the place of another that came before it
 */
export function slidingExtreme(beats: (value: number, other: number) => boolean): WindowFunction {
  return ({ values }) => {
    const at = (index: number | undefined): number => values[index ?? values.length] ?? NaN;
    let queue: Int32Array | undefined;
    let isFirst = true;
    let [head, tail, next] = [0, 0, 0];
    return ({ lo, hi }) => {
      if (isFirst) {
        isFirst = false;
        let best = at(lo);
        for (let i = lo + 1; i < hi; i++) {
          const value = at(i);
          if (beats(value, best) || Number.isNaN(best)) best = value;
        }
        return best;
      }
      queue ??= new Int32Array(values.length);
      if (next < lo) [head, tail, next] = [0, 0, lo];
      for (; next < hi; next++) {
        const value = at(next);
        if (Number.isNaN(value)) continue;
        while (tail > head && beats(value, at(queue[tail - 1]))) tail--;
        queue[tail++] = next;
      }
      while (head < tail && (queue[head] ?? 0) < lo) head++;
      return head < tail ? at(queue[head]) : NaN;
    };
  };
}
