/** A span that is no call, on the way from a call to what surrounds it. */
export type SpanLink = {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits, as the parent's. */
  readonly spanId: string;
  readonly parentSpanId: string;
};
