import type { Exemplar } from "../../model/exemplar.ts";
import { labelsFrom, type Labels, METRIC_NAME, sortedLabels } from "../../model/labels.ts";
import type { ReceivedSample, ReceivedSeries } from "../../model/received-series.ts";
import { STALE, type Stale } from "../../model/sample.ts";
import { Tally as Counts } from "../../model/tally.ts";
import { type EpochMs, epochMs } from "../../model/time.ts";
import type { WireReader } from "../wire-reader.ts";
import { histogramFault } from "./histogram-fault.ts";
import { readHistogram, type ReadHistogram } from "./read-histogram.ts";

/** A time series as its message has it. */
export type WrittenSeries = {
  /** Name, value, name, value … in any order; `undefined` where a reference leads nowhere. */
  pairs: string[] | undefined;
  readonly samples: WrittenSample[];
  readonly histograms: ReadHistogram[];
  readonly exemplars: WrittenExemplar[];
  /** When counting began, for samples that do not say it themselves; 0 where it is not told. */
  startAt: EpochMs;
};

type WrittenSample = {
  readonly at: EpochMs;
  readonly value: number | Stale;
  readonly startAt: EpochMs;
};

/** `pairs` as of a series; `at` 0 where it is not told. */
export type WrittenExemplar = {
  readonly pairs: readonly string[] | undefined;
  readonly value: number;
  readonly at: EpochMs;
};

export function emptySeries(): WrittenSeries {
  return { pairs: [], samples: [], histograms: [], exemplars: [], startAt: epochMs(0) };
}

/** Why a series is not taken, with all that it has. */
type LabelsFault = "metric-name" | "label-name" | "label-duplicate" | "symbol-missing";

/** Collects the series of one request, and counts what of them is refused. */
export class SeriesSink {
  readonly series: ReceivedSeries[] = [];
  readonly rejected: Counts = new Counts();
  /** How many of the stale markers were sent as histograms. */
  staleHistograms = 0;
  private readonly reader: WireReader;

  /** @param reader whose limits hold for the request */
  constructor(reader: WireReader) {
    this.reader = reader;
  }

  /** Takes what is good of a series. */
  take(written: WrittenSeries): void {
    const labels = labelsOf(written.pairs);
    if (typeof labels === "string") {
      const { samples, histograms, exemplars } = written;
      this.rejected.add(labels, samples.length + histograms.length + exemplars.length);
      return;
    }
    const samples = this.samples(written);
    const exemplars = this.exemplars(written, samples.at(-1)?.at);
    if (samples.length + exemplars.length > 0) this.series.push({ labels, samples, exemplars });
  }

  /** Whether one more sample may be read; where not, it is counted. */
  admits(): boolean {
    return this.reader.tally.admitsRecord();
  }

  private samples(written: WrittenSeries): readonly ReceivedSample[] {
    const samples: ReceivedSample[] = written.samples.map(({ at, value, startAt }) =>
      sample(at, value, startAt === 0 ? written.startAt : startAt),
    );
    for (const { at, value, isWhole, startAt } of written.histograms) {
      if (value === STALE) this.staleHistograms++;
      const fault =
        typeof value === "object"
          ? histogramFault(value, isWhole, this.reader.tally.limits)
          : undefined;
      if (fault === undefined)
        samples.push(sample(at, value, startAt === 0 ? written.startAt : startAt));
      else this.rejected.add(fault);
    }
    // Floats and histograms come in two lists, each in its order.
    const isMixed = written.samples.length > 0 && written.histograms.length > 0;
    return isMixed ? samples.toSorted((a, b) => a.at - b.at) : samples;
  }

  private exemplars(written: WrittenSeries, sampleAt: EpochMs | undefined): readonly Exemplar[] {
    const exemplars: Exemplar[] = [];
    for (const { pairs, value, at } of written.exemplars) {
      const time = at === 0 ? sampleAt : at;
      if (pairs === undefined || time === undefined) this.rejected.add("exemplar");
      else exemplars.push({ labels: labelsFrom(entriesOf(pairs)), value, at: time });
    }
    return exemplars;
  }
}

function sample(at: EpochMs, value: ReceivedSample["value"], startAt: EpochMs): ReceivedSample {
  return startAt === 0 ? { at, value } : { at, value, startAt };
}

function labelsOf(pairs: readonly string[] | undefined): Labels | LabelsFault {
  if (pairs === undefined) return "symbol-missing";
  let ascends = true;
  let hasName = false;
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] ?? "";
    const value = pairs[i + 1] ?? "";
    if (name === "") return "label-name";
    if (name === METRIC_NAME && value !== "") hasName = true;
    if (value === "" || (i > 0 && name <= (pairs[i - 2] ?? ""))) ascends = false;
  }
  if (!hasName) return "metric-name";
  if (ascends) return sortedLabels(pairs);
  const names = new Set(pairs.filter((_text, i) => i % 2 === 0));
  return names.size * 2 === pairs.length ? labelsFrom(entriesOf(pairs)) : "label-duplicate";
}

function entriesOf(pairs: readonly string[]): (readonly [string, string])[] {
  const entries: (readonly [string, string])[] = [];
  for (let i = 0; i < pairs.length; i += 2) entries.push([pairs[i] ?? "", pairs[i + 1] ?? ""]);
  return entries;
}

/** Reads the Sample that the current field holds; both versions have the same. */
export function readSample(reader: WireReader, into: WrittenSeries, sink: SeriesSink): void {
  if (!sink.admits()) {
    reader.skip();
    return;
  }
  const outer = reader.enter();
  let value: number | Stale = 0;
  let at = 0;
  let startAt = 0;
  while (reader.next()) {
    if (reader.field === 1) value = reader.sampleValue();
    else if (reader.field === 2) at = reader.int64();
    else if (reader.field === 3) startAt = reader.int64();
    else reader.skip();
  }
  reader.leave(outer);
  into.samples.push({ at: epochMs(at), value, startAt: epochMs(startAt) });
}

/** Reads the Histogram that the current field holds. */
export function takeHistogram(reader: WireReader, into: WrittenSeries, sink: SeriesSink): void {
  if (sink.admits()) into.histograms.push(readHistogram(reader));
  else reader.skip();
}
