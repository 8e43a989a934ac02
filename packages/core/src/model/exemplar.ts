import type { Labels } from "./labels.ts";
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
