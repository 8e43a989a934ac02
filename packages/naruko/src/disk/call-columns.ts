import type { Call, Usage } from "@naruko/core/model/call";

/** Fields whose values repeat from call to call: written once for each distinct combination. */
export const SHAPE_FIELDS = [
  "kind",
  "operation",
  "service",
  "serviceVersion",
  "environment",
  "provider",
  "requestModel",
  "responseModel",
  "serverAddress",
  "errorType",
  "ending",
  "stream",
  "usageSource",
  "unpriced",
  "systemFingerprint",
  "promptName",
  "promptVersion",
  "toolName",
  "agentName",
  "dialect",
] as const;

/** Fields with lists, part of the shape too. */
export const LIST_FIELDS = ["finishReasons", "flags"] as const;

/** Strings that differ from call to call. */
export const STRING_FIELDS = [
  "traceId",
  "spanId",
  "parentSpanId",
  "responseId",
  "conversationId",
  "userId",
] as const;

export const NUMBER_FIELDS = [
  "startAt",
  "endAt",
  "durationS",
  "timeToFirstChunkS",
  "timePerOutputChunkS",
  "costUsd",
  "weight",
] as const;

export const USAGE_FIELDS = [
  "inputTokens",
  "outputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "reasoningTokens",
] as const;

type Written =
  | (typeof SHAPE_FIELDS)[number]
  | (typeof LIST_FIELDS)[number]
  | (typeof STRING_FIELDS)[number]
  | (typeof NUMBER_FIELDS)[number]
  | "usage"
  | "text";

/**
 * Fails to compile when `Call` or `Usage` has a field that nothing here writes.
 *
 * @internal
 */
export type EveryFieldIsWritten = [
  // What is in flight only never gets here.
  Exclude<keyof Call, Written | "facts">,
  Exclude<keyof Usage, (typeof USAGE_FIELDS)[number]>,
] extends [never, never]
  ? true
  : never;
export const EVERY_FIELD_IS_WRITTEN: EveryFieldIsWritten = true;

/** What the calls of one shape have in common. */
export type CallShape = Pick<Call, (typeof SHAPE_FIELDS)[number] | (typeof LIST_FIELDS)[number]>;

/** Numbers of one call: its shape, which of the others are present (a bit each), and those. */
const NUMBERS = NUMBER_FIELDS.length + USAGE_FIELDS.length;
export const STRIDE: number = 2 + NUMBERS;

/** Calls, a column a field. */
export type CallColumns = {
  readonly count: number;
  readonly shapes: readonly CallShape[];
  /** One array for each of `STRING_FIELDS`; null is an absent field. */
  readonly strings: readonly (readonly (string | null)[])[];
  /** Index of the call and its text, where it has one. */
  readonly texts: readonly (readonly [number, NonNullable<Call["text"]>])[];
  /** `STRIDE` numbers a call. */
  readonly numbers: Float64Array;
};

function isSameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** Field by field and not in a loop: a field that is named where it is read is read many times faster. */
function isOfShape(call: Call, shape: CallShape): boolean {
  return (
    call.kind === shape.kind &&
    call.operation === shape.operation &&
    call.service === shape.service &&
    call.serviceVersion === shape.serviceVersion &&
    call.environment === shape.environment &&
    call.provider === shape.provider &&
    call.requestModel === shape.requestModel &&
    call.responseModel === shape.responseModel &&
    call.serverAddress === shape.serverAddress &&
    call.errorType === shape.errorType &&
    call.ending === shape.ending &&
    call.stream === shape.stream &&
    call.usageSource === shape.usageSource &&
    call.unpriced === shape.unpriced &&
    call.systemFingerprint === shape.systemFingerprint &&
    call.promptName === shape.promptName &&
    call.promptVersion === shape.promptVersion &&
    call.toolName === shape.toolName &&
    call.agentName === shape.agentName &&
    call.dialect === shape.dialect &&
    isSameList(call.finishReasons, shape.finishReasons) &&
    isSameList(call.flags, shape.flags)
  );
}

/**
 * How many shapes of one service and model a call is compared with. A request with more of them,
 * interleaved, has some shapes twice, which costs bytes; without a bound it could cost minutes.
 */
const COMPARED_SHAPES = 32;

/** Gives equal shapes the same index. Comparing fields costs less than building a key of them. */
class ShapeIndex {
  readonly shapes: CallShape[] = [];
  /** Indexes of the latest shapes, by service and then by model. */
  readonly #latest = new Map<string, Map<string | undefined, number[]>>();

  indexOf(call: Call): number {
    const latest = this.#latestLike(call);
    for (const index of latest) {
      const shape = this.shapes[index];
      if (shape !== undefined && isOfShape(call, shape)) return index;
    }
    const index = this.shapes.length;
    latest.unshift(index);
    if (latest.length > COMPARED_SHAPES) latest.pop();
    const fields = [...SHAPE_FIELDS, ...LIST_FIELDS].filter((field) => call[field] !== undefined);
    this.shapes.push(Object.fromEntries(fields.map((field) => [field, call[field]])) as CallShape);
    return index;
  }

  #latestLike({ service, requestModel }: Call): number[] {
    let models = this.#latest.get(service);
    if (models === undefined) this.#latest.set(service, (models = new Map()));
    let latest = models.get(requestModel);
    if (latest === undefined) models.set(requestModel, (latest = []));
    return latest;
  }
}

/** In the order of `STRING_FIELDS`. */
function stringsOf(call: Call): readonly (string | undefined)[] {
  const { traceId, spanId, parentSpanId, responseId, conversationId, userId } = call;
  return [traceId, spanId, parentSpanId, responseId, conversationId, userId];
}

/** In the order of `NUMBER_FIELDS`, then of `USAGE_FIELDS`. */
function numbersOf(call: Call): readonly (number | undefined)[] {
  const { startAt, endAt, durationS, timeToFirstChunkS, timePerOutputChunkS, costUsd } = call;
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } =
    call.usage;
  return [
    startAt,
    endAt,
    durationS,
    timeToFirstChunkS,
    timePerOutputChunkS,
    costUsd,
    call.weight,
    inputTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens,
  ];
}

function writeNumbers(numbers: Float64Array, start: number, call: Call): void {
  const values = numbersOf(call);
  let present = 0;
  for (let place = 0; place < values.length; place++) {
    const value = values[place];
    if (value === undefined) continue;
    present |= 1 << place;
    numbers[start + 2 + place] = value;
  }
  numbers[start + 1] = present;
}

/** Turns calls into columns: three times faster to write than one object a call. */
export function toColumns(calls: readonly Call[]): CallColumns {
  const index = new ShapeIndex();
  const numbers = new Float64Array(calls.length * STRIDE);
  const strings: (string | null)[][] = STRING_FIELDS.map(() => []);
  const texts: [number, NonNullable<Call["text"]>][] = [];
  for (const [n, call] of calls.entries()) {
    numbers[n * STRIDE] = index.indexOf(call);
    writeNumbers(numbers, n * STRIDE, call);
    const own = stringsOf(call);
    for (let i = 0; i < own.length; i++) strings[i]?.push(own[i] ?? null);
    if (call.text !== undefined) texts.push([n, call.text]);
  }
  return { count: calls.length, shapes: index.shapes, strings, texts, numbers };
}

/** The number of a call's field by its place among `NUMBER_FIELDS` and `USAGE_FIELDS`; null: absent. */
export function numberAt(columns: CallColumns, n: number, place: number): number | null {
  const start = n * STRIDE;
  const present = columns.numbers[start + 1] ?? 0;
  return (present & (1 << place)) === 0 ? null : (columns.numbers[start + 2 + place] ?? null);
}

/** Which of `columns.shapes` a call has. */
export function shapeAt(columns: CallColumns, n: number): number {
  return columns.numbers[n * STRIDE] ?? 0;
}

/** The call at index `n`, as it was handed in. */
export function callAt(columns: CallColumns, n: number, text: Call["text"]): Call {
  const numbers: Record<string, number> = {};
  for (const [place, field] of NUMBER_FIELDS.entries()) {
    const value = numberAt(columns, n, place);
    if (value !== null) numbers[field] = value;
  }
  const usage: Record<string, number> = {};
  for (const [place, field] of USAGE_FIELDS.entries()) {
    const value = numberAt(columns, n, NUMBER_FIELDS.length + place);
    if (value !== null) usage[field] = value;
  }
  const strings: Record<string, string> = {};
  for (const [i, field] of STRING_FIELDS.entries()) {
    const value = columns.strings[i]?.[n] ?? null;
    if (value !== null) strings[field] = value;
  }
  const shape = columns.shapes[shapeAt(columns, n)];
  // The fields come from a `Call` by way of `toColumns`, which writes each of them.
  const call = { ...shape, ...strings, ...numbers, usage } as Call;
  return text === undefined ? call : { ...call, text };
}

/** All calls, as they were handed in. */
export function fromColumns(columns: CallColumns): Call[] {
  const texts = new Map(columns.texts);
  return Array.from({ length: columns.count }, (_, n) => callAt(columns, n, texts.get(n)));
}
