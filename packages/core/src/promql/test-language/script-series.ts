import type { Labels } from "../../model/labels.ts";
import type { SampleValue, Stale } from "../../model/sample.ts";

/** One series as it was loaded; later loads add to it. Times in ms. */
export type ScriptSeries = {
  readonly labels: Labels;
  readonly samples: Map<number, ScriptSample>;
};

export type ScriptSample = {
  readonly value: SampleValue | Stale;
  /** When the counter began. */
  readonly startAt?: number;
};
