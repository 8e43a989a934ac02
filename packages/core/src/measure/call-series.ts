import { type Call, isCalledOff } from "../model/call.ts";
import { labels, type Labels } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import type { EpochMs } from "../model/time.ts";
import { type CallShape, CallShapes, type Slot } from "./call-shape.ts";
import {
  AGENT_DURATION,
  COST,
  type DerivedMetric,
  FINISH,
  LLM_DURATION,
  LLM_ERRORS,
  LLM_TOKENS,
  OPERATION_DURATION,
  QUALITY_FLAG,
  TIME_PER_OUTPUT_CHUNK,
  TIME_TO_FIRST_CHUNK,
  TOKEN_USAGE,
  TOOL_DURATION,
  UNPRICED,
  USAGE_MISSING,
} from "./derived-metrics.ts";
import {
  addTo,
  bucketLabels,
  type DerivedSeries,
  observe,
  wantsExemplar,
} from "./derived-series.ts";
import { FOLDED_SERIES, FOLDED_VALUES } from "./label-budget.ts";
import type { SeriesTable } from "./series-table.ts";
import type { SourceChoice } from "./source-choice.ts";
import { cutLabel } from "./label-value.ts";
import type { Tally } from "../model/tally.ts";

/** One thing that is measured on a call: the metric, and its labels' values. */
type Measure = {
  /** Where its series is kept in a call's shape. */
  readonly index: number;
  readonly metric: DerivedMetric;
  readonly values: (shape: CallShape) => readonly string[];
};

let measures = 0;

function measure(metric: DerivedMetric, values: Measure["values"]): Measure {
  return { index: measures++, metric, values };
}

const failing = (shape: CallShape): readonly string[] => [...shape.genAi, shape.errorType];
const tokens = (type: string): Measure =>
  measure(TOKEN_USAGE, (shape) => [...shape.genAi, shape.errorType, type]);
const llmTokens = (type: string): Measure =>
  measure(LLM_TOKENS, (shape) => [shape.model, type, shape.service]);
const unpriced = (reason: string): Measure =>
  measure(UNPRICED, (shape) => [...shape.genAi, reason]);

const DURATION = measure(OPERATION_DURATION, failing);
const INPUT_TOKENS = tokens("input");
const OUTPUT_TOKENS = tokens("output");
const FIRST_CHUNK = measure(TIME_TO_FIRST_CHUNK, failing);
const OUTPUT_CHUNK = measure(TIME_PER_OUTPUT_CHUNK, failing);
const TOOL = measure(TOOL_DURATION, (shape) => [...failing(shape), shape.toolName]);
const AGENT = measure(AGENT_DURATION, (shape) => [...failing(shape), shape.agentName]);
const MODEL_DURATION = measure(LLM_DURATION, (shape) => [
  shape.model,
  shape.errorType === "" ? "success" : "error",
  shape.service,
]);
const MODEL_INPUT_TOKENS = llmTokens("input");
const MODEL_OUTPUT_TOKENS = llmTokens("output");
const MODEL_ERRORS = measure(LLM_ERRORS, (shape) => [shape.model, shape.errorType, shape.service]);
const COST_USD = measure(COST, (shape) => shape.genAi);
const UNKNOWN_MODEL = unpriced("unknown-model");
const MISSING_USAGE = unpriced("missing-usage");
const CANCELLED = unpriced("cancelled");
const NO_USAGE = measure(USAGE_MISSING, (shape) => shape.genAi);

/** Finish reasons, and flags, whose place is kept for one shape: senders may invent any number. */
const KEPT_NAMES = 32;

/** A call on its way into the series. */
type Counting = {
  readonly call: Call;
  readonly shape: CallShape;
  readonly weight: number;
  readonly at: EpochMs;
  /** The limits that any of its label sets were folded by. */
  folded: number;
  /** Leads to the call; made for the first histogram that keeps it. */
  exemplarLabels: Labels | undefined;
};

/** A value, and the bucket of the histogram that it fell into. */
type Observation = {
  readonly series: DerivedSeries;
  readonly bucket: number;
  readonly value: number;
};

/** Counts each call into the derived series; the one place that knows what a call comes to. */
export class CallSeries {
  readonly #table: SeriesTable;
  readonly #choice: SourceChoice;
  readonly #tally: Tally;
  readonly #shapes: CallShapes;
  readonly #labelLength: number;

  constructor(table: SeriesTable, choice: SourceChoice, tally: Tally, limits: Limits) {
    this.#table = table;
    this.#choice = choice;
    this.#tally = tally;
    this.#shapes = new CallShapes(limits.labelLength);
    this.#labelLength = limits.labelLength;
  }

  shapeOf(call: Call): CallShape {
    return this.#shapes.of(call);
  }

  /** Counts a call that enters the series at `at`, `weight` times; returns its shape. */
  count(call: Call, at: EpochMs): CallShape {
    const shape = this.#shapes.of(call);
    const { weight } = call;
    const counting: Counting = { call, shape, weight, at, folded: 0, exemplarLabels: undefined };
    if (call.kind === "tool") this.#observe(counting, TOOL, call.durationS);
    else if (call.kind === "agent") this.#observe(counting, AGENT, call.durationS);
    else this.#countModelCall(counting);
    tallyFolds(this.#tally, counting.folded);
    return shape;
  }

  #countModelCall(counting: Counting): void {
    const { call } = counting;
    this.#observe(counting, DURATION, call.durationS);
    this.#observe(counting, MODEL_DURATION, call.durationS);
    if (call.errorType !== undefined) this.#add(counting, MODEL_ERRORS, 1);
    if (call.stream) {
      this.#observe(counting, FIRST_CHUNK, call.timeToFirstChunkS);
      this.#observe(counting, OUTPUT_CHUNK, call.timePerOutputChunkS);
    }
    const { inputTokens, outputTokens } = call.usage;
    this.#observe(counting, INPUT_TOKENS, inputTokens);
    this.#observe(counting, OUTPUT_TOKENS, outputTokens);
    this.#add(counting, MODEL_INPUT_TOKENS, inputTokens);
    this.#add(counting, MODEL_OUTPUT_TOKENS, outputTokens);
    this.#add(counting, COST_USD, call.costUsd);
    if (call.unpriced === "unknown-model") this.#add(counting, UNKNOWN_MODEL, 1);
    if (call.unpriced === "missing-usage") this.#add(counting, MISSING_USAGE, 1);
    if (call.unpriced === "cancelled") this.#add(counting, CANCELLED, 1);
    // An estimate stands in for what the provider did not tell, and does not hide that it did not.
    const isWhole = call.errorType === undefined && !isCalledOff(call);
    if (isWhole && call.usageSource !== "provider") this.#add(counting, NO_USAGE, 1);
    for (const reason of call.finishReasons) this.#addNamed(counting, FINISH, reason);
    for (const flag of call.flags ?? []) this.#addNamed(counting, QUALITY_FLAG, flag);
  }

  /** Absent is not zero: what was not measured is not counted. */
  #observe(counting: Counting, measured: Measure, value: number | undefined): void {
    if (value === undefined) return;
    const series = this.#place(counting, measured);
    const bucket = observe(series, value, counting.weight);
    if (wantsExemplar(series, bucket, counting.at)) this.#keep(counting, { series, bucket, value });
    const { metric } = measured;
    if (!metric.contested) return;
    this.#choice.countSpans(counting.shape.service, metric, counting.weight, counting.at);
  }

  #keep(counting: Counting, { series, bucket, value }: Observation): void {
    const { call, at } = counting;
    const { traceId: trace_id, spanId: span_id } = call;
    counting.exemplarLabels ??= labels({ trace_id, span_id });
    this.#table.keep(bucketLabels(series, bucket), { labels: counting.exemplarLabels, value, at });
  }

  #add(counting: Counting, measured: Measure, amount: number | undefined): void {
    if (amount !== undefined) addTo(this.#place(counting, measured), amount * counting.weight);
  }

  #addNamed(counting: Counting, metric: DerivedMetric, name: string): void {
    const { shape } = counting;
    const slots = metric === FINISH ? shape.finishSlots : shape.flagSlots;
    let slot = slots.get(name);
    if (slot === undefined || this.#isOutdated(slot)) {
      slot = this.#find(metric, [...shape.genAi, cutLabel(name, this.#labelLength)]);
      if (slots.size >= KEPT_NAMES) slots.clear();
      slots.set(name, slot);
    }
    addTo(this.#enter(counting, slot), counting.weight);
  }

  #place(counting: Counting, measured: Measure): DerivedSeries {
    const { slots } = counting.shape;
    let slot = slots[measured.index];
    if (slot === undefined || this.#isOutdated(slot)) {
      slot = this.#find(measured.metric, measured.values(counting.shape));
      slots[measured.index] = slot;
    }
    return this.#enter(counting, slot);
  }

  #find(metric: DerivedMetric, values: readonly string[]): Slot {
    const { series, folded } = this.#table.find(metric, values);
    return { series, folded, generation: this.#table.generation };
  }

  #enter(counting: Counting, slot: Slot): DerivedSeries {
    this.#table.touch(slot.series, counting.at);
    counting.folded |= slot.folded;
    return slot.series;
  }

  // A fold is asked about anew as soon as room was made, as it would be after a restart.
  #isOutdated(slot: Slot): boolean {
    if (slot.series.state === "forgotten") return true;
    return slot.folded !== 0 && slot.generation !== this.#table.generation;
  }
}

/** Counts what was folded, by the limit that it was folded by. */
export function tallyFolds(tally: Tally, folded: number): void {
  if ((folded & FOLDED_VALUES) !== 0) tally.add("folded-label-values");
  if ((folded & FOLDED_SERIES) !== 0) tally.add("folded-series");
}
