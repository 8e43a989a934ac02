import type { Input, InputBody } from "@naruko/core/model/engine-io";
import { InputError } from "@naruko/core/model/input-error";
import type { MetricMetadata } from "@naruko/core/model/received-series";
import type { SpanLink } from "@naruko/core/model/span-link";
import type { Telemetry, TraceContext } from "@naruko/core/model/telemetry";
import { epochMs } from "@naruko/core/model/time";
import { fromColumns, toColumns, type CallColumns } from "./call-columns.ts";
import {
  fromEvaluationColumns,
  toEvaluationColumns,
  type EvaluationColumns,
} from "./evaluation-columns.ts";
import { fromPointColumns, toPointColumns, type PointColumns } from "./point-columns.ts";
import { fromSeriesColumns, toSeriesColumns, type SeriesColumns } from "./series-columns.ts";

/**
 * The bytes of an input: one byte for the version of this encoding, 3 unused, 4 for the length of a JSON
 * text (little-endian), the text, zeros up to a multiple of 8, and the numbers as 64-bit floats.
 * Numbers stay out of the JSON because it has no NaN, no infinity and no negative zero, and
 * because printing them costs more than everything else.
 */
const ENCODING = 1;
const HEAD_BYTES = 8;
const NUMBER_BYTES = 8;

type Numbered<T> = Omit<T, "numbers"> & { readonly numbers: number };

/** The JSON text of a telemetry input; `numbers` is how many of the floats are theirs, in this order. */
type TelemetryHead = {
  readonly calls: Numbered<CallColumns>;
  readonly points: Numbered<PointColumns>;
  readonly evaluations: Numbered<EvaluationColumns>;
  /** Absent where there is none; their numbers are the last. */
  readonly series?: Numbered<SeriesColumns>;
  readonly metadata?: readonly MetricMetadata[];
  readonly links?: readonly SpanLink[];
  readonly contexts?: readonly TraceContext[];
};

const utf8 = new TextDecoder();

function pack(json: string, numbers: readonly Float64Array[]): Uint8Array<SharedArrayBuffer> {
  const textBytes = Buffer.byteLength(json);
  const floatsFrom = Math.ceil((HEAD_BYTES + textBytes) / NUMBER_BYTES) * NUMBER_BYTES;
  const count = numbers.reduce((sum, array) => sum + array.length, 0);
  // Shared, so that what the worker thread gets, at the commit and to keep it, is not copied.
  const bytes = new Uint8Array(new SharedArrayBuffer(floatsFrom + count * NUMBER_BYTES));
  bytes[0] = ENCODING;
  new DataView(bytes.buffer).setUint32(4, textBytes, true);
  Buffer.from(bytes.buffer).write(json, HEAD_BYTES);
  const floats = new Float64Array(bytes.buffer, floatsFrom, count);
  let at = 0;
  for (const array of numbers) {
    floats.set(array, at);
    at += array.length;
  }
  return bytes;
}

function unpack(bytes: Uint8Array): { head: unknown; numbers: Float64Array } {
  if (bytes[0] !== ENCODING) {
    throw new InputError(
      "snapshot",
      `an input is stored in encoding ${String(bytes[0])}, this version reads ${String(ENCODING)}: ` +
        "use the version of naruko that wrote it",
    );
  }
  const aligned = bytes.byteOffset % NUMBER_BYTES === 0 ? bytes : bytes.slice();
  const view = new DataView(aligned.buffer, aligned.byteOffset, aligned.byteLength);
  const textEnd = HEAD_BYTES + view.getUint32(4, true);
  const floatsFrom = Math.ceil(textEnd / NUMBER_BYTES) * NUMBER_BYTES;
  if (floatsFrom > aligned.byteLength) {
    throw new InputError("snapshot", "an input is stored shorter than its own length says");
  }
  const numbers = new Float64Array(
    aligned.buffer,
    aligned.byteOffset + floatsFrom,
    (aligned.byteLength - floatsFrom) / NUMBER_BYTES,
  );
  const head: unknown = JSON.parse(utf8.decode(aligned.subarray(HEAD_BYTES, textEnd)));
  return { head, numbers };
}

/** The bytes of telemetry; `telemetryOf` reads them. */
export function encodeTelemetry(telemetry: Telemetry): Uint8Array<SharedArrayBuffer> {
  const calls = toColumns(telemetry.calls);
  const points = toPointColumns(telemetry.points);
  const evaluations = toEvaluationColumns(telemetry.evaluations);
  const series = telemetry.series && toSeriesColumns(telemetry.series);
  const head: TelemetryHead = {
    calls: { ...calls, numbers: calls.numbers.length },
    points: { ...points, numbers: points.numbers.length },
    evaluations: { ...evaluations, numbers: evaluations.numbers.length },
    ...(series && { series: { ...series, numbers: series.numbers.length } }),
    ...(telemetry.metadata && { metadata: telemetry.metadata }),
    ...(telemetry.links && { links: telemetry.links }),
    ...(telemetry.contexts && { contexts: telemetry.contexts }),
  };
  const numbers = [calls.numbers, points.numbers, evaluations.numbers];
  return pack(JSON.stringify(head), series ? [...numbers, series.numbers] : numbers);
}

/** Telemetry as columns, as it is stored. */
export type TelemetryColumns = {
  readonly calls: CallColumns;
  readonly points: PointColumns;
  readonly evaluations: EvaluationColumns;
  readonly series?: SeriesColumns;
  readonly metadata?: readonly MetricMetadata[];
  readonly links?: readonly SpanLink[];
  readonly contexts?: readonly TraceContext[];
};

export function telemetryColumns(bytes: Uint8Array): TelemetryColumns {
  const { head, numbers } = unpack(bytes);
  // The version byte vouches for what the JSON holds.
  const { calls, points, evaluations, series, metadata, links, contexts } = head as TelemetryHead;
  const pointsFrom = calls.numbers;
  const evaluationsFrom = pointsFrom + points.numbers;
  const seriesFrom = evaluationsFrom + evaluations.numbers;
  return {
    calls: { ...calls, numbers: numbers.subarray(0, pointsFrom) },
    points: { ...points, numbers: numbers.subarray(pointsFrom, evaluationsFrom) },
    evaluations: { ...evaluations, numbers: numbers.subarray(evaluationsFrom, seriesFrom) },
    ...(series && { series: { ...series, numbers: numbers.subarray(seriesFrom) } }),
    ...(metadata && { metadata }),
    ...(links && { links }),
    ...(contexts && { contexts }),
  };
}

function telemetryOf(bytes: Uint8Array): Telemetry {
  const { calls, points, evaluations, series, ...rest } = telemetryColumns(bytes);
  return {
    calls: fromColumns(calls),
    points: fromPointColumns(points),
    evaluations: fromEvaluationColumns(evaluations),
    ...(series && { series: fromSeriesColumns(series) }),
    ...rest,
  };
}

/** The bytes of what an input says; `seq`, `at` and `kind` are stored beside them. */
export function encodeInput(input: Input): Uint8Array<SharedArrayBuffer> {
  if (input.kind === "telemetry") return encodeTelemetry(input.telemetry);
  const { seq: _seq, at: _at, ...body } = input;
  return pack(JSON.stringify(body), []);
}

/** Rebuilds an input from its columns. Throws an `InputError` for an encoding it does not know. */
export function decodeInput(stored: {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly bytes: Uint8Array;
}): Input {
  const { seq, bytes } = stored;
  const at = epochMs(stored.at);
  if (stored.kind === "telemetry")
    return { seq, at, kind: "telemetry", telemetry: telemetryOf(bytes) };
  return { seq, at, ...(unpack(bytes).head as InputBody) };
}
