import type { Call } from "@naruko/core/model/call";
import type { Evaluation } from "@naruko/core/model/evaluation";
import { labels } from "@naruko/core/model/labels";
import type { MetricPoint } from "@naruko/core/model/metric-point";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { epochMs, MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import type { Random } from "./random.ts";

/** What an application goes through. */
type Mood = "calm" | "failing" | "slow" | "busy" | "unfaithful" | "silent";

const MOODS: readonly [Mood, ...Mood[]] = [
  "calm",
  "failing",
  "slow",
  "busy",
  "unfaithful",
  "silent",
];
const MOOD_MEAN_MS = 8 * MINUTE_MS;
/** Calls that may be sent once more. */
const REMEMBERED = 40;

/** Words that are in whatever an application and its model said, and in nothing else. */
export const SPOKEN = "the canary sings of";

/** The call that a text with what was said is about. */
export function spanSpokenOf(text: string): string | undefined {
  return new RegExp(`${SPOKEN} ([0-9a-f]{16})`).exec(text)?.[1];
}

export type ApplicationOptions = {
  readonly name: string;
  readonly random: Random;
  /** Whether its telemetry has what was said. */
  readonly tellsText: boolean;
};

/** One application: its calls, its own metrics and the verdicts about its answers. */
export class Application {
  readonly name: string;
  readonly #random: Random;
  readonly #tellsText: boolean;
  readonly #models: readonly [string, ...string[]];
  #mood: Mood = "calm";
  #moodUntilMs = 0;
  #recent: Call[] = [];
  #requests = 0;

  constructor({ name, random, tellsText }: ApplicationOptions) {
    this.name = name;
    this.#random = random;
    this.#tellsText = tellsText;
    this.#models = [`${name}-large`];
  }

  /** What it exports at this time by its own clock; `undefined` where it has nothing to tell. */
  telemetry(wallMs: number): Telemetry | undefined {
    const random = this.#random;
    if (wallMs >= this.#moodUntilMs) {
      this.#mood = random.chance(0.5) ? "calm" : random.pick(MOODS);
      this.#moodUntilMs = wallMs + random.exponential(MOOD_MEAN_MS);
    }
    if (this.#mood === "silent") return undefined;
    const calls = this.#calls(wallMs);
    this.#recent = [...this.#recent, ...calls].slice(-REMEMBERED);
    return {
      calls,
      points: this.#points(wallMs),
      evaluations: random.chance(0.6) ? [this.#evaluation(wallMs)] : [],
    };
  }

  #calls(wallMs: number): Call[] {
    const random = this.#random;
    const count = this.#mood === "busy" ? 4 + random.int(8) : random.int(4);
    const calls: Call[] = [];
    for (let i = 0; i < count; i++) {
      const call = this.#call(wallMs);
      calls.push(call);
      if (random.chance(0.08)) calls.push(this.#wrapped(call));
      if (random.chance(0.03)) calls.push(call);
    }
    const again = this.#recent[random.int(REMEMBERED)];
    if (again !== undefined && random.chance(0.1)) calls.push(again);
    return calls;
  }

  #call(wallMs: number): Call {
    const random = this.#random;
    const late = random.chance(0.02) ? random.between(4, 30) * MINUTE_MS : 0;
    const endMs = Math.floor(wallMs - late - random.between(0, 3 * SECOND_MS));
    const durationS = this.#mood === "slow" ? random.between(4, 20) : random.between(0.2, 3);
    const failed = random.chance(this.#mood === "failing" ? 0.7 : 0.02);
    const tool = random.chance(0.1);
    const traceId = random.hex(32);
    const spanId = random.hex(16);
    const said = `${SPOKEN} ${spanId}`;
    return {
      traceId,
      spanId,
      kind: tool ? "tool" : "inference",
      operation: tool ? "execute_tool" : "chat",
      startAt: epochMs(endMs - Math.floor(durationS * SECOND_MS)),
      endAt: epochMs(endMs),
      durationS,
      service: this.name,
      ...(tool ? { toolName: "search" } : { provider: "openai" }),
      ...(tool ? {} : { requestModel: random.pick(this.#models) }),
      ...(failed ? { errorType: random.pick(["429", "timeout"]) } : {}),
      stream: false,
      finishReasons: failed ? [] : ["stop"],
      usage: failed ? {} : { inputTokens: random.int(2000), outputTokens: random.int(500) },
      usageSource: failed ? "missing" : "provider",
      weight: random.chance(0.05) ? 4 : 1,
      dialect: "sim",
      ...(this.#tellsText && !failed ? { text: { input: `Sing: ${said}`, output: said } } : {}),
    };
  }

  /** The same request to the model, as the client below the instrumented framework reports it. */
  #wrapped(call: Call): Call {
    return { ...call, spanId: this.#random.hex(16), parentSpanId: call.spanId };
  }

  #evaluation(wallMs: number): Evaluation {
    const random = this.#random;
    const about = this.#recent[random.int(this.#recent.length + 2)];
    const low = this.#mood === "unfaithful";
    return {
      name: "faithfulness",
      at: epochMs(Math.floor(wallMs)),
      score: low ? random.between(0, 0.4) : random.between(0.6, 1),
      service: this.name,
      ...(about === undefined ? {} : { traceId: about.traceId, spanId: about.spanId }),
    };
  }

  #points(wallMs: number): MetricPoint[] {
    const random = this.#random;
    const delay = random.chance(0.05) ? random.between(0, 7 * MINUTE_MS) : 0;
    const at = epochMs(Math.floor(wallMs - delay));
    const { name: service } = this;
    const named = (name: string) => labels({ __name__: name, service_name: service });
    this.#requests += 1 + random.int(5);
    const depth = random.int(this.#mood === "busy" ? 90 : 40);
    const base = { at, service };
    const counted = random.int(4);
    return [
      { ...base, labels: named("sim_queue_depth"), type: "gauge", value: depth },
      {
        ...base,
        labels: named("sim_requests_total"),
        type: "sum",
        monotonic: true,
        temporality: "cumulative",
        value: this.#requests,
      },
      {
        ...base,
        labels: named("sim_wait_seconds"),
        type: "histogram",
        temporality: "delta",
        buckets: { bounds: [1, 5], counts: [counted, 1, 0], count: counted + 1, sum: 2.5 },
      },
    ];
  }
}
