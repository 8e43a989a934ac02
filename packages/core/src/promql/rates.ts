import { SECOND_MS } from "../model/time.ts";
import type { Samples, SeriesSamples, Window, WindowFunction } from "./windows.ts";

const at = (values: Float64Array, index: number): number => values[index] ?? NaN;

export type RateKind = "rate" | "increase" | "delta";

/** Indices of samples that are smaller than the one before, or say so: where the counter began anew. */
function resetsOf(samples: SeriesSamples): number[] {
  const { values, starts, start, end } = samples;
  const resets: number[] = [];
  for (let i = start + 1; i < end; i++) {
    const anew = starts !== undefined && startedBetween(samples, i);
    if (anew || at(values, i) < at(values, i - 1)) resets.push(i);
  }
  return resets;
}

/** Whether a sample's start lies between the sample before and itself. */
export function startedBetween({ times, starts }: Samples, index: number): boolean {
  if (starts === undefined) return false;
  const start = at(starts, index);
  const before = at(times, index - 1);
  // A start at its own sample is OpenTelemetry's way to say that it is not known.
  if (!(start < at(times, index)) || start < before) return false;
  if (start > before) return true;
  // A delta begins at the sample before, whose own start is known and lies before it.
  return at(starts, index - 1) < before;
}

/** Whether a sample's start lies before the sample before, and is not the start of that one. */
export function overlaps({ times, starts }: Samples, index: number): boolean {
  if (starts === undefined) return false;
  const start = at(starts, index);
  return start < at(times, index - 1) && start !== at(starts, index - 1);
}

/**
 * `rate`, `increase` and `delta`: the difference over the window, extended to the window's ends
 * where the samples come close enough to them, otherwise by half a sample distance; a counter is
 * never extended to below zero.
 */
export function extrapolated(
  kind: "rate" | "increase" | "delta",
  noteOverlap?: (samples: SeriesSamples) => void,
): WindowFunction {
  const isCounter = kind !== "delta";
  return (samples) => {
    const { times, values } = samples;
    const hasStarts = isCounter && samples.starts !== undefined;
    const resets = isCounter ? resetsOf(samples) : [];
    let firstReset = 0;
    return (window) => {
      const { lo, hi } = window;
      const startMs = hasStarts ? startInside(samples, window) : undefined;
      if (hi - lo < 2 && startMs === undefined) return undefined;
      let difference = at(values, hi - 1) - at(values, lo);
      while (firstReset < resets.length && (resets[firstReset] ?? 0) <= lo) firstReset++;
      for (let i = firstReset; i < resets.length && (resets[i] ?? 0) < hi; i++) {
        difference += at(values, (resets[i] ?? 0) - 1);
      }
      if (hasStarts && noteOverlap !== undefined) {
        for (let i = lo + 1; i < hi; i++) if (overlaps(samples, i)) noteOverlap(samples);
      }
      const seconds = (window.toMs - window.fromMs) / SECOND_MS;
      if (startMs !== undefined) {
        difference += at(values, lo);
        const factor = extensionFrom(startMs, times, window);
        return difference * (kind === "rate" ? factor / seconds : factor);
      }
      const factor = extension(samples, window, isCounter ? difference : undefined);
      return difference * (kind === "rate" ? factor / seconds : factor);
    };
  };
}

/** The start of a window's first sample, where the window shows it: the counter was 0 there. */
export function startInside(
  { times, starts }: Samples,
  { lo, fromMs }: Window,
): number | undefined {
  const start = starts?.[lo];
  return start !== undefined && start > fromMs && start < at(times, lo) ? start : undefined;
}

/** As `extension`, from a start that is known to a window's end. */
export function extensionFrom(
  startMs: number,
  times: Float64Array,
  { lo, hi, toMs }: Window,
): number {
  const lastAt = at(times, hi - 1);
  const sampled = (lastAt - startMs) / SECOND_MS;
  const distance = hi - lo < 2 ? 0 : (lastAt - at(times, lo)) / SECOND_MS / (hi - 1 - lo);
  const toEnd = (toMs - lastAt) / SECOND_MS;
  return (sampled + (toEnd >= distance * 1.1 ? distance / 2 : toEnd)) / sampled;
}

/** How many times longer than the sampled stretch the extended one is. */
export function extension(
  { times, values }: Samples,
  { lo, hi, fromMs, toMs }: Window,
  counted: number | undefined,
): number {
  const firstAt = at(times, lo);
  const lastAt = at(times, hi - 1);
  let toStart = (firstAt - fromMs) / SECOND_MS;
  let toEnd = (toMs - lastAt) / SECOND_MS;
  const sampled = (lastAt - firstAt) / SECOND_MS;
  const distance = sampled / (hi - 1 - lo);
  // Up to a tenth more than the usual distance counts as "the series goes on".
  const threshold = distance * 1.1;
  if (toStart >= threshold) toStart = distance / 2;
  const first = at(values, lo);
  if (counted !== undefined && counted > 0 && first >= 0) {
    const toZero = sampled * (first / counted);
    if (toZero < toStart) toStart = toZero;
  }
  if (toEnd >= threshold) toEnd = distance / 2;
  return (sampled + toStart + toEnd) / sampled;
}

/** `irate` and `idelta`: from the last two samples alone. */
export function fromLastTwo(kind: "irate" | "idelta"): WindowFunction {
  return (samples) =>
    ({ lo, hi }) => {
      if (hi - lo < 2) return undefined;
      const { times, values } = samples;
      const last = at(values, hi - 1);
      const before = at(values, hi - 2);
      if (kind === "idelta") return last - before;
      const anew = last < before || startedBetween(samples, hi - 1);
      const difference = anew ? last : last - before;
      return difference / ((at(times, hi - 1) - at(times, hi - 2)) / SECOND_MS);
    };
}

export const resets: WindowFunction =
  (samples) =>
  ({ lo, hi }) => {
    const { values } = samples;
    let count = 0;
    for (let i = lo + 1; i < hi; i++) {
      if (at(values, i) < at(values, i - 1) || startedBetween(samples, i)) count++;
    }
    return count;
  };

export const changes: WindowFunction =
  ({ values }) =>
  ({ lo, hi }) => {
    let count = 0;
    for (let i = lo + 1; i < hi; i++) {
      const value = at(values, i);
      const before = at(values, i - 1);
      if (value !== before && !(Number.isNaN(value) && Number.isNaN(before))) count++;
    }
    return count;
  };
