import type { Limits } from "../model/limits.ts";
import type { Labels } from "../model/labels.ts";
import type { ReceivedSample, ReceivedSeries, SeriesOutcome } from "../model/received-series.ts";
import type { NativeHistogram } from "../model/sample.ts";
import { Tally } from "../model/tally.ts";
import { type EpochMs, MINUTE_MS } from "../model/time.ts";
import type { ExemplarStore } from "../store/exemplars.ts";
import type { Store } from "../store/store.ts";

/** A sample's own time may lie this far past its arrival (DESIGN section 3, Time). */
const AHEAD_MS = 10 * MINUTE_MS;

/** What received samples are held against. */
export type Arrival = {
  readonly at: EpochMs;
  /**
   * Earlier samples are too old: memory has let go of what they would lie among, so that neither
   * their order nor a repeat could be told.
   */
  readonly from: EpochMs;
};

/**
 * Writes samples that are final as they come, under their own times and labels. Late ones are taken
 * as far as the store's window goes; whatever is left out is counted, also in what is returned.
 */
export function takeSeries(
  all: readonly ReceivedSeries[],
  arrival: Arrival,
  ports: {
    readonly store: Store;
    readonly exemplars: ExemplarStore;
    readonly limits: Limits;
    readonly counters: Tally;
    /** Under which labels a series is kept; as it was sent where not told. */
    readonly labelsOf?: (sent: Labels) => Labels;
  },
): SeriesOutcome {
  const { store, limits, counters, labelsOf = asSent } = ports;
  const refused = new Tally();
  let samples = 0;
  let histograms = 0;
  let exemplars = 0;
  for (const series of all) {
    const labels = labelsOf(series.labels);
    const fault = labelFault(labels, limits);
    for (const sample of series.samples) {
      const result = fault ?? timeFault(sample, arrival) ?? append(store, labels, sample);
      if (result === "late") counters.add("late_samples");
      if (result === "repeat") counters.add("repeated_samples");
      if (result !== "appended" && result !== "late" && result !== "repeat") refused.add(result);
      else if (typeof sample.value === "object") histograms++;
      else samples++;
    }
    for (const exemplar of fault === undefined ? series.exemplars : []) {
      const result = timeFault(exemplar, arrival) ?? ports.exemplars.add(labels, exemplar);
      // The exposition of a series repeats its newest exemplar until there is another one.
      if (result === "added" || result === "duplicate") exemplars++;
      else counters.add(`exemplars_${result}`);
    }
  }
  for (const [reason, count] of refused.counts) counters.add(`rejected_samples_${reason}`, count);
  return { samples, histograms, exemplars, refused: refused.counts };
}

function asSent(sent: Labels): Labels {
  return sent;
}

function append(store: Store, labels: Labels, { at, value }: ReceivedSample) {
  return store.append(labels, at, typeof value === "object" ? withoutPromise(value) : value);
}

/**
 * A sender's word that there was no reset is about the sample that it sent before, which may be
 * missing here: counts are compared instead.
 */
function withoutPromise(histogram: NativeHistogram): NativeHistogram {
  if (histogram.counterReset !== "not-reset") return histogram;
  return { ...histogram, counterReset: "unknown" };
}

type LabelFault = "too-many-labels" | "label-too-long";

/** Labels that are cut would make two series one, so those past a limit are refused. */
function labelFault({ pairs }: Labels, limits: Limits): LabelFault | undefined {
  if (pairs.length / 2 > limits.labelsPerPoint) return "too-many-labels";
  const { labelLength } = limits;
  return pairs.some((text) => text.length > labelLength) ? "label-too-long" : undefined;
}

function timeFault(
  { at }: Pick<ReceivedSample, "at">,
  arrival: Arrival,
): "too-old" | "too-new" | undefined {
  if (!(at > arrival.from)) return "too-old";
  return at > arrival.at + AHEAD_MS ? "too-new" : undefined;
}
