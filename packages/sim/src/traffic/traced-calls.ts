import { HOUR_MS, SECOND_MS } from "@naruko/core/model/time";
import { Random } from "../random.ts";
import type { TracedRequest } from "./azure-requests.ts";
import { harmAt } from "./incidents.ts";

/** A call with what an evaluator said of it, all as it will be sent. */
export type TracedCall = {
  readonly service: string;
  readonly model: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Milliseconds since the start of the traffic. */
  readonly startMs: number;
  readonly endMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly errorType: string | undefined;
  readonly verdicts: readonly Verdict[];
};

export type Verdict = { readonly name: string; readonly score: number; readonly atMs: number };

export type TracedService = {
  readonly service: string;
  readonly model: string;
  readonly requests: readonly TracedRequest[];
};

export type Thinning = {
  readonly seed: number;
  /** The share of the requests that are made. */
  readonly share: number;
  /** The share of good answers that are judged. */
  readonly judged: number;
};

/** Each request moves by up to this from one hour to the next, and its tokens by about a tenth. */
const JITTER_MS = 2 * SECOND_MS;
const JITTER_TOKENS = 0.1;

const QUEUE_MS = 200;
const MS_A_INPUT_TOKEN = 0.05;
const MS_A_OUTPUT_TOKEN = 5;

/** Errors on a good day. */
const ERROR_SHARE = 0.001;
const TIMEOUT_MS = 30 * SECOND_MS;

/** The trace's hour, over and over; calls in the order in which they end. */
export function* tracedCalls(
  services: readonly TracedService[],
  hours: number,
  thinning: Thinning,
): Generator<TracedCall> {
  const sources = services.map((service) => ({
    service,
    random: new Random(thinning.seed, service.service),
  }));
  let waiting: TracedCall[] = [];
  for (let hour = 0; hour < hours; hour++) {
    for (const { service, random } of sources) {
      for (const request of service.requests) {
        if (random.chance(thinning.share)) {
          waiting.push(callOf(request, service, hour * HOUR_MS, { random, thinning }));
        }
      }
    }
    waiting.sort((a, b) => a.endMs - b.endMs || (a.spanId < b.spanId ? -1 : 1));
    // What the next hour brings does not end before it begins.
    const border = (hour + 1) * HOUR_MS - JITTER_MS;
    const ended = waiting.findIndex(({ endMs }) => endMs >= border);
    yield* waiting.splice(0, ended < 0 ? waiting.length : ended);
  }
  yield* waiting;
}

function callOf(
  request: TracedRequest,
  { service, model }: TracedService,
  hourMs: number,
  { random, thinning }: { readonly random: Random; readonly thinning: Thinning },
): TracedCall {
  const jitterMs = random.between(-JITTER_MS, JITTER_MS);
  const startMs = Math.max(0, Math.round(hourMs + request.offsetMs + jitterMs));
  const harm = harmAt(service, startMs) ?? {};
  const tokens = random.between(1 - JITTER_TOKENS, 1 + JITTER_TOKENS);
  const inputTokens = Math.round(request.inputTokens * tokens * (harm.inputFactor ?? 1));
  const outputTokens = Math.max(1, Math.round(request.outputTokens * tokens));
  const pace = random.between(0.8, 1.2) * (harm.durationFactor ?? 1);
  const answerMs =
    pace * (QUEUE_MS + MS_A_INPUT_TOKEN * inputTokens + MS_A_OUTPUT_TOKEN * outputTokens);
  const { failing } = harm;
  const errorType =
    failing !== undefined && random.chance(failing.share)
      ? failing.errorType
      : everydayError(random);
  const durationMs = errorType === undefined ? answerMs : errorMs(errorType, random);
  const endMs = startMs + Math.max(1, Math.round(durationMs));
  const isJudged = errorType === undefined && random.chance(thinning.judged);
  return {
    service,
    model,
    startMs,
    endMs,
    inputTokens,
    outputTokens,
    errorType,
    traceId: random.hex(32),
    spanId: random.hex(16),
    verdicts: isJudged ? verdictsOf(endMs, harm.faithfulness ?? 0.9, random) : [],
  };
}

function everydayError(random: Random): string | undefined {
  if (!random.chance(ERROR_SHARE)) return undefined;
  return random.pick(["timeout", "429", "500"]);
}

function errorMs(errorType: string, random: Random): number {
  if (errorType === "timeout") return TIMEOUT_MS;
  return errorType === "429" ? random.between(30, 150) : random.between(200, 2000);
}

function verdictsOf(endMs: number, faithfulness: number, random: Random): readonly Verdict[] {
  const atMs = endMs + Math.round(random.between(500, 8000));
  const score = (mean: number, spread: number): number =>
    Math.round(1000 * (mean + random.between(-spread, spread))) / 1000;
  return [
    { name: "faithfulness", score: score(faithfulness, 0.1), atMs },
    { name: "relevance", score: score(0.85, 0.15), atMs },
    { name: "safety", score: score(0.99, 0.01), atMs },
  ];
}
