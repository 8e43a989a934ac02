import type { Engine } from "@naruko/core/engine/engine";
import type { Effect, EngineSetup } from "@naruko/core/model/engine-io";
import type { Ask, JudgeAnswer } from "@naruko/core/model/judge";
import type { EpochMs } from "@naruko/core/model/time";
import { Replay } from "../drive/replay.ts";
import type { HistoryInput } from "./history.ts";

export type ReplayHistoryOptions = {
  /** Fresh: nothing was applied to it. */
  readonly engine: Engine;
  readonly intervalMs: number;
  readonly setup: EngineSetup;
  readonly onEffect: (effect: Effect) => void;
  /** Answers what the judge is asked; absent where the setup has no judge. */
  readonly ask?: (ask: Ask) => Promise<JudgeAnswer>;
  /** Called as event time goes on, once an input. */
  readonly onTime?: (at: EpochMs) => void;
};

/**
 * Runs a history through an engine, from its first input to the first tick at or after its last;
 * `undefined` where there was no input.
 */
export async function replayHistory(
  inputs: AsyncIterable<HistoryInput>,
  { engine, intervalMs, setup, onEffect, ask, onTime }: ReplayHistoryOptions,
): Promise<{ readonly from: EpochMs; readonly to: EpochMs } | undefined> {
  const replay = new Replay({ engine, intervalMs, onEffect });
  let from: EpochMs | undefined;
  for await (const { at, telemetry } of inputs) {
    if (from === undefined) replay.take(at, { kind: "reload", setup });
    from ??= at;
    replay.take(at, { kind: "telemetry", telemetry });
    await answerAll(replay, ask);
    onTime?.(at);
  }
  replay.finish();
  await answerAll(replay, ask);
  const to = replay.lastTick;
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** An answer may lead to further questions: a second look, or what waited for its turn. */
async function answerAll(replay: Replay, ask: ReplayHistoryOptions["ask"]): Promise<void> {
  if (ask === undefined) return;
  for (;;) {
    const asks = replay.takeAsks();
    if (asks.length === 0) return;
    const answers = await Promise.all(asks.map(async (one) => [one.key, await ask(one)] as const));
    for (const [key, answer] of answers) replay.answer(key, answer);
  }
}
