import { SECOND_MS } from "../model/time.ts";
import type { Samples, Window, WindowFunction } from "./windows.ts";

const at = (values: Float64Array, index: number): number => values[index] ?? NaN;

/** Indices of samples that are smaller than the one before: where the counter began anew. */
function resetsOf({ values }: Samples): number[] {
  const resets: number[] = [];
  for (let i = 1; i < values.length; i++) if (at(values, i) < at(values, i - 1)) resets.push(i);
  return resets;
}

/**
 * `rate`, `increase` and `delta`: the difference over the window, extended to the window's ends
 * where the samples come close enough to them, otherwise by half a sample distance; a counter is
 * never extended to below zero.
 */
export function extrapolated(kind: "rate" | "increase" | "delta"): WindowFunction {
  const isCounter = kind !== "delta";
  return (samples) => {
    const { values } = samples;
    const resets = isCounter ? resetsOf(samples) : [];
    let firstReset = 0;
    return (window) => {
      const { lo, hi } = window;
      if (hi - lo < 2) return undefined;
      let difference = at(values, hi - 1) - at(values, lo);
      while (firstReset < resets.length && (resets[firstReset] ?? 0) <= lo) firstReset++;
      for (let i = firstReset; i < resets.length && (resets[i] ?? 0) < hi; i++) {
        difference += at(values, (resets[i] ?? 0) - 1);
      }
      const factor = extension(samples, window, isCounter ? difference : undefined);
      const seconds = (window.toMs - window.fromMs) / SECOND_MS;
      return difference * (kind === "rate" ? factor / seconds : factor);
    };
  };
}

/** How many times longer than the sampled stretch the extended one is. */
function extension(
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
  return ({ times, values }) =>
    ({ lo, hi }) => {
      if (hi - lo < 2) return undefined;
      const last = at(values, hi - 1);
      const before = at(values, hi - 2);
      if (kind === "idelta") return last - before;
      const difference = last < before ? last : last - before;
      return difference / ((at(times, hi - 1) - at(times, hi - 2)) / SECOND_MS);
    };
}

export const resets: WindowFunction =
  ({ values }) =>
  ({ lo, hi }) => {
    let count = 0;
    for (let i = lo + 1; i < hi; i++) if (at(values, i) < at(values, i - 1)) count++;
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
