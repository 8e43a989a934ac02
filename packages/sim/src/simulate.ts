import assert from "node:assert/strict";
import { InputError } from "@naruko/core/model/input-error";
import type { EngineOptions } from "@naruko/core/engine/engine";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import { engineYaml } from "naruko/config/setup";
import { Application } from "./application.ts";
import { CRASH_KINDS, downMs, Faults, JUDGE_CRASH_KINDS } from "./faults.ts";
import type { CrashKind } from "./faults.ts";
import { FaultyDisk, Platter } from "./faulty-disk.ts";
import { FaultyJudge } from "./faulty-judge.ts";
import { FaultyNetwork } from "./faulty-network.ts";
import { checkAll } from "./invariants.ts";
import type { Checked } from "./invariants.ts";
import { Exporter } from "./exporter.ts";
import { goldenText } from "./judge-setups.ts";
import { Life, Machine } from "./machine.ts";
import { Random } from "./random.ts";
import { ALERTMANAGER, JUDGED_VARIANTS, setupOf, VARIANTS } from "./setups.ts";
import type { Variant } from "./setups.ts";
import { SimServer } from "./sim-server.ts";
import { Watch } from "./watch.ts";

export type SimulationOptions = {
  readonly seed: number;
  /** How long the world runs, in days of its own time. */
  readonly days: number;
  /** Whether there is a judge, and text for it. */
  readonly isJudged: boolean;
};

const START_MS = Date.UTC(2026, 10, 2, 9);
/** A day and a month of the judge's money end soon. */
const JUDGED_START_MS = Date.UTC(2026, 10, 30, 23, 10);
const INTERVAL_MS = 15 * SECOND_MS;
const APPLICATIONS = 2;
/** Long enough for every timer, retry and repeat of the set-ups to end. */
const AFTERMATH_MS = 40 * MINUTE_MS;

/** Means of the times between two events of a kind, in ms. */
const EVERY = {
  batch: 7 * SECOND_MS,
  crash: 9 * MINUTE_MS,
  stop: 70 * MINUTE_MS,
  trouble: 30 * MINUTE_MS,
  slowness: 40 * MINUTE_MS,
  weather: 8 * MINUTE_MS,
  clock: 35 * MINUTE_MS,
  reload: 40 * MINUTE_MS,
  judgeWeather: 4 * MINUTE_MS,
} as const;

const ENGINE: EngineOptions = {
  intervalMs: INTERVAL_MS,
  limits: DEFAULT_LIMITS,
  parseYaml: engineYaml({}),
  goldenText,
};

/** What a simulation went through, and what was checked of it. */
export type Report = Checked & {
  readonly crashes: ReadonlyMap<CrashKind, number>;
  readonly starts: number;
  readonly reloads: number;
};

/**
 * Runs the real driver and the real recovery through days of telemetry, crashes, full disks, lost
 * answers and wrong clocks, and checks at every step and at the end that nothing was lost or doubled.
 *
 * @throws AssertionError where an invariant does not hold
 */
export async function simulate(options: SimulationOptions): Promise<Report> {
  const world = new World(options);
  return world.run();
}

class World {
  readonly #endMs: number;
  readonly #seed: number;
  readonly #random: Random;
  readonly #isJudged: boolean;
  readonly #machine: Machine;
  readonly #platter = new Platter();
  readonly #faults: Faults;
  readonly #network: FaultyNetwork;
  readonly #judge: FaultyJudge;
  readonly #watch: Watch;
  readonly #exporters: Exporter[] = [];
  readonly #crashes = new Map<CrashKind, number>();
  /** What a part of the world threw, whoever waited for it. */
  #broken: unknown;
  #variant: Variant = VARIANTS[0];
  #life = new Life(0);
  #server: SimServer | undefined;
  #starts = 0;
  #reloads = 0;
  #isCalm = false;
  /** Stalls wait until no timer is being run. */
  #stallMs = 0;

  constructor({ seed, days, isJudged }: SimulationOptions) {
    const startMs = isJudged ? JUDGED_START_MS : START_MS;
    this.#seed = seed;
    this.#isJudged = isJudged;
    this.#machine = new Machine(startMs);
    this.#endMs = startMs + days * DAY_MS;
    this.#random = new Random(seed, "world");
    this.#watch = new Watch(INTERVAL_MS);
    this.#faults = new Faults(new Random(seed, "faults"), (kind) => {
      this.#die(kind);
    });
    this.#network = new FaultyNetwork({
      machine: this.#machine,
      random: new Random(seed, "network"),
      weather: this.#faults.weather,
      crashes: this.#faults.crashesAtReceiver,
    });
    this.#judge = new FaultyJudge({
      machine: this.#machine,
      random: new Random(seed, "judge"),
      crashes: this.#faults.crashesAtJudge,
    });
    this.#platter.watch = (input) => {
      this.#watch.committed(input);
      this.#network.committed(input);
    };
  }

  async run(): Promise<Report> {
    const onRejection = (error: unknown): void => {
      this.#broken ??= error;
    };
    process.on("unhandledRejection", onRejection);
    try {
      this.#populate();
      this.#start();
      await this.#runTo(this.#endMs);
      await this.#calmDown();
      return {
        ...this.#check(),
        crashes: this.#crashes,
        starts: this.#starts,
        reloads: this.#reloads,
      };
    } finally {
      process.off("unhandledRejection", onRejection);
    }
  }

  #populate(): void {
    for (let i = 0; i < APPLICATIONS; i++) this.#addApplication(`app-${i}`);
    const crashKinds = this.#isJudged ? JUDGE_CRASH_KINDS : CRASH_KINDS;
    this.#every(EVERY.crash, () => {
      this.#faults.arm(this.#random.pick(crashKinds));
      if (this.#random.chance(0.2)) this.#faults.damageSnapshot();
      // Some die again as soon as they are back.
      if (!this.#random.chance(0.3)) return;
      this.#machine.after(this.#random.exponential(10 * SECOND_MS), () => {
        if (!this.#isCalm) this.#faults.arm(this.#random.pick(crashKinds));
      });
    });
    this.#every(EVERY.stop, () => void this.#stop());
    this.#every(EVERY.reload, () => void this.#reload());
    this.#every(EVERY.clock, () => {
      this.#disturbClock();
    });
    for (const to of ["pager/webhook/0", "diary/webhook/0", ALERTMANAGER]) {
      this.#every(EVERY.weather, () => {
        this.#faults.changeWeather(to);
      });
    }
    if (this.#isJudged) {
      this.#every(EVERY.judgeWeather, () => {
        this.#judge.changeWeather();
      });
    }
    this.#every(EVERY.trouble, () => {
      this.#faults.beginTrouble("No space left on device");
      this.#machine.after(this.#random.exponential(40 * SECOND_MS), () => {
        this.#faults.endTrouble();
      });
    });
    this.#every(EVERY.slowness, () => {
      this.#faults.beSlow(true);
      this.#machine.after(this.#random.exponential(MINUTE_MS), () => {
        this.#faults.beSlow(false);
      });
    });
  }

  #addApplication(name: string): void {
    const random = new Random(this.#seed, name);
    const application = new Application({ name, random, tellsText: this.#isJudged });
    const exporter = new Exporter({
      machine: this.#machine,
      random: new Random(this.#seed, `exporter of ${name}`),
      server: () => this.#server,
      acknowledged: (telemetry) => {
        this.#watch.acknowledged(telemetry);
      },
    });
    this.#exporters.push(exporter);
    this.#every(EVERY.batch, () => {
      const telemetry = application.telemetry(this.#machine.wallMs);
      if (telemetry !== undefined) exporter.export(telemetry);
    });
  }

  /** Again and again until all is calm, at random times with this mean between them. */
  #every(meanMs: number, happen: () => void): void {
    this.#machine.after(this.#random.exponential(meanMs), () => {
      if (this.#isCalm) return;
      happen();
      this.#every(meanMs, happen);
    });
  }

  #start(): void {
    const life = new Life(++this.#starts);
    this.#life = life;
    void this.#boot(life).catch((error: unknown) => {
      if (!life.alive) return;
      // A full disk refuses the reload of the start: the program ends and is started again.
      if (error instanceof InputError && error.kind === "config") this.#die("at-once");
      else this.#broken ??= error;
    });
  }

  async #boot(life: Life): Promise<void> {
    const machine = this.#machine;
    const disk = new FaultyDisk(this.#platter, { life, machine, faults: this.#faults });
    const server = await SimServer.start({
      life,
      machine,
      disk,
      network: this.#network,
      judge: this.#judge,
      engine: ENGINE,
      setup: setupOf(this.#variant, this.#isJudged),
      report: (event, details) => {
        if (event === "an input could not be applied") this.#broken ??= details["error"] ?? event;
      },
    });
    this.#server = server;
    // The ports are open while the configuration is read: what comes meanwhile is judged as before.
    if (this.#isJudged) {
      await life.whileAlive(machine.sleep(this.#random.between(0, 20 * SECOND_MS)));
    }
    await server.begin();
  }

  #die(kind: CrashKind): void {
    if (!this.#life.alive) return;
    this.#crashes.set(kind, (this.#crashes.get(kind) ?? 0) + 1);
    this.#end();
  }

  #end(): void {
    this.#life.end();
    this.#server = undefined;
    this.#machine.after(downMs(this.#random), () => {
      this.#start();
    });
  }

  /** An orderly stop, as on SIGTERM: the ports close first. */
  async #stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await server.life.whileAlive(server.live.stop());
    this.#end();
  }

  async #reload(): Promise<void> {
    const server = this.#server;
    this.#variant = this.#random.pick(this.#isJudged ? JUDGED_VARIANTS : VARIANTS);
    if (server === undefined) return;
    this.#reloads++;
    try {
      await server.reload(setupOf(this.#variant, this.#isJudged));
    } catch (error) {
      // The disk was full: the setup before it stays until somebody asks again.
      if (!(error instanceof InputError)) throw error;
    }
  }

  #disturbClock(): void {
    const random = this.#random;
    const draw = random.next();
    if (draw < 0.3) this.#machine.setWall(-random.exponential(20 * SECOND_MS));
    else if (draw < 0.5) this.#machine.setWall(random.exponential(3 * MINUTE_MS));
    else if (draw < 0.6) this.#machine.setWallRight();
    else this.#stallMs = random.exponential(40 * SECOND_MS);
  }

  async #runTo(endMs: number): Promise<void> {
    while (this.#machine.nowMs < endMs) {
      const nextMs = Math.min(endMs, this.#machine.nowMs + SECOND_MS);
      await this.#machine.runTo(nextMs, this.#settle);
      if (this.#stallMs === 0) continue;
      const stallMs = this.#stallMs;
      this.#stallMs = 0;
      await this.#machine.stall(stallMs, this.#settle);
    }
  }

  /** Lets everything run that waits for nothing but its turn. */
  readonly #settle = async (): Promise<void> => {
    do {
      await new Promise(setImmediate);
      if (this.#broken !== undefined) throw this.#broken;
      if (this.#server?.isTicking === true) this.#faults.crashesInTick();
    } while (this.#server?.isTicking === true);
  };

  /** Ends all trouble and waits until everything that was under way has come to its end. */
  async #calmDown(): Promise<void> {
    this.#isCalm = true;
    this.#faults.calm();
    this.#judge.calm();
    this.#machine.setWallRight();
    const latestMs = this.#machine.nowMs + 6 * HOUR_MS;
    const isDone = (): boolean =>
      this.#server !== undefined && this.#exporters.every((exporter) => exporter.idle);
    while (!isDone()) {
      await this.#runTo(this.#machine.nowMs + MINUTE_MS);
      assert.ok(this.#machine.nowMs < latestMs, "senders come to an end once all is well");
    }
    await this.#runTo(this.#machine.nowMs + AFTERMATH_MS);
  }

  #check(): Checked {
    const server = this.#server;
    assert.ok(server !== undefined, "the server runs at the end");
    return checkAll({
      platter: this.#platter,
      network: this.#network,
      judge: this.#judge,
      engine: server.engine,
      options: ENGINE,
      batches: this.#exporters.flatMap((exporter) => exporter.batches),
      random: new Random(this.#seed, "replay"),
    });
  }
}
