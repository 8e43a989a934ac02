import {
  type Call,
  type CallFacts,
  type CallKind,
  isCalledOff,
  type Usage,
  type UsageSource,
} from "../model/call.ts";
import type { SpanRecord } from "../receive/records.ts";
import { labelCut } from "./attributes.ts";
import { calledOffReasons, endingOf, usageSourceOf } from "./call-ending.ts";
import { joinedFacts } from "./call-facts.ts";
import type { NormalizeContext } from "./context.ts";
import { errorTypeOf } from "./error-type.ts";
import { unifiedFinishReason } from "./finish-reasons.ts";
import { unifiedProvider } from "./provider-names.ts";
import type { Reading } from "./reading.ts";
import { samplingWeight } from "./sampling-weight.ts";
import type { Source } from "./source.ts";
import type { Tally } from "../model/tally.ts";

type Draft = { -readonly [K in keyof Call]: Call[K] };

/** Makes one call of a span, what its dialect read in it, and where it came from. */
export function callFrom(
  span: SpanRecord,
  read: { readonly dialect: string; readonly reading: Reading },
  source: Source,
  context: NormalizeContext & { readonly ignored: Tally },
): Call {
  const { reading } = read;
  const { provider, errorType: toldError, ...names } = reading.names;
  const call: Draft = {
    traceId: span.traceId,
    spanId: span.spanId,
    kind: reading.kind,
    operation: reading.operation,
    startAt: span.startAt,
    endAt: span.endAt,
    durationS: span.durationNs / 1e9,
    service: source.service,
    stream: reading.stream ?? reading.timeToFirstChunkS !== undefined,
    finishReasons: reading.finishReasons.map((sent) =>
      labelCut(unifiedFinishReason(sent), context),
    ),
    usage: reading.usage,
    usageSource: "missing",
    weight: samplingWeight(span.traceState),
    dialect: read.dialect,
    ...names,
  };
  if (span.parentSpanId !== "") call.parentSpanId = span.parentSpanId;
  if (source.version !== undefined) call.serviceVersion = source.version;
  if (source.environment !== undefined) call.environment = source.environment;
  if (provider !== undefined) call.provider = unifiedProvider(provider);
  const errorType = errorTypeOf(span, toldError);
  if (errorType !== undefined) call.errorType = labelCut(errorType, context);
  const ending = endingOf(span.attributes, context.ignored);
  if (ending !== undefined) call.ending = ending;
  if (isCalledOff(call)) call.finishReasons = calledOffReasons(call.finishReasons);
  const waiting =
    reading.text === undefined ? context.saidIn?.(span.traceId, span.spanId) : undefined;
  const text = reading.text ?? waiting?.text;
  if (text !== undefined) call.text = text;
  setChunkTimes(call, reading, context.ignored);
  if (call.kind === "inference" || call.kind === "embeddings") {
    setUsageAndCost(call, usageSourceOf(span.attributes), context);
  }
  setFlags(call, joinedFacts(reading.facts, waiting?.facts), context);
  return call;
}

/** Facts go no further than this: what follows from them does. */
function setFlags(call: Draft, facts: CallFacts | undefined, context: NormalizeContext): void {
  const flags = context.flagsOf?.(facts === undefined ? call : { ...call, facts }) ?? [];
  if (flags.length > 0) call.flags = flags;
}

// Clocks within one process may disagree a little; a first chunk a second after the end cannot be.
const CLOCK_SLACK_S = 1;

function setChunkTimes(call: Draft, reading: Reading, ignored: Tally): void {
  if (!call.stream) return;
  const { timeToFirstChunkS: first, timePerOutputChunkS: perChunk } = reading;
  const latest = call.durationS + CLOCK_SLACK_S;
  for (const time of [first, perChunk]) {
    if (time !== undefined && time > latest) ignored.add("bad-chunk-time");
  }
  if (first !== undefined && first <= latest) call.timeToFirstChunkS = first;
  if (perChunk !== undefined && perChunk <= latest) call.timePerOutputChunkS = perChunk;
}

/**
 * A successful call has its whole usage from the provider, or estimated (by the sender, or here where
 * its text is known), or counts as one whose usage is missing. From a failed call none can be
 * expected: what it tells is priced, and nothing is estimated. One that was called off costs what
 * was generated until then: it is estimated too, or has no cost for that reason.
 *
 * @param told where a usage comes from that the sender tells
 */
function setUsageAndCost(call: Draft, told: UsageSource, context: NormalizeContext): void {
  const { usage, source } = settledUsage(call, told, context);
  call.usage = usage;
  call.usageSource = source;
  if (source === "missing") {
    if (call.errorType !== undefined) return;
    call.unpriced = isCalledOff(call) ? "cancelled" : "missing-usage";
    return;
  }
  if (context.priceOf === undefined) return;
  const cost = costOf(call, context.priceOf);
  if (cost === "unknown-model") call.unpriced = cost;
  else call.costUsd = cost;
}

function isWhole(kind: CallKind, usage: Usage): boolean {
  return (
    usage.inputTokens !== undefined && (kind === "embeddings" || usage.outputTokens !== undefined)
  );
}

function settledUsage(
  call: Draft,
  told: UsageSource,
  context: NormalizeContext,
): { readonly usage: Usage; readonly source: UsageSource } {
  const { usage } = call;
  if (isWhole(call.kind, usage)) return { usage, source: told };
  if (call.errorType !== undefined) {
    const isTold = usage.inputTokens !== undefined || usage.outputTokens !== undefined;
    return { usage, source: isTold ? told : "missing" };
  }
  const estimated = estimatedUsage(call, context);
  return isWhole(call.kind, estimated)
    ? { usage: estimated, source: "estimated" }
    : { usage, source: "missing" };
}

/** The usage with absent totals estimated from the text, as far as it is known. */
function estimatedUsage(call: Draft, context: NormalizeContext): Usage {
  const model = call.responseModel ?? call.requestModel;
  const { estimateTokens } = context;
  if (estimateTokens === undefined || model === undefined || call.text === undefined) {
    return call.usage;
  }
  const { system, input, output, context: given } = call.text;
  const asked = [system, input, given].filter((text) => text !== undefined).join("\n");
  const inputTokens =
    call.usage.inputTokens ?? (asked === "" ? undefined : estimateTokens(asked, model));
  const outputTokens =
    call.usage.outputTokens ?? (output === undefined ? undefined : estimateTokens(output, model));
  return {
    ...call.usage,
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
  };
}

/** By the model that answered, else (a deployment's alias, say) by the one that was asked for. */
function costOf(
  call: Draft,
  priceOf: NonNullable<NormalizeContext["priceOf"]>,
): number | "unknown-model" {
  for (const model of [call.responseModel, call.requestModel]) {
    if (model === undefined) continue;
    const cost = priceOf({
      model,
      usage: call.usage,
      at: call.endAt,
      ...(call.provider !== undefined && { provider: call.provider }),
    });
    if (cost !== "unknown-model") return cost;
  }
  return "unknown-model";
}
