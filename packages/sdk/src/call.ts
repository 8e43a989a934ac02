import { type Attributes, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { withActive } from "./active-span.ts";
import { addContext } from "./context.ts";
import { type Content, contentAttribute, type Message, spokenText } from "./content.ts";
import { ATTRIBUTE, type FinishReason, unifiedReason } from "./conventions.ts";
import { tellDetails } from "./details.ts";
import { quietly } from "./faults.ts";
import { type CallNames, labelsOf } from "./labels.ts";
import { rememberResponse } from "./responses.ts";
import { type Settings, settings } from "./settings.ts";
import type { Telemetry } from "./telemetry.ts";
import { numberOf } from "./unknown.ts";
import { addUsage, type Usage } from "./usage.ts";

/** What is known of a call before it is made. */
export type CallStart = CallNames & {
  readonly stream: boolean;
  /** Further attributes of the request, for the span alone. */
  readonly request: Attributes;
  /** Asked for only where content is captured or tokens are estimated. */
  readonly content: () => Content;
};

/** What the answer tells, filled in as it arrives; what comes later replaces what came before. */
export type Answer = {
  responseId?: string | undefined;
  responseModel?: string | undefined;
  /** One a choice, as the provider sent it; `undefined` for a choice that has none yet. */
  finishReasons: readonly (string | undefined)[];
  usage?: Usage | undefined;
  /** Further attributes of the response, for the span. */
  attributes: Attributes;
  /** Those of them that metrics have too. */
  labels: Attributes;
  /** Asked for only where content is captured or tokens are estimated. */
  output?: (() => readonly Message[]) | undefined;
};

/**
 * How a call ended. `answered`: whole. `failed`: with an error of that type. The rest began to be
 * answered and stopped: `cut` by the server or the network, `cancelled` by the application's signal,
 * `closed` by leaving the loop over a stream, `abandoned` by forgetting it, and `raw` where the
 * application reads the HTTP response itself, or asks for the answer later. Of these, only `cut` is a failure.
 */
export type CallEnd =
  | { readonly how: "answered" | "cut" | "cancelled" | "closed" | "abandoned" | "raw" }
  | { readonly how: "failed"; readonly errorType: string };

/** `error.type` of a stream that stopped before it was done. */
const CUT = "stream_cut";

/** One observed call: one span, and its metrics, from one record; finished exactly once. */
export class Call {
  readonly answer: Answer = { finishReasons: [], attributes: {}, labels: {} };
  readonly wantsText: boolean;
  readonly #start: CallStart;
  readonly #telemetry: Telemetry;
  readonly #settings: Settings = settings();
  readonly #span: Span;
  readonly #startedAt = Date.now();
  readonly #startedMs = performance.now();
  /** Kept for the event of what was said alone, which repeats them. */
  #startAttributes: Attributes | undefined;
  #chunkLabels: Attributes | undefined;
  #firstChunkMs: number | undefined;
  #lastMs: number;
  #began = false;
  #finished = false;

  constructor(start: CallStart, told: Telemetry) {
    this.#start = start;
    this.#telemetry = told;
    this.#lastMs = this.#startedMs;
    const { capture, estimateTokens } = this.#settings;
    this.wantsText = capture.spans || capture.events || estimateTokens !== undefined;
    const { operation, model } = start;
    const attributes: Attributes = {
      ...labelsOf(start, undefined),
      ...start.request,
    };
    if (start.stream) attributes[ATTRIBUTE.stream] = true;
    addContext(attributes);
    if (capture.events) this.#startAttributes = attributes;
    this.#span = told.tracer.startSpan(model === undefined ? operation : `${operation} ${model}`, {
      kind: SpanKind.CLIENT,
      startTime: this.#startedAt,
      attributes,
    });
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** Whether a stream was asked for. */
  get streams(): boolean {
    return this.#start.stream;
  }

  /**
   * Sets what tells the output, where it is wanted. It is handed in, since one that is written where it
   * is assigned would be held long: see `watchPromise`.
   */
  tellsOutput(output: () => readonly Message[]): void {
    if (this.wantsText) this.answer.output = output;
  }

  /** Runs what makes the request, with this call's span as the parent of all that it starts. */
  within<T>(run: () => T): T {
    return withActive(this.#span, run);
  }

  /** The server has begun to answer. */
  begin(): void {
    this.#began = true;
    this.#lastMs = performance.now();
  }

  /** A chunk with content arrived. */
  chunk(): void {
    if (this.#finished) return;
    const now = performance.now();
    if (this.#firstChunkMs === undefined) {
      this.#firstChunkMs = now - this.#startedMs;
    } else {
      this.#chunkLabels ??= labelsOf(this.#start, this.answer.responseModel);
      this.#telemetry.instruments.nextChunk((now - this.#lastMs) / 1000, this.#chunkLabels);
    }
    this.#lastMs = now;
  }

  /**
   * Ends the span and records the metrics. Whatever comes after the first end is ignored.
   *
   * @param lastMs when it ended, by `performance.now`, where that is noticed later
   */
  finish(end: CallEnd, lastMs?: number): void {
    if (this.#finished) return;
    this.#finished = true;
    // What was abandoned ended when it was last heard of, not when that was noticed.
    const endedMs = lastMs ?? (end.how === "abandoned" ? this.#lastMs : performance.now());
    const durationMs = endedMs - this.#startedMs;
    const errorType = errorTypeOf(end);
    const usage = this.#usage(end);
    this.#tellSpan(end, usage, errorType);
    this.#span.end(this.#startedAt + durationMs);
    this.#tellMetrics(durationMs, errorType);
    const { responseId } = this.answer;
    if (responseId !== undefined) rememberResponse(responseId, this.#span.spanContext());
  }

  #tellSpan(end: CallEnd, known: KnownUsage, errorType: string | undefined): void {
    const { answer } = this;
    const attributes: Attributes = { ...answer.attributes, ...answer.labels };
    if (answer.responseModel !== undefined) {
      attributes[ATTRIBUTE.responseModel] = answer.responseModel;
    }
    if (answer.responseId !== undefined) attributes[ATTRIBUTE.responseId] = answer.responseId;
    const reasons = this.#finishReasons(end);
    if (reasons.length > 0) attributes[ATTRIBUTE.finishReasons] = reasons;
    if (this.#start.stream && this.#firstChunkMs !== undefined) {
      attributes[ATTRIBUTE.firstChunk] = this.#firstChunkMs / 1000;
    }
    addUsage(attributes, known.usage, this.#settings.generation);
    // A call that was refused has no usage; one that began to be answered should have had it.
    if (known.source !== "provider" && this.#began && end.how !== "failed") {
      attributes[ATTRIBUTE.usageSource] = known.source;
    }
    if (end.how !== "answered" && end.how !== "failed") attributes[ATTRIBUTE.callEnd] = end.how;
    if (errorType !== undefined) {
      attributes[ATTRIBUTE.errorType] = errorType;
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    const { capture } = this.#settings;
    if (capture.spans || capture.events) quietly(() => this.#tellContent(attributes));
    this.#span.setAttributes(attributes);
  }

  /** What was said goes where it was asked for: to the span's attributes, and to an event. */
  #tellContent(attributes: Attributes): void {
    const { capture } = this.#settings;
    const content = this.#content();
    if (capture.events) {
      const all = { ...this.#startAttributes, ...attributes };
      tellDetails(all, content, this.#span.spanContext());
    }
    if (capture.spans) Object.assign(attributes, content);
  }

  /**
   * A reason that was expected and did not come is `error`. Up to v1.41 reasons are the provider's
   * own words; the latest conventions have one set of words for all of them.
   */
  #finishReasons(end: CallEnd): string[] {
    const unify = this.#settings.generation === "latest";
    const reasons = this.answer.finishReasons.map((reason) =>
      unify ? unifiedReason(reason) : (reason ?? MISSING_REASON),
    );
    if (reasons.length > 0) return reasons;
    const expected =
      this.#began && this.#start.operation !== "embeddings" && !WITHOUT_REASON.has(end.how);
    return expected ? [MISSING_REASON] : [];
  }

  /** Attributes of what was said: all of them, or none where the application's `redact` fails. */
  #content(): Attributes {
    const { redact } = this.#settings;
    const { system = [], input = [], tools = [] } = this.#start.content();
    const output = this.answer.output?.() ?? [];
    const entries = [
      [ATTRIBUTE.systemInstructions, system],
      [ATTRIBUTE.inputMessages, input],
      [ATTRIBUTE.toolDefinitions, tools],
      [ATTRIBUTE.outputMessages, output],
    ] as const;
    return Object.fromEntries(
      entries
        .filter(([, list]) => list.length > 0)
        .map(([key, list]) => [key, contentAttribute(key, list, redact)]),
    );
  }

  /** What the provider did not tell is missing, or estimated; what it told stays as it is. */
  #usage(end: CallEnd): KnownUsage {
    const { usage = {} } = this.answer;
    const withOutput = this.#start.operation !== "embeddings";
    const whole =
      usage.inputTokens !== undefined && (usage.outputTokens !== undefined || !withOutput);
    if (whole) return { usage, source: "provider" };
    const { estimateTokens } = this.#settings;
    const heard = this.#began && end.how !== "raw";
    if (estimateTokens === undefined || !heard) return { usage, source: "missing" };
    const estimated = quietly(() => this.#estimate(usage, estimateTokens));
    if (estimated === undefined) return { usage, source: "missing" };
    return { usage: estimated, source: "estimated" };
  }

  #estimate(told: Usage, estimateTokens: NonNullable<Settings["estimateTokens"]>): Usage {
    const tokensOf = (text: string, of: string): number => {
      // Callers without types hand back promises.
      const tokens = numberOf(estimateTokens(text, of)) ?? -1;
      if (tokens < 0) throw new TypeError("estimateTokens returned no count");
      return Math.round(tokens);
    };
    const { system = [], input = [] } = this.#start.content();
    const model = this.answer.responseModel ?? this.#start.model ?? "";
    const inputTokens = told.inputTokens ?? tokensOf(spokenText([...system, ...input]), model);
    if (this.#start.operation === "embeddings") return { ...told, inputTokens };
    const output = spokenText(this.answer.output?.() ?? []);
    return { ...told, inputTokens, outputTokens: told.outputTokens ?? tokensOf(output, model) };
  }

  #tellMetrics(durationMs: number, errorType: string | undefined): void {
    const { instruments } = this.#telemetry;
    const { responseModel, labels: more } = this.answer;
    const base = (): Attributes => labelsOf(this.#start, responseModel);
    const labels = labelsOf(this.#start, responseModel, more);
    const error: Attributes =
      errorType === undefined ? NO_ERROR : { [ATTRIBUTE.errorType]: errorType };
    const all = errorType === undefined ? labels : { ...labels, ...error };
    instruments.duration(this.#start.operation, durationMs / 1000, all);
    if (this.#start.stream && this.#firstChunkMs !== undefined) {
      instruments.firstChunk(this.#firstChunkMs / 1000, this.#chunkLabels ?? base());
    }
    // An estimate is for the span, where it is marked as one.
    instruments.usage(this.answer.usage, { base, labels, error });
  }
}

type KnownUsage = {
  readonly usage: Usage;
  readonly source: "provider" | "estimated" | "missing";
};

const NO_ERROR: Attributes = {};
const MISSING_REASON: FinishReason = "error";
/** Ends after which nobody could have told a reason. */
const WITHOUT_REASON: ReadonlySet<CallEnd["how"]> = new Set(["raw"]);

function errorTypeOf(end: CallEnd): string | undefined {
  if (end.how === "failed") return end.errorType;
  return end.how === "cut" ? CUT : undefined;
}
