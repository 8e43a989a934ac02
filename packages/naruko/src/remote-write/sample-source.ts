import type { Engine } from "@naruko/core/engine/engine";
import { OWN_METADATA } from "@naruko/core/engine/own-metadata";
import type { Input } from "@naruko/core/model/engine-io";
import type { SeriesExemplars } from "@naruko/core/model/exemplar";
import { labelValue, METRIC_NAME } from "@naruko/core/model/labels";
import type { Matcher, SeriesSlice } from "@naruko/core/model/reader";
import type { MetricMetadata } from "@naruko/core/model/received-series";
import { type EpochMs, epochMs } from "@naruko/core/model/time";
import type { Disk } from "../disk/disk.ts";
import { inTurns, type QuerySources, readerFor } from "../drive/query.ts";

/** What is there to be sent, wherever it is kept. */
export type SampleSource = {
  /** The input that was applied last, and the last tick; absent before the first. */
  readonly position: () => { readonly tick?: EpochMs; readonly seq: number };
  /** Everything with a time in (from, to]; `to` is not after the last tick. Throws where the disk fails. */
  readonly window: (from: EpochMs, to: EpochMs) => Promise<SampleWindow>;
  /** Inputs after `seq`, as far as they are still kept. Throws where the disk fails. */
  readonly inputsAfter: (seq: number) => AsyncIterable<Input>;
  readonly metadata: () => Iterable<MetricMetadata>;
  /** With a time in (from, to]. */
  readonly exemplars: (from: EpochMs, to: EpochMs) => readonly SeriesExemplars[];
};

export type SampleWindow = {
  /** Names of metrics, sorted. */
  readonly names: readonly string[];
  readonly samples: (name: string) => Promise<readonly SeriesSlice[]>;
};

/** The samples of a running engine: of memory, and of the disk where memory has let them go. */
export function engineSource(
  sources: QuerySources & { readonly engine: Engine; readonly disk: Disk },
): SampleSource {
  const { engine, disk } = sources;
  return {
    position: () => {
      const { lastTick: tick, seq } = engine.position;
      return { seq, ...(tick === undefined ? {} : { tick }) };
    },
    window: (from, to) => windowOf(from, to, sources),
    inputsAfter: (seq) => disk.inputsAfter(seq),
    exemplars: (from, to) => engine.exemplars.select([[]], epochMs(from + 1), to),
    *metadata() {
      yield* OWN_METADATA;
      yield* engine.metadata.families.values();
    },
  };
}

async function windowOf(
  from: EpochMs,
  to: EpochMs,
  sources: QuerySources & { readonly engine: Engine; readonly disk: Disk },
): Promise<SampleWindow> {
  const { engine, disk } = sources;
  const names = new Set<string>();
  const found = await inTurns(engine.findSeries([], from, to), () => undefined);
  for (const labels of found) names.add(labelValue(labels, METRIC_NAME));
  const isInMemory = from >= engine.memoryFrom();
  if (!isInMemory) {
    const stored = await disk.series({ from, to });
    if (!stored.ok) throw new Error(stored.reason);
    for (const labels of stored.value) names.add(labelValue(labels, METRIC_NAME));
  }
  // A reader notes the length of every list: one serves all names where it can.
  const memory = isInMemory ? engine.readerAt(to) : undefined;
  return {
    names: [...names].toSorted(),
    samples: async (name) => {
      const matchers: readonly Matcher[] = [{ name: METRIC_NAME, op: "=", value: name }];
      const reader = memory ?? (await readerFor([{ matchers, from, to }], sources));
      await new Promise(setImmediate);
      return reader.select(matchers, from, to);
    },
  };
}
