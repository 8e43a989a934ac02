import { Engine } from "@naruko/core/engine/engine";
import type { EngineOptions } from "@naruko/core/engine/engine";
import type { ChunkRow, Effect, Input, Transition } from "@naruko/core/model/engine-io";
import type { Ask, SettledDraw } from "@naruko/core/model/judge";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { applyWhole } from "naruko/drive/recover";
import { chunkKey } from "./faulty-disk.ts";
import { deliveryContent } from "./faulty-network.ts";

/** Everything that came out of a sequence of inputs, by its keys. */
export type Outputs = {
  readonly engine: Engine;
  readonly telemetry: ReadonlyMap<number, { readonly at: number; readonly telemetry: Telemetry }>;
  readonly transitions: ReadonlyMap<number, readonly Transition[]>;
  readonly draws: ReadonlyMap<number, readonly SettledDraw[]>;
  readonly chunks: ReadonlyMap<string, ChunkRow>;
  /** By key and try: what it says, and the input that it came from. */
  readonly deliveries: ReadonlyMap<string, { readonly content: string; readonly seq: number }>;
  /** Requests to the judge in their order, each with the input that it came from. */
  readonly asks: readonly { readonly ask: Ask; readonly seq: number }[];
};

/**
 * Applies what was committed to a fresh engine, as if nothing had ever stopped.
 *
 * @param restartsBefore whether the engine is saved and loaded before an input
 */
export function replayCommitted(
  inputs: readonly Input[],
  options: EngineOptions,
  restartsBefore: (input: Input) => boolean = () => false,
): Outputs {
  let engine = new Engine(options);
  const telemetry = new Map<number, { at: number; telemetry: Telemetry }>();
  const transitions = new Map<number, readonly Transition[]>();
  const draws = new Map<number, readonly SettledDraw[]>();
  const chunks = new Map<string, ChunkRow>();
  const deliveries = new Map<string, { content: string; seq: number }>();
  const asks: { ask: Ask; seq: number }[] = [];
  const take = (effect: Effect, { seq }: Input): void => {
    if (effect.kind === "keep") {
      telemetry.set(effect.seq, { at: effect.at, telemetry: effect.telemetry });
    } else if (effect.kind === "keep-transitions") transitions.set(effect.seq, effect.transitions);
    else if (effect.kind === "keep-draws") draws.set(effect.seq, effect.draws);
    else if (effect.kind === "keep-chunks")
      for (const chunk of effect.chunks) chunks.set(chunkKey(chunk), chunk);
    else if (effect.kind === "ask") asks.push({ ask: effect.ask, seq });
    else if (effect.kind === "deliver") {
      const { delivery } = effect;
      const content = deliveryContent(delivery);
      deliveries.set(`${delivery.key} ${delivery.attempt}`, { content, seq });
    }
  };
  const since = (from: number): ChunkRow[] =>
    [...chunks.values()].filter((chunk) => chunk.to >= from);
  for (const input of inputs) {
    if (restartsBefore(input)) {
      engine = Engine.load(engine.save(), options);
      engine.adopt(since(engine.neededFrom()));
    }
    if (input.kind === "reload") {
      const { reachMs } = engine.prepare(input.setup);
      engine.adopt(since(input.at - reachMs));
    }
    for (const effect of applyWhole(engine, input)) take(effect, input);
  }
  return { engine, telemetry, transitions, draws, chunks, deliveries, asks };
}
