import type { Engine } from "@naruko/core/engine/engine";
import type { Effect, Input, InputBody } from "@naruko/core/model/engine-io";
import type { Ask, JudgeAnswer } from "@naruko/core/model/judge";
import { epochMs } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import { applyWhole } from "./recover.ts";

export type ReplayOptions = {
  /** Where event time goes on: a fresh engine, or one that was loaded. */
  readonly engine: Engine;
  readonly intervalMs: number;
  /** Everything that the engine wants done, in event-time order. */
  readonly onEffect: (effect: Effect) => void;
  /** Called between two inputs; may hand back another engine in the same state. */
  readonly between?: (engine: Engine) => Engine;
};

/** What is replayed; ticks are put in by the replay itself. */
export type ReplayInput = Exclude<InputBody, { readonly kind: "tick" }>;

/**
 * Drives the engine through inputs whose times are known: nothing waits, nothing is committed, and
 * every delivery succeeds at once. Ticks stand where the commit queue puts them: tick t after every
 * input with `at` ≤ t. Time without inputs is no gap, so every tick is evaluated.
 */
export class Replay {
  readonly #options: ReplayOptions;
  #engine: Engine;
  #seq: number;
  /** `undefined` until the first input tells when time begins. */
  #nextTick: number | undefined;
  #lastAt: EpochMs | undefined;
  #asks: Ask[] = [];

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#engine = options.engine;
    const { seq, at, lastTick } = options.engine.position;
    this.#seq = seq;
    if (seq > 0) this.#lastAt = at;
    if (lastTick !== undefined) this.#nextTick = tickAfter(lastTick, options.intervalMs);
  }

  get engine(): Engine {
    return this.#engine;
  }

  /** The last tick that ran, or the end of the gap after it. */
  get lastTick(): EpochMs | undefined {
    return this.#engine.position.lastTick;
  }

  /** Runs the ticks before an input, then the input. Times never decrease. */
  take(at: EpochMs, body: ReplayInput): void {
    if (body.kind === "gap") this.advanceTo(body.from);
    else this.#runTicks((tick) => tick < at, at);
    this.#apply({ seq: ++this.#seq, at, ...body });
    this.#lastAt = at;
    if (body.kind === "gap") this.#nextTick = firstTick(body.to, this.#options.intervalMs);
  }

  /** What the judge was asked since the last time; each is to be answered. */
  takeAsks(): readonly Ask[] {
    const asks = this.#asks;
    this.#asks = [];
    return asks;
  }

  /** Gives the engine an answer, at the time of the last input or tick. */
  answer(ask: string, answer: JudgeAnswer): void {
    const { at } = this.#engine.position;
    this.#apply({ seq: ++this.#seq, at, kind: "judged", ask, answer });
  }

  /** Runs every tick up to and including this time. */
  advanceTo(time: EpochMs): void {
    this.#runTicks((tick) => tick <= time, time);
  }

  /** Runs the ticks up to the first one at or after the last input. */
  finish(): void {
    const { intervalMs } = this.#options;
    if (this.#lastAt !== undefined) this.advanceTo(firstTick(this.#lastAt, intervalMs));
  }

  #runTicks(isDue: (tick: number) => boolean, begin: EpochMs): void {
    this.#nextTick ??= firstTick(begin, this.#options.intervalMs);
    while (isDue(this.#nextTick)) {
      const at = epochMs(this.#nextTick);
      this.#nextTick += this.#options.intervalMs;
      this.#apply({ seq: ++this.#seq, at, kind: "tick" });
    }
  }

  #apply(input: Input): void {
    const { onEffect, between } = this.#options;
    const effects = applyWhole(this.#engine, input);
    for (const effect of effects) {
      if (effect.kind === "ask") this.#asks.push(effect.ask);
      onEffect(effect);
    }
    if (between !== undefined) this.#engine = between(this.#engine);
    for (const effect of effects) {
      const delivery = keyOf(effect);
      if (delivery === undefined) continue;
      const outcome = { ok: true } as const;
      this.#apply({ seq: ++this.#seq, at: input.at, kind: "outcome", delivery, outcome });
    }
  }
}

/** Under which key an effect asks for its outcome; `undefined` for those that ask for none. */
function keyOf(effect: Effect): string | undefined {
  if (effect.kind === "deliver") return effect.delivery.key;
  return effect.kind === "forward" ? effect.key : undefined;
}

/** The first tick at or after a time. */
export function firstTick(time: number, intervalMs: number): EpochMs {
  return epochMs(Math.ceil(time / intervalMs) * intervalMs);
}

/** The first tick after a time. */
function tickAfter(time: number, intervalMs: number): number {
  return (Math.floor(time / intervalMs) + 1) * intervalMs;
}
