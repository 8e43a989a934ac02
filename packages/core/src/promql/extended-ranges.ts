import { SECOND_MS } from "../model/time.ts";
import type { Extension } from "./ast.ts";
import type { Samples, Window, WindowFunction } from "./windows.ts";

const at = (values: Float64Array, index: number): number => values[index] ?? NaN;

/** The first of the indices [from, to) whose time is after `ms`, or `to`. */
export function firstAfter(times: Float64Array, from: number, to: number, ms: number): number {
  let lo = from;
  let hi = to;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (at(times, middle) > ms) hi = middle;
    else lo = middle + 1;
  }
  return lo;
}

/** The value at a time on the line between a sample and the next; a counter that began anew rises from 0. */
function between(
  { times, values }: Samples,
  index: number,
  ms: number,
  isCounter: boolean,
): number {
  const before = at(values, index);
  const after = at(values, index + 1);
  const from = isCounter && after < before ? 0 : before;
  const share = (ms - at(times, index)) / (at(times, index + 1) - at(times, index));
  return from + (after - from) * share;
}

/** What an extended range shows: its values at both edges, and the samples [lo, hi) between them. */
type Edges = {
  readonly left: number;
  readonly right: number;
  readonly lo: number;
  readonly hi: number;
};

/**
 * The values at the edges of a window: the sample before the start, and the last one, or where the
 * range is smoothed the lines through the samples around each edge. `undefined` where the window
 * shows nothing.
 */
function edgesOf(
  samples: Samples,
  { lo, hi, fromMs, toMs }: Window,
  extension: Extension,
  isCounter: boolean,
): Edges | undefined {
  const { times, values } = samples;
  const smoothed = extension === "smoothed";
  const first = Math.max(lo, firstAfter(times, lo, hi - 1, fromMs) - 1);
  const last = smoothed ? firstAfter(times, lo, hi - 1, toMs - 1) : hi - 1;
  if (at(times, last) <= fromMs || (smoothed && at(times, first) > toMs)) return undefined;
  const leftOpen = smoothed && at(times, first) < fromMs;
  const rightOpen = smoothed && last > lo && at(times, last) > toMs;
  return {
    left: leftOpen ? between(samples, first, fromMs, isCounter) : at(values, first),
    right: rightOpen ? between(samples, last - 1, toMs, isCounter) : at(values, last),
    lo: at(times, first) <= fromMs ? first + 1 : first,
    hi: at(times, last) >= toMs ? last : last + 1,
  };
}

/** `rate`, `increase` and `delta` over an extended range: what its edges differ by, nothing is added. */
export function extendedRate(
  kind: "rate" | "increase" | "delta",
  extension: Extension,
): WindowFunction {
  const isCounter = kind !== "delta";
  return (samples) => (window) => {
    const edges = edgesOf(samples, window, extension, isCounter);
    if (edges === undefined) return undefined;
    const { left, right, lo, hi } = edges;
    let difference = right - left;
    if (isCounter) {
      let before = left;
      for (let i = lo; i < hi; i++) {
        const value = at(samples.values, i);
        if (value < before) difference += before;
        before = value;
      }
      if (right < before) difference += before;
    }
    return kind === "rate" ? difference / ((window.toMs - window.fromMs) / SECOND_MS) : difference;
  };
}

/** `changes` and `resets` over an anchored range: counted from the sample before its start. */
export function anchoredCount(count: WindowFunction): WindowFunction {
  return (samples) => {
    const counted = count(samples);
    return (window) => {
      const { lo, hi, fromMs } = window;
      const inside = firstAfter(samples.times, lo, hi, fromMs);
      return inside === hi ? undefined : counted({ ...window, lo: Math.max(lo, inside - 1) });
    };
  };
}

/** The samples of an extended range as they are shown: with one at each of its edges. */
export function extendedSamples(samples: Samples, window: Window, extension: Extension): Samples {
  const edges = edgesOf(samples, window, extension, false);
  if (edges === undefined) return { times: new Float64Array(), values: new Float64Array() };
  const { left, right, lo, hi } = edges;
  return {
    times: Float64Array.from([window.fromMs, ...samples.times.subarray(lo, hi), window.toMs]),
    values: Float64Array.from([left, ...samples.values.subarray(lo, hi), right]),
  };
}

/** A smoothed selector's value at a time: on the line between the samples around it. */
export function smoothedAt(samples: Samples, window: Window): number | undefined {
  const { times, values } = samples;
  const next = firstAfter(times, window.lo, window.hi, window.toMs - 1);
  if (next < window.hi && at(times, next) === window.toMs) return at(values, next);
  if (next === window.lo) return undefined;
  if (next === window.hi) return at(values, next - 1);
  return between(samples, next - 1, window.toMs, false);
}
