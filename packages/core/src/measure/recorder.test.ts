import type { Call } from "../model/call.ts";
import { type IndexedBuckets, indexedBuckets } from "../model/histogram-buckets.ts";
import { formatLabels } from "../model/labels.ts";
import type { Append, NativeHistogram } from "../model/sample.ts";
import { epochMs } from "../model/time.ts";

/** Keeps what was appended, one line a sample: `seconds series value`. */
export class Recorder {
  readonly lines: string[] = [];
  readonly append: Append = (labels, at, value) => {
    const shown = typeof value === "object" ? histogramText(value) : value;
    this.lines.push(`${at / 1000} ${formatLabels(labels)} ${shown}`);
  };

  /** The lines that contain a text, which is then forgotten by the recorder. */
  take(...texts: readonly string[]): readonly string[] {
    const found = this.lines.filter((line) => texts.every((text) => line.includes(text)));
    this.lines.length = 0;
    return found;
  }
}

/** `schema/threshold index:count … = count, sum`; the zero bucket is 0, negative ones have a minus. */
function histogramText(histogram: NativeHistogram): string {
  const { schema, zeroThreshold, zeroCount, count, sum } = histogram;
  const side = (sign: string, { indices, counts }: IndexedBuckets): string[] =>
    indices.map((index, i) => `${sign}[${index}]:${counts[i]}`);
  const buckets = [
    ...(zeroCount === 0 ? [] : [`0:${zeroCount}`]),
    ...side("", indexedBuckets(histogram.positiveSpans, histogram.positiveBuckets)),
    ...side("-", indexedBuckets(histogram.negativeSpans, histogram.negativeBuckets)),
  ];
  return [`${schema}/${zeroThreshold}`, ...buckets, `= ${count}, ${sum}`].join(" ");
}

/** Fields of a call to set, or (by `undefined`) to leave out. */
export type CallFields = { readonly [Name in keyof Call]?: Call[Name] | undefined };

let spans = 0;

/** A plain successful chat call; each has a span id of its own. */
export function call(fields: CallFields = {}): Call {
  spans++;
  return {
    traceId: "0".repeat(32),
    spanId: spans.toString(16).padStart(16, "0"),
    kind: "inference",
    operation: "chat",
    startAt: epochMs(0),
    endAt: epochMs(1000),
    durationS: 1,
    service: "shop",
    provider: "openai",
    requestModel: "m",
    stream: false,
    finishReasons: [],
    usage: { inputTokens: 10, outputTokens: 5 },
    usageSource: "provider",
    weight: 1,
    dialect: "otel",
    ...fields,
  } as Call;
}

/** A time in seconds. */
export function s(seconds: number): ReturnType<typeof epochMs> {
  return epochMs(seconds * 1000);
}
