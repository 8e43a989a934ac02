import type { Engine } from "@naruko/core/engine/engine";
import { takeParsedExport } from "@naruko/core/engine/intake";
import type { Effect, EngineSetup } from "@naruko/core/model/engine-io";
import type { Limits } from "@naruko/core/model/limits";
import type { Outcome } from "@naruko/core/model/outcome";
import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import type { NormalizeContext } from "@naruko/core/normalize/context";
import type { PriceOf } from "@naruko/core/normalize/price-of";
import type { Disk, KeptEffect } from "../disk/disk.ts";
import { Replay } from "../drive/replay.ts";
import { demoCalls } from "./demo-calls.ts";
import type { DemoPlan } from "./demo-calls.ts";
import { secondsUntil } from "./demo-plan.ts";
import { demoRequests } from "./demo-requests.ts";

/** Simulated seconds whose calls arrive in one request: series are sampled no more often. */
const STEP_S = 15;
/** Simulated steps between two looks at the progress and at Ctrl-C. */
const STEPS_A_LOOK = 20;
/** A transaction takes its time, whatever is in it: few large ones are written. */
const EFFECTS_A_WRITE = 5000;

export type HistoryOptions = {
  readonly plan: DemoPlan;
  readonly engine: Engine;
  readonly disk: Pick<Disk, "keep" | "saveSnapshot">;
  readonly setup: EngineSetup;
  readonly intervalMs: number;
  readonly limits: Limits;
  readonly priceOf: PriceOf;
  /** The time of this moment: history is written until it has caught up with it. */
  readonly now: () => number;
  /** @param share of the history that is written, 0 to 1 */
  readonly progress: (share: number) => void;
  readonly signal: AbortSignal;
};

/**
 * Lets the simulated past go through the engine as a replay does, and leaves on the disk what the
 * live path would have left: calls, sealed chunks, transitions and a snapshot to go on from.
 *
 * Returns the first second of the plan that is not in it, or `stopped` where the signal came before
 * the end.
 *
 * @throws Error when the disk fails
 */
export async function writeHistory(options: HistoryOptions): Promise<number | "stopped"> {
  const { plan, disk, setup, now, progress, signal } = options;
  const kept: KeptEffect[] = [];
  const replay = new Replay({
    engine: options.engine,
    intervalMs: options.intervalMs,
    onEffect: (effect) => {
      if (isKept(effect)) kept.push(effect);
    },
  });
  replay.take(plan.startAt, { kind: "reload", setup });
  const lengthMs = now() - plan.startAt;
  let steps = 0;
  let writing: Promise<Outcome> = Promise.resolve({ ok: true });
  let at = plan.startAt;
  while (at + STEP_S * SECOND_MS <= now()) {
    at = oneStep(replay, at, options);
    if (++steps % STEPS_A_LOOK > 0) continue;
    if (kept.length >= EFFECTS_A_WRITE) {
      // The next stretch is simulated while this one is written.
      orThrow(await writing);
      writing = disk.keep(kept.splice(0));
    }
    await new Promise(setImmediate);
    progress(Math.min(1, (at - plan.startAt) / lengthMs));
    if (signal.aborted) return "stopped";
  }
  orThrow(await writing);
  orThrow(await disk.keep(kept));
  orThrow(await disk.saveSnapshot(replay.engine.save()));
  return secondsUntil(plan, at);
}

function oneStep(replay: Replay, from: EpochMs, options: HistoryOptions): EpochMs {
  const { plan, limits, priceOf } = options;
  const first = Math.round((from - plan.startAt) / SECOND_MS);
  const seconds = Array.from({ length: STEP_S }, (_, i) => first + i);
  const calls = seconds.flatMap((second) => demoCalls(plan, second));
  const at = epochMs(from + STEP_S * SECOND_MS);
  if (calls.length === 0) return at;
  const context: NormalizeContext = { at, maxAheadMs: 0, limits, priceOf };
  const { traces, logs } = demoRequests(calls);
  const { telemetry } = takeParsedExport("traces", traces, context);
  replay.take(at, { kind: "telemetry", telemetry });
  if (logs !== undefined) {
    const verdicts = takeParsedExport("logs", logs, context);
    replay.take(at, { kind: "telemetry", telemetry: verdicts.telemetry });
  }
  return at;
}

function isKept(effect: Effect): effect is KeptEffect {
  return effect.kind.startsWith("keep");
}

function orThrow(outcome: Outcome): void {
  if (!outcome.ok) throw new Error(`the demo's history cannot be written: ${outcome.reason}`);
}
