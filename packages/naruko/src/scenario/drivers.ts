import { Engine } from "@naruko/core/engine/engine";
import type { EngineOptions } from "@naruko/core/engine/engine";
import type {
  ChunkRow,
  Delivery,
  Effect,
  EngineSetup,
  Transition,
} from "@naruko/core/model/engine-io";
import { Replay } from "../drive/replay.ts";
import type { Outputs } from "./observe.ts";
import type { Scenario } from "./scenario.ts";
import { startOf, timeline } from "./timeline.ts";

/** What came out of a run, and the samples and calls that the engine did not take, by reason. */
export type Run = Outputs & { readonly refused: ReadonlyMap<string, number> };

/** A scenario with all that a driver needs to run it. */
export type Prepared = {
  readonly scenario: Scenario;
  readonly setup: EngineSetup;
  readonly options: EngineOptions;
};

/** One way to run a scenario; all of them come to the same. */
export type Driver = {
  readonly name: string;
  readonly run: (prepared: Prepared) => Run | Promise<Run>;
};

/** Restarts of one run beside those at its checks; in a longer one they are spread over its inputs. */
const RESTARTS_MAX = 50;

/** Inputs one after the other, in one engine. */
export const replayDriver: Driver = {
  name: "replay",
  run: (prepared) => replay(prepared, (engine) => engine),
};

/** The same, with the engine saved and loaded between inputs, at each check in any case. */
export const restartDriver: Driver = {
  name: "restart",
  run: (prepared) => {
    const { scenario, options } = prepared;
    const start = startOf(scenario);
    const checked = new Set<number>(scenario.checks.map(({ atMs }) => start + atMs));
    const every = Math.ceil(countInputs(scenario) / RESTARTS_MAX);
    let inputs = 0;
    return replay(prepared, (engine, chunks) => {
      const isDue = ++inputs % every === 0 || checked.has(engine.position.at);
      return isDue ? restarted(engine, chunks, options) : engine;
    });
  },
};

/** Ticks and telemetry; what gaps skip is not worth the difference. */
function countInputs(scenario: Scenario): number {
  let inputs = 0;
  for (const step of timeline(scenario)) if (step.kind === "telemetry") inputs++;
  return inputs + Math.ceil((scenario.checks.at(-1)?.atMs ?? 0) / scenario.intervalMs);
}

function replay(
  { scenario, setup, options }: Prepared,
  between: (engine: Engine, chunks: readonly ChunkRow[]) => Engine,
): Run {
  const collector = new Collector();
  const driver = new Replay({
    engine: new Engine(options),
    intervalMs: scenario.intervalMs,
    onEffect: (effect) => collector.take(effect),
    between: (engine) => between(engine, collector.chunks),
  });
  driver.take(startOf(scenario), { kind: "reload", setup });
  for (const step of timeline(scenario)) {
    if (step.kind === "check") driver.advanceTo(step.at);
    else if (step.kind === "gap") driver.take(step.to, step);
    else driver.take(step.at, { kind: "telemetry", telemetry: step.telemetry });
  }
  return collector.run(driver.engine);
}

function restarted(engine: Engine, chunks: readonly ChunkRow[], options: EngineOptions): Engine {
  const loaded = Engine.load(engine.save(), options);
  const from = loaded.memoryFrom();
  loaded.adopt(chunks.filter((chunk) => chunk.to >= from));
  return loaded;
}

/** Gathers what an engine wants done. */
export class Collector {
  readonly #transitions: Transition[] = [];
  readonly #deliveries: Delivery[] = [];
  readonly chunks: ChunkRow[] = [];

  take(effect: Effect): void {
    if (effect.kind === "keep-transitions") this.#transitions.push(...effect.transitions);
    else if (effect.kind === "deliver") this.#deliveries.push(effect.delivery);
    else if (effect.kind === "keep-chunks") this.chunks.push(...effect.chunks);
  }

  run(engine: Engine): Run {
    return {
      transitions: this.#transitions,
      deliveries: this.#deliveries,
      refused: new Map([...engine.counters()].filter(isRefusal)),
    };
  }
}

/** Counters of samples and calls of the scenario's own that did not get into a series. */
const REFUSALS = /^(?:point-|rejected_samples_|folded-)|^calls_(?:late|repeat|nested)$/;

function isRefusal([name, count]: readonly [string, number]): boolean {
  // Ending a series that has ended, or never began, changes nothing.
  return count > 0 && REFUSALS.test(name) && name !== "point-end-of-nothing";
}
