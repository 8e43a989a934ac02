import { InputError, lineAndColumn } from "../model/input-error.ts";
import type { Labels } from "../model/labels.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import type { NativeHistogram } from "../model/sample.ts";
import type { EpochMs } from "../model/time.ts";

/** An exemplar as a target shows it: its time is optional there. */
export type ScrapedExemplar = {
  readonly labels: Labels;
  readonly value: number;
  readonly at?: EpochMs;
};

/** One sample as a target shows it, before it gets the target's labels. */
export type ScrapedSample = {
  /**
   * Name, value, name, value …, with `__name__`, as written: in any order, and with empty values,
   * because with `honor_labels` an empty one keeps the target's own label away. The same text of a
   * series gives the same array as long as it is shown in every scrape.
   */
  readonly pairs: readonly string[];
  readonly value: number | NativeHistogram;
  /** Present where the target says it. */
  readonly at?: EpochMs;
  /** When the counter began, where the target says so. */
  readonly startAt?: EpochMs;
  readonly exemplar?: ScrapedExemplar;
};

/** What a target showed, decoded. */
export type Exposition = {
  readonly samples: readonly ScrapedSample[];
  /** One a family of which anything is told, in the order of the page. */
  readonly metadata: readonly MetricMetadata[];
};

/** The error for what stands at an offset of a page: line, column, what is wrong. */
export function expositionError(page: string, offset: number, what: string): InputError {
  const { line, column } = lineAndColumn(page, offset);
  const place = { from: offset, to: offset };
  return new InputError("exposition", `line ${line}, column ${column}: ${what}`, place);
}

/** The value of a name among pairs; empty where it is absent. */
export function pairValue(pairs: readonly string[], name: string): string {
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1] ?? "";
  return "";
}
