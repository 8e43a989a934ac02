import { DAY_MS, HOUR_MS, SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import { SeededRandom } from "./seeded-random.ts";

/** When the simulated world begins, and when it goes wrong. */
export type DemoPlan = {
  /** A multiple of the tick's interval, so that each demo has the same history tick by tick. */
  readonly startAt: EpochMs;
  readonly incidentAt: EpochMs;
};

/** One simulated call of a model, as an instrumented application would see it. */
export type DemoCall = {
  readonly service: DemoService["name"];
  readonly model: DemoModel;
  readonly endMs: number;
  readonly durationMs: number;
  readonly firstChunkMs?: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly finishReason: "stop" | "length";
  /** A failed call has no usage: the provider billed nothing. */
  readonly error?: "429" | "500";
  readonly traceId: string;
  readonly spanId: string;
  readonly conversationId: string;
  /** By the evaluation's name, 0 to 1; empty for most calls. */
  readonly scores: ReadonlyMap<string, number>;
};

/** Names of our own, so that no alert of a demo can be taken for a real model's or provider's. */
type DemoModel = {
  readonly name: "demo-large" | "demo-small";
  readonly provider: "demo-ai" | "demo-cloud";
  readonly medianMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
};

const LARGE: DemoModel = {
  name: "demo-large",
  provider: "demo-ai",
  medianMs: 1300,
  inputTokens: 900,
  outputTokens: 260,
};
const SMALL: DemoModel = {
  name: "demo-small",
  provider: "demo-cloud",
  medianMs: 700,
  inputTokens: 500,
  outputTokens: 150,
};
type DemoService = {
  readonly name: "demo-shop" | "demo-support";
  /** Calls a minute in the busiest hour. */
  readonly peakRate: number;
  /** The rest of its calls goes to the small model. */
  readonly largeShare: number;
};

const SERVICES: readonly DemoService[] = [
  { name: "demo-shop", peakRate: 30, largeShare: 0.75 },
  { name: "demo-support", peakRate: 15, largeShare: 0 },
];

/** What each evaluation scores on average, and in the incident. */
const SCORES: ReadonlyMap<string, { readonly usual: number; readonly bad: number }> = new Map([
  ["faithfulness", { usual: 0.94, bad: 0.55 }],
  ["relevance", { usual: 0.92, bad: 0.75 }],
  ["safety", { usual: 0.995, bad: 0.99 }],
]);

/** Of the calls to the ailing model. */
const RATE_LIMITED_SHARE = 0.35;
const FAILED_SHARE = 0.08;
const SLOWER = 4;
/** Of the large model's answers. */
const EVALUATED_SHARE = 0.25;
const USUAL_FAILED_SHARE = 0.002;
/** The quietest hour's share of the busiest one. */
const NIGHT_SHARE = 0.4;
const SEED = 20_261_102;

/**
 * The calls that end within one second of the simulated world. The same second of the same plan
 * always has the same calls, however the seconds are asked for: in a rush for the history, one by
 * one live.
 *
 * @param second counted from the plan's start
 */
export function demoCalls(plan: DemoPlan, second: number): readonly DemoCall[] {
  const random = new SeededRandom(Math.imul(second + 1, 0x27d4eb2d) ^ SEED);
  const beginMs = plan.startAt + second * SECOND_MS;
  const ails = beginMs >= plan.incidentAt;
  const calls: DemoCall[] = [];
  for (const service of SERVICES) {
    const rate = service.peakRate * dayShape(beginMs - plan.incidentAt);
    for (let left = random.events(rate / 60); left > 0; left--) {
      calls.push(oneCall(service, beginMs, { random, ails }));
    }
  }
  return calls;
}

/** The incident comes in the busiest hour of the day, whenever the demo is started. */
function dayShape(sincePeakMs: number): number {
  const swing = (1 + Math.cos((2 * Math.PI * (sincePeakMs - HOUR_MS)) / DAY_MS)) / 2;
  return NIGHT_SHARE + (1 - NIGHT_SHARE) * swing;
}

type Chance = { readonly random: SeededRandom; readonly ails: boolean };

function oneCall(service: DemoService, beginMs: number, chance: Chance): DemoCall {
  const { random } = chance;
  const model = random.chance(service.largeShare) ? LARGE : SMALL;
  const ails = chance.ails && model === LARGE;
  const error = errorOf(random, ails);
  const answerMs = random.around(model.medianMs * (ails ? SLOWER : 1), 0.4);
  // Refusals come at once: a slow one would set LLMHighLatency off by itself.
  const durationMs = Math.round(error === undefined ? answerMs : random.around(200, 0.3));
  const inputTokens = Math.round(random.around(model.inputTokens, 0.5));
  const outputTokens = Math.round(random.around(model.outputTokens, 0.5));
  const cached = random.chance(0.4) ? Math.floor(inputTokens / 2) : 0;
  const isLargeAnswer = model === LARGE && error === undefined;
  return {
    service: service.name,
    model,
    endMs: beginMs + Math.floor(random.next() * SECOND_MS),
    durationMs,
    ...(isLargeAnswer ? { firstChunkMs: Math.round(durationMs * 0.3) } : {}),
    inputTokens,
    outputTokens,
    cacheReadTokens: cached,
    finishReason: random.chance(0.01) ? "length" : "stop",
    ...(error === undefined ? {} : { error }),
    traceId: random.hex(32),
    spanId: random.hex(16),
    conversationId: `demo-${random.hex(8)}`,
    scores: isLargeAnswer && random.chance(EVALUATED_SHARE) ? scoresOf(random, ails) : new Map(),
  };
}

function errorOf(random: SeededRandom, ails: boolean): DemoCall["error"] {
  const draw = random.next();
  if (!ails) return draw < USUAL_FAILED_SHARE ? "500" : undefined;
  if (draw < RATE_LIMITED_SHARE) return "429";
  return draw < RATE_LIMITED_SHARE + FAILED_SHARE ? "500" : undefined;
}

function scoresOf(random: SeededRandom, ails: boolean): DemoCall["scores"] {
  const scores = [...SCORES].map(([name, { usual, bad }]) => {
    const mean = ails ? bad : usual;
    const score = Math.min(1, Math.max(0, mean + 0.6 * (1 - mean) * random.normal()));
    return [name, Math.round(score * 100) / 100] as const;
  });
  return new Map(scores);
}
