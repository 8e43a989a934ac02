import type { EpochMs } from "../model/time.ts";

/** One attribute's value as OTLP's AnyValue has it; bytes stay bytes, 64-bit integers become numbers. */
export type AttributeValue =
  | string
  | number
  | boolean
  | Uint8Array
  | readonly AttributeValue[]
  | ReadonlyMap<string, AttributeValue>
  | null;

/** Attributes by key; of equal keys the last wins. */
export type Attributes = ReadonlyMap<string, AttributeValue>;

/** Who sent it: shared by all records below it. */
export type Origin = {
  readonly resource: Attributes;
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly schemaUrl: string;
};

export type SpanEventRecord = {
  readonly name: string;
  readonly at: EpochMs;
  readonly attributes: Attributes;
};

export type SpanRecord = {
  readonly origin: Origin;
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** OTLP's SpanKind: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startAt: EpochMs;
  readonly endAt: EpochMs;
  /** End minus start, exact, in nanoseconds; negative when the sender's clock went backwards. */
  readonly durationNs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEventRecord[];
  /** OTLP's StatusCode: 0 unset, 1 ok, 2 error. */
  readonly statusCode: number;
  readonly statusMessage: string;
};

export type LogRecord = {
  readonly origin: Origin;
  /** Event time, else observed time; 0 where the sender told neither. */
  readonly at: EpochMs;
  readonly eventName: string;
  readonly severityNumber: number;
  readonly body: AttributeValue;
  readonly attributes: Attributes;
  /** Empty where the record belongs to no span. */
  readonly traceId: string;
  readonly spanId: string;
};

/** OTLP's AggregationTemporality: 0 unspecified, 1 delta, 2 cumulative. */
export type Temporality = 0 | 1 | 2;

export type NumberPoint = {
  readonly attributes: Attributes;
  readonly startAt: EpochMs;
  readonly at: EpochMs;
  readonly value: number;
  /** Bit 0: no recorded value. */
  readonly flags: number;
};

export type HistogramPoint = {
  readonly attributes: Attributes;
  readonly startAt: EpochMs;
  readonly at: EpochMs;
  readonly count: number;
  readonly sum: number | undefined;
  readonly bucketCounts: readonly number[];
  readonly explicitBounds: readonly number[];
  readonly flags: number;
};

/** Buckets of one sign: the first has this index, the others follow it. */
export type ExponentialBuckets = { readonly offset: number; readonly counts: readonly number[] };

export type ExponentialPoint = {
  readonly attributes: Attributes;
  readonly startAt: EpochMs;
  readonly at: EpochMs;
  readonly count: number;
  readonly sum: number | undefined;
  /** A bucket's bounds grow by 2^(2^-scale). */
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
  readonly flags: number;
};

export type MetricRecord = {
  readonly origin: Origin;
  readonly name: string;
  readonly unit: string;
  readonly description: string;
} & (
  | { readonly type: "gauge"; readonly points: readonly NumberPoint[] }
  | {
      readonly type: "sum";
      readonly monotonic: boolean;
      readonly temporality: Temporality;
      readonly points: readonly NumberPoint[];
    }
  | {
      readonly type: "histogram";
      readonly temporality: Temporality;
      readonly points: readonly HistogramPoint[];
    }
  | {
      readonly type: "exponential-histogram";
      readonly temporality: Temporality;
      readonly points: readonly ExponentialPoint[];
    }
  /** Kinds that are decoded no further: their points are rejected with the reason, never dropped silently. */
  | {
      readonly type: "summary" | "unknown";
      readonly pointCount: number;
    }
);

/** Why a record was not taken. Metrics are counted in data points. */
export type RejectReason =
  | "trace-id-invalid"
  | "span-id-invalid"
  | "parent-span-id-invalid"
  /** A number point without a value and without the flag that says so. */
  | "value-missing"
  /** A histogram whose counts and bounds do not fit each other. */
  | "buckets-invalid"
  /** A metric carried data of two kinds: the last one is taken, as protobuf has it. */
  | "data-replaced"
  /** Beyond `limits.recordsPerRequest`. */
  | "records-limit";

/** What was left out of records that were taken, by the limit that was reached. */
export type CutReason =
  /** Texts and bytes beyond `limits.attributeLength`: how many were cut. */
  | "text-length"
  /** Entries of a list or map beyond `limits.attributeLength`: how many were dropped. */
  | "value-entries"
  /** Values nested deeper than `limits.depth`: how many became null. */
  | "value-depth"
  /** Attributes beyond `limits.attributesPerRecord`: how many were dropped. */
  | "attributes"
  /** Span events beyond `limits.eventsPerSpan`: how many were dropped. */
  | "events";

/** What a request's bytes hold, and what of it was not taken, by reason. */
export type Decoded<T> = {
  readonly records: readonly T[];
  readonly rejected: ReadonlyMap<RejectReason, number>;
  readonly cut: ReadonlyMap<CutReason, number>;
};
