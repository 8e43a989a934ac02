import { readFileSync } from "node:fs";
import path from "node:path";
import { Engine } from "@naruko/core/engine/engine";
import type { Call } from "@naruko/core/model/call";
import type { Effect, EngineSetup, Input, InputBody } from "@naruko/core/model/engine-io";
import type { Evaluation } from "@naruko/core/model/evaluation";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { epochMs, HOUR_MS, SECOND_MS, type EpochMs } from "@naruko/core/model/time";
import { engineYaml, shippedRuleFiles } from "naruko/config/setup";
import { Random } from "../random.ts";

export const INTERVAL_MS: number = 15 * SECOND_MS;

export function setupWith(ruleFiles: readonly string[]): EngineSetup {
  return {
    ruleFiles: ruleFiles.map((file) => ({
      name: path.basename(file),
      text: readFileSync(file, "utf8"),
    })),
    alertmanagers: [],
    externalUrl: "http://127.0.0.1:4320",
    sources: {},
  };
}

export function shippedSetup(): EngineSetup {
  return setupWith(shippedRuleFiles());
}

/** An engine that is handed inputs with a running number. */
export class DrivenEngine {
  readonly engine: Engine = new Engine({
    intervalMs: INTERVAL_MS,
    limits: DEFAULT_LIMITS,
    parseYaml: engineYaml({}),
  });
  #seq = 0;

  apply(at: EpochMs, body: InputBody): readonly Effect[] {
    return this.engine.apply(this.#input(at, body));
  }

  /** One tick; milliseconds of sampling the derived series, and of evaluating the rules after it. */
  tick(at: EpochMs): { readonly sampleMs: number; readonly evaluateMs: number } {
    const startedMs = performance.now();
    const steps = this.engine.advance(this.#input(at, { kind: "tick" }));
    steps.next();
    const sampledMs = performance.now();
    while (steps.next().done !== true);
    return { sampleMs: sampledMs - startedMs, evaluateMs: performance.now() - sampledMs };
  }

  #input(at: EpochMs, body: InputBody): Input {
    return { seq: ++this.#seq, at, ...body };
  }
}

/**
 * Feeds calls through the engine's own inputs, one of each segment before each tick, so that the
 * engine samples its derived series as it does live. Segments join until there are so many series.
 *
 * No rules run meanwhile; memory is kept for the shipped ones, which the caller then loads.
 *
 * @param until the last tick
 */
export function fillEngine(seriesCount: number, hours: number, until: EpochMs): DrivenEngine {
  const driven = new DrivenEngine();
  driven.engine.prepare(shippedSetup());
  const random = new Random(1);
  let segments = 0;
  let isFull = false;
  for (let at = until - hours * HOUR_MS, tick = 0; at <= until; at += INTERVAL_MS, tick++) {
    // After two calls, one that fails and one that does not, a segment has all of its series.
    if (tick % 2 === 0 && !isFull) {
      const { series } = driven.engine.storeStats();
      isFull = segments > 0 && series + series / segments > seriesCount;
      if (!isFull) segments++;
    }
    const calls = Array.from({ length: segments }, (_, n) => {
      const isNewest = !isFull && n === segments - 1;
      return callOf(n, epochMs(at), isNewest ? tick % 2 === 0 : random.chance(0.01), random);
    });
    const evaluations = calls.map((call) => evaluationOf(call, random));
    driven.apply(epochMs(at), {
      kind: "telemetry",
      telemetry: { calls, points: [], evaluations },
    });
    driven.tick(epochMs(at));
  }
  return driven;
}

const MODELS_PER_SERVICE = 8;
const PROVIDERS = ["openai", "anthropic", "mistral_ai"] as const;

/** A call of one segment: a service's use of one model. */
function callOf(segment: number, at: EpochMs, failed: boolean, random: Random): Call {
  const durationS = 0.3 + random.next() ** 4 * 20;
  const model = `model-${segment % MODELS_PER_SERVICE}`;
  const told = {
    finishReasons: ["stop"],
    usage: { inputTokens: 1 + random.int(3000), outputTokens: 1 + random.int(1200) },
    usageSource: "provider",
    costUsd: random.between(0.001, 0.01),
  } as const;
  const untold = {
    finishReasons: [],
    usage: {},
    usageSource: "missing",
    errorType: "rate_limit_exceeded",
  } as const;
  return {
    traceId: random.hex(32),
    spanId: random.hex(16),
    kind: "inference",
    operation: "chat",
    startAt: epochMs(at - Math.round(durationS * SECOND_MS)),
    endAt: at,
    durationS,
    service: `service-${Math.floor(segment / MODELS_PER_SERVICE)}`,
    environment: "production",
    provider: PROVIDERS[segment % PROVIDERS.length] ?? PROVIDERS[0],
    requestModel: model,
    responseModel: `${model}-2026-01-01`,
    stream: false,
    weight: 1,
    dialect: "otel-genai",
    ...(failed ? untold : told),
  };
}

function evaluationOf({ traceId, spanId, service, endAt }: Call, random: Random): Evaluation {
  const score = random.between(0.7, 1);
  return { name: "faithfulness", score, at: endAt, service, traceId, spanId };
}
