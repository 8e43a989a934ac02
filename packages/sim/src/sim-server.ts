import assert from "node:assert/strict";
import type { Engine, EngineOptions } from "@naruko/core/engine/engine";
import type { EngineSetup } from "@naruko/core/model/engine-io";
import type { Outcome } from "@naruko/core/model/outcome";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { epochMs } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import { EventTime } from "naruko/drive/event-time";
import { Live } from "naruko/drive/live";
import { recover } from "naruko/drive/recover";
import { takeSetup } from "naruko/drive/take-setup";
import type { FaultyDisk } from "./faulty-disk.ts";
import type { FaultyJudge } from "./faulty-judge.ts";
import type { FaultyNetwork } from "./faulty-network.ts";
import type { Life, Machine } from "./machine.ts";

export type SimServerOptions = {
  readonly life: Life;
  readonly machine: Machine;
  readonly disk: FaultyDisk;
  readonly network: FaultyNetwork;
  readonly judge: FaultyJudge;
  readonly engine: EngineOptions;
  readonly setup: EngineSetup;
  readonly report: (event: string, details: Readonly<Record<string, unknown>>) => void;
};

/** `naruko serve` without its ports: the real recovery and the real driver, in one life. */
export class SimServer {
  readonly life: Life;
  readonly engine: Engine;
  readonly live: Live;
  readonly #disk: FaultyDisk;
  readonly #options: SimServerOptions;

  private constructor(options: SimServerOptions, engine: Engine, lastSeq: number) {
    const { life, machine, disk, network, judge, report } = options;
    const { intervalMs, limits } = options.engine;
    this.#options = options;
    this.life = life;
    this.engine = engine;
    this.#disk = disk;
    const clock = machine.clockOf(life);
    const { at, lastTick } = engine.position;
    const time = new EventTime(clock, at);
    this.live = new Live({
      engine,
      disk,
      clock,
      time,
      report,
      intervalMs,
      queueBytes: limits.queueBytes,
      lastSeq,
      lastTick: lastTick ?? epochMs(Math.floor(time.now() / intervalMs) * intervalMs),
      senders: {
        deliver: (delivery) => network.deliver(life, delivery),
        forward: (to, alerts) => network.forward(life, to, alerts),
        ask: (ask) => {
          const { judge: setup } = engine.setup;
          assert.ok(setup !== undefined, "nothing is asked where nobody judges");
          return judge.ask(life, ask, setup);
        },
      },
    });
  }

  /** Starts as the program does; resolves once it answers, and never if its process dies before. */
  static async start(options: SimServerOptions): Promise<SimServer> {
    const { engine, lastSeq, faults } = await options.life.whileAlive(
      recover(options.disk, options.engine),
    );
    assert.equal(faults, 0, "every input can be applied again");
    return new SimServer(options, engine, lastSeq);
  }

  /** Takes rules and routing and begins to tick. @throws InputError where they cannot be committed */
  async begin(): Promise<void> {
    await this.reload(this.#options.setup);
    this.live.start();
  }

  /** @throws InputError where the setup cannot be committed */
  async reload(setup: EngineSetup): Promise<void> {
    const { engine, live } = this;
    const { disk, report } = this.#options;
    await this.life.whileAlive(takeSetup(setup, { engine, live, disk, report }));
  }

  submit(telemetry: Telemetry): Promise<Outcome> {
    const bytes = 100 * (telemetry.calls.length + telemetry.points.length);
    return this.live.submit({ kind: "telemetry", telemetry }, bytes);
  }

  now(): EpochMs {
    return this.live.now();
  }

  /** Whether a tick is being evaluated that needs no more than its turns. */
  get isTicking(): boolean {
    return this.life.alive && this.#disk.ticks > this.live.counts.ticks;
  }
}
