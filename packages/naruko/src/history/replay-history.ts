import type { Engine } from "@naruko/core/engine/engine";
import type { Effect, EngineSetup } from "@naruko/core/model/engine-io";
import type { EpochMs } from "@naruko/core/model/time";
import { Replay } from "../drive/replay.ts";
import type { HistoryInput } from "./history.ts";

export type ReplayHistoryOptions = {
  /** Fresh: nothing was applied to it. */
  readonly engine: Engine;
  readonly intervalMs: number;
  readonly setup: EngineSetup;
  readonly onEffect: (effect: Effect) => void;
  /** Called as event time goes on, once an input. */
  readonly onTime?: (at: EpochMs) => void;
};

/**
 * Runs a history through an engine, from its first input to the first tick at or after its last;
 * `undefined` where there was no input.
 */
export async function replayHistory(
  inputs: AsyncIterable<HistoryInput>,
  { engine, intervalMs, setup, onEffect, onTime }: ReplayHistoryOptions,
): Promise<{ readonly from: EpochMs; readonly to: EpochMs } | undefined> {
  const replay = new Replay({ engine, intervalMs, onEffect });
  let from: EpochMs | undefined;
  for await (const { at, telemetry } of inputs) {
    if (from === undefined) replay.take(at, { kind: "reload", setup });
    from ??= at;
    replay.take(at, { kind: "telemetry", telemetry });
    onTime?.(at);
  }
  replay.finish();
  const to = replay.lastTick;
  return from === undefined || to === undefined ? undefined : { from, to };
}
