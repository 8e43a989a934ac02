import type { Labels } from "./labels.ts";
import type { Matcher } from "./reader.ts";
import type { EpochMs } from "./time.ts";

/** One observation that a sample stands for, with what leads to it: usually `trace_id`. */
export type Exemplar = {
  /** At most 128 characters of names and values together (OpenMetrics 1.0, exemplars). */
  readonly labels: Labels;
  readonly value: number;
  readonly at: EpochMs;
};

/** How stages hand exemplars of a series to the store. */
export type KeepExemplar = (series: Labels, exemplar: Exemplar) => void;

/** The exemplars of one series, ascending in time. */
export type SeriesExemplars = {
  readonly labels: Labels;
  readonly exemplars: readonly Exemplar[];
};

/** Exemplars in [from, to] of the series that any of the sets of matchers means. */
export type FindExemplars = (
  sets: readonly (readonly Matcher[])[],
  from: EpochMs,
  to: EpochMs,
) => readonly SeriesExemplars[];
