import type { Call, Usage } from "../../model/call.ts";
import type { Ask, JudgeAnswer, JudgeSetup } from "../../model/judge.ts";
import { epochMs, type EpochMs } from "../../model/time.ts";
import type { Draw } from "../draw.ts";
import type { Drawer } from "../judge.ts";
import type { Rubric } from "../rubric.ts";

export const KEY = "5f1c0e7ba2d94386b1f0c2d3e4a59687";

export function setupOf(over: Partial<JudgeSetup> = {}): JudgeSetup {
  return {
    provider: "openai",
    model: "judge-1",
    language: "en",
    rubricFiles: [],
    rate: 0.05,
    serviceRates: {},
    rubricRates: {},
    price: { inputUsdPerMillion: 0.15, outputUsdPerMillion: 0.6 },
    concurrency: 2,
    timeoutMs: 60_000,
    maxOutputTokens: 500,
    key: KEY,
    ...over,
  };
}

export function rubricOf(name: string, over: Partial<Rubric> = {}): Rubric {
  return {
    name,
    description: {},
    instruction: { en: `Is it ${name}?` },
    min: 0,
    max: 1,
    whole: false,
    labels: [],
    badBelow: 0.5,
    services: ["*"],
    needsContext: false,
    version: `${name}-1`,
    ...over,
  };
}

/** An answered call whose text says its number. */
export function callOf(number: number, over: Partial<Call> = {}): Call {
  const hex = number.toString(16);
  return {
    traceId: hex.padStart(32, "0"),
    spanId: hex.padStart(16, "0"),
    kind: "inference",
    operation: "chat",
    startAt: epochMs(1000),
    endAt: epochMs(2000),
    durationS: 1,
    service: "shop",
    provider: "openai",
    requestModel: "gpt-4o",
    stream: false,
    finishReasons: ["stop"],
    usage: { inputTokens: 10, outputTokens: 3 },
    usageSource: "provider",
    weight: 1,
    dialect: "genai",
    text: { input: `question ${number}`, output: `answer ${number}` },
    ...over,
  };
}

/** Draws every call, each for `1 / inclusion` calls. */
export function drawAll(inclusion = 1): Drawer {
  const offer = (call: Call, rubrics: readonly string[], at: EpochMs): Draw => ({
    at,
    traceId: call.traceId,
    spanId: call.spanId,
    segment: call.service,
    weight: call.weight,
    conversation: "0000000000000000",
    day: 0,
    flags: [],
    rates: { epoch: 1, candidate: 1, calm: 1, coverage: 1, flag: 0, rubrics: {} },
    coin: 1,
    heads: true,
    open: true,
    openFlags: [],
    flagDraws: [],
    burst: false,
    kinds: ["evidence"],
    inclusion,
    rubrics: rubrics.map((name) => ({ name, inclusion, drawn: true })),
  });
  return { offer, backOff: () => undefined };
}

/** The same score by every rubric that was asked for. */
export function answerTo(
  ask: Ask,
  score: number,
  usage: Usage = { inputTokens: 500, outputTokens: 80 },
): Extract<JudgeAnswer, { ok: true }> {
  const verdicts = ask.expect.rubrics.map(({ name }) => ({ name, score, label: "" }));
  return { ok: true, verdicts, usage };
}
