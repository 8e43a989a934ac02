import {
  type Attributes,
  type AttributeValue,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  SpanKind,
  type TimeInput,
  trace,
  TraceFlags,
} from "@opentelemetry/api";
import { enclosingSpan } from "../active-span.ts";
import type { CallTracer } from "../telemetry.ts";
import { attributesJson, randomId, unixNano } from "./otlp-json.ts";

/** What ended spans are handed to, as JSON. */
export type SpanSink = (span: string) => void;

/** A tracer that samples everything and knows what observed calls need of spans. */
export class OwnTracer implements CallTracer {
  readonly #sink: SpanSink;

  constructor(sink: SpanSink) {
    this.#sink = sink;
  }

  startSpan(name: string, options: SpanOptions = {}, parent?: Context): Span {
    const around = parent === undefined ? enclosingSpan() : trace.getSpanContext(parent);
    const above = options.root === true ? undefined : around;
    return new OwnSpan(name, options, above, this.#sink);
  }
}

/** OTLP counts kinds from 1; 0 is "not told". */
const FIRST_KIND = 1;

const NO_ATTRIBUTES: Attributes = {};

/** Takes attributes over as they are handed in: only this package does, and changes none of them then. */
class OwnSpan implements Span {
  readonly #context: SpanContext;
  readonly #parent: SpanContext | undefined;
  readonly #kind: SpanKind;
  readonly #startMs: number;
  readonly #first: Attributes;
  #later: Attributes | undefined;
  readonly #sink: SpanSink;
  #name: string;
  #status: SpanStatus = { code: SpanStatusCode.UNSET };
  #ended = false;

  constructor(name: string, options: SpanOptions, parent: SpanContext | undefined, sink: SpanSink) {
    this.#name = name;
    this.#parent = parent;
    this.#context = {
      traceId: parent?.traceId ?? randomId(16),
      spanId: randomId(8),
      traceFlags: TraceFlags.SAMPLED,
    };
    this.#kind = options.kind ?? SpanKind.INTERNAL;
    this.#startMs = msOf(options.startTime);
    this.#first = options.attributes ?? NO_ATTRIBUTES;
    this.#sink = sink;
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  setAttribute(key: string, value: AttributeValue): this {
    return this.setAttributes({ [key]: value });
  }

  setAttributes(attributes: Attributes): this {
    if (this.#ended) return this;
    this.#later = this.#later === undefined ? attributes : { ...this.#later, ...attributes };
    return this;
  }

  setStatus(status: SpanStatus): this {
    if (!this.#ended) this.#status = status;
    return this;
  }

  updateName(name: string): this {
    if (!this.#ended) this.#name = name;
    return this;
  }

  // Events, links and exceptions have no part in the conventions of model calls.
  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  recordException(): void {}

  isRecording(): boolean {
    return !this.#ended;
  }

  end(endTime?: TimeInput): void {
    if (this.#ended) return;
    this.#ended = true;
    const { traceId, spanId } = this.#context;
    // Ids of a span above are the application's: they may be any text.
    const above =
      this.#parent === undefined ? "" : `"parentSpanId":${JSON.stringify(this.#parent.spanId)},`;
    const whole = this.#parent === undefined ? `"${traceId}"` : JSON.stringify(traceId);
    this.#sink(
      `{"traceId":${whole},"spanId":"${spanId}",${above}"flags":1,` +
        `"name":${JSON.stringify(this.#name)},"kind":${this.#kind + FIRST_KIND},` +
        `"startTimeUnixNano":"${unixNano(this.#startMs)}",` +
        `"endTimeUnixNano":"${unixNano(Math.max(this.#startMs, msOf(endTime)))}",` +
        `"attributes":[${attributesJson(this.#first, this.#later ?? NO_ATTRIBUTES)}],` +
        `"status":${statusJson(this.#status)}}`,
    );
  }
}

function statusJson({ code, message }: SpanStatus): string {
  return message === undefined ? `{"code":${code}}` : JSON.stringify({ code, message });
}

/** Milliseconds since the epoch; times come from this package alone, as numbers. */
function msOf(time: TimeInput | undefined): number {
  if (typeof time === "number") return time;
  if (time instanceof Date) return time.getTime();
  return time === undefined ? Date.now() : time[0] * 1000 + time[1] / 1e6;
}
