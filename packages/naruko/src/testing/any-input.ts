// What the tests of the disk write: calls with chosen fields, and arbitrary inputs with every field.
import * as fc from "fast-check";
import type { Call } from "@naruko/core/model/call";
import type { Input } from "@naruko/core/model/engine-io";
import type { Evaluation } from "@naruko/core/model/evaluation";
import { labels } from "@naruko/core/model/labels";
import type { MetricPoint } from "@naruko/core/model/metric-point";
import type {
  MetricMetadata,
  ReceivedSample,
  ReceivedSeries,
} from "@naruko/core/model/received-series";
import { type CounterReset, type NativeHistogram, STALE } from "@naruko/core/model/sample";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { epochMs } from "@naruko/core/model/time";

/** A plain successful call, with some fields replaced. */
export function aCall(fields: Partial<Call>): Call {
  return {
    traceId: "0123456789abcdef0123456789abcdef",
    spanId: "0123456789abcdef",
    kind: "inference",
    operation: "chat",
    startAt: epochMs(1000),
    endAt: epochMs(2500),
    durationS: 1.5,
    service: "shop",
    provider: "openai",
    requestModel: "gpt-4o",
    stream: false,
    finishReasons: ["stop"],
    usage: { inputTokens: 10, outputTokens: 3 },
    usageSource: "provider",
    weight: 1,
    dialect: "genai",
    ...fields,
  };
}

export function telemetryOf(
  calls: readonly Call[],
  evaluations: readonly Evaluation[] = [],
): Telemetry {
  return { calls, points: [], evaluations };
}

/** An input with calls, a second after the one before. */
export function telemetryInput(seq: number, calls: readonly Call[]): Input {
  return { seq, at: epochMs(seq * 1000), kind: "telemetry", telemetry: telemetryOf(calls) };
}

const time = fc.integer({ min: 0, max: 4_102_444_800_000 }).map(epochMs);
// Lone surrogates and NUL too: senders can spell them in JSON.
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.string({ unit: fc.constantFrom("a", '"', "\\", "\0", "\n", "\ud800", "\udfff", "é") }),
);
const number = fc.double();
const { option, constantFrom, array, boolean, oneof } = fc;
const list = array(text, { maxLength: 3 });

/** A record whose objects have the usual prototype, as decoding makes them. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

/** A record in which only the named keys are always there. */
function partial<T>(
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
  requiredKeys: (keyof T)[],
): fc.Arbitrary<Partial<T>> {
  return fc.record(model, { noNullPrototype: true, requiredKeys });
}

const required = {
  traceId: text,
  spanId: text,
  kind: constantFrom("inference", "embeddings", "tool", "agent"),
  operation: text,
  startAt: time,
  endAt: time,
  durationS: number,
  service: text,
  stream: boolean(),
  finishReasons: list,
  usageSource: constantFrom("provider", "estimated", "missing"),
  weight: number,
  dialect: text,
} as const;
const optional = {
  parentSpanId: text,
  serviceVersion: text,
  environment: text,
  provider: text,
  requestModel: text,
  responseModel: text,
  serverAddress: text,
  errorType: text,
  ending: constantFrom("cancelled", "closed", "abandoned", "cut", "raw"),
  timeToFirstChunkS: number,
  timePerOutputChunkS: number,
  costUsd: number,
  unpriced: constantFrom("unknown-model", "missing-usage", "cancelled"),
  responseId: text,
  systemFingerprint: text,
  conversationId: text,
  userId: text,
  promptName: text,
  promptVersion: text,
  toolName: text,
  agentName: text,
  flags: list,
} as const;
const usage = partial(
  {
    inputTokens: number,
    outputTokens: number,
    cacheReadTokens: number,
    cacheWriteTokens: number,
    reasoningTokens: number,
  },
  [],
);
const callText = partial({ system: text, input: text, output: text }, []);

export const anyCall: fc.Arbitrary<Call> = partial(
  { ...required, usage, ...optional, text: callText },
  [...(Object.keys(required) as (keyof typeof required)[]), "usage"],
) as fc.Arbitrary<Call>;

export const anyEvaluation: fc.Arbitrary<Evaluation> = partial(
  {
    name: text,
    at: time,
    service: text,
    score: number,
    label: text,
    explanation: text,
    errorType: text,
    traceId: text,
    spanId: text,
    responseId: text,
    environment: text,
    judge: text,
    weight: fc.double({ min: 1e-9, noNaN: true, noDefaultInfinity: true }),
  },
  ["name", "at", "service"],
) as fc.Arbitrary<Evaluation>;

const anyLabels = fc
  .dictionary(
    text.filter((name) => name !== "" && name !== "__proto__"),
    text,
    { maxKeys: 4, noNullPrototype: true },
  )
  .map(labels);
const temporality = constantFrom("cumulative" as const, "delta" as const);
const numbers = array(number, { maxLength: 4 });
const anyBuckets = array(fc.nat(3), { maxLength: 3 }).chain((lengths) =>
  record({
    spans: fc.tuple(
      ...lengths.map((length) => record({ offset: fc.integer(), length: fc.constant(length) })),
    ),
    counts: fc.tuple(...lengths.flatMap((length) => Array.from({ length }, () => number))),
  }),
);

const anyHistogram: fc.Arbitrary<NativeHistogram> = record({
  counterReset: constantFrom<CounterReset[]>("unknown", "reset", "not-reset", "gauge"),
  schema: fc.integer({ min: -53, max: 8 }),
  zeroThreshold: number,
  zeroCount: number,
  count: number,
  sum: number,
  positive: anyBuckets,
  negative: anyBuckets,
  customBounds: numbers,
}).map(({ positive, negative, ...rest }) => ({
  ...rest,
  positiveSpans: positive.spans,
  positiveBuckets: positive.counts,
  negativeSpans: negative.spans,
  negativeBuckets: negative.counts,
}));

const pointValue = oneof(
  record({ type: fc.constant("gauge" as const), value: number }),
  record({ type: fc.constant("sum" as const), monotonic: boolean(), temporality, value: number }),
  record({
    type: fc.constant("histogram" as const),
    temporality,
    buckets: partial({ bounds: numbers, counts: numbers, sum: number, count: number }, [
      "bounds",
      "counts",
      "count",
    ]),
  }),
  record({
    type: fc.constant("exponential-histogram" as const),
    temporality,
    histogram: anyHistogram.map((histogram) => ({
      ...histogram,
      counterReset: "unknown" as const,
      customBounds: [],
    })),
  }),
  record({
    type: fc.constant("end" as const),
    of: constantFrom("gauge", "sum", "histogram", "exponential-histogram"),
  }),
);

export const anyPoint: fc.Arbitrary<MetricPoint> = fc
  .tuple(anyLabels, time, option(time, { nil: undefined }), text, pointValue)
  .map(
    ([itsLabels, at, startAt, service, value]) =>
      ({
        labels: itsLabels,
        at,
        ...(startAt !== undefined && { startAt }),
        service,
        ...value,
      }) as MetricPoint,
  );

const anySeries: fc.Arbitrary<ReceivedSeries> = record({
  labels: anyLabels,
  samples: array(
    partial({ at: time, value: oneof(number, fc.constant(STALE), anyHistogram), startAt: time }, [
      "at",
      "value",
    ]) as fc.Arbitrary<ReceivedSample>,
    { maxLength: 4 },
  ),
  exemplars: array(record({ labels: anyLabels, value: number, at: time }), { maxLength: 2 }),
});

const anyMetadata: fc.Arbitrary<MetricMetadata> = record({
  name: text,
  type: constantFrom<MetricMetadata["type"][]>("counter", "gauge", "histogram", "unknown"),
  help: text,
  unit: text,
});

const setup = partial(
  {
    ruleFiles: array(record({ name: text, text }), { maxLength: 2 }),
    routing: record({ name: text, text }),
    alertmanagers: list,
    externalUrl: text,
    sources: fc.dictionary(
      text.filter((name) => name !== "__proto__"),
      constantFrom("spans", "metrics"),
      { maxKeys: 2, noNullPrototype: true },
    ),
  },
  ["ruleFiles", "alertmanagers", "externalUrl", "sources"],
);
const outcome = oneof(
  fc.constant({ ok: true }),
  record({ ok: fc.constant(false), retry: boolean(), reason: text }),
);

export const anyInput: fc.Arbitrary<Input> = fc
  .tuple(
    fc.integer({ min: 1 }),
    time,
    oneof(
      record({
        kind: fc.constant("telemetry"),
        telemetry: partial<Telemetry>(
          {
            calls: array(anyCall, { maxLength: 5 }),
            points: array(anyPoint, { maxLength: 5 }),
            evaluations: array(anyEvaluation, { maxLength: 3 }),
            series: array(anySeries, { maxLength: 3 }),
            metadata: array(anyMetadata, { maxLength: 3 }),
            contexts: array(record({ traceId: text, text }), { maxLength: 2 }),
            links: array(record({ traceId: text, spanId: text, parentSpanId: text }), {
              maxLength: 3,
            }),
          },
          ["calls", "points", "evaluations"],
        ),
      }),
      fc.constant({ kind: "tick" }),
      record({ kind: fc.constant("gap"), from: time, to: time }),
      record({ kind: fc.constant("reload"), setup }),
      record({ kind: fc.constant("outcome"), delivery: text, outcome }),
    ),
  )
  .map(([seq, at, body]) => ({ seq, at, ...body }) as Input);
