import type { Input } from "@naruko/core/model/engine-io";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import type { CrashStep, DiskFaults } from "./faulty-disk.ts";
import type { Weather } from "./faulty-network.ts";
import type { Random } from "./random.ts";

/** Where a process is made to die. */
export type CrashKind =
  | CrashStep
  | "at-once"
  | "in-a-tick"
  | "before-outcome-commit"
  | "after-outcome-commit"
  | "after-gap-commit"
  | "after-receiver"
  | "before-judged-commit"
  | "after-judged-commit"
  | "at-judge";

export const CRASH_KINDS: readonly [CrashKind, ...CrashKind[]] = [
  "at-once",
  "in-a-tick",
  "before-commit",
  "after-commit",
  "before-outcome-commit",
  "after-outcome-commit",
  "after-gap-commit",
  "after-receiver",
  "before-snapshot",
  "after-snapshot",
  "between-outputs",
  "in-recovery",
];

/** Those of a world with a judge. */
export const JUDGE_CRASH_KINDS: readonly [CrashKind, ...CrashKind[]] = [
  "before-judged-commit",
  "after-judged-commit",
  "at-judge",
  ...CRASH_KINDS,
];

const WEATHERS: readonly [Weather, ...Weather[]] = [
  "well",
  "unavailable",
  "silent",
  "answers-lost",
  "refuses",
];

/** Crashes about a batch that holds an input of a kind: when it is about to be, or is, on disk. */
const BATCH_CRASHES: Partial<Record<CrashKind, readonly [CrashStep, Input["kind"]]>> = {
  "before-outcome-commit": ["before-commit", "outcome"],
  "after-outcome-commit": ["after-commit", "outcome"],
  "after-gap-commit": ["after-commit", "gap"],
  "before-judged-commit": ["before-commit", "judged"],
  "after-judged-commit": ["after-commit", "judged"],
};

/** What goes wrong at the moment. One crash is armed at a time, and happens where it fits first. */
export class Faults implements DiskFaults {
  readonly #random: Random;
  readonly #kill: (kind: CrashKind) => void;
  #armed: CrashKind | undefined;
  /** Commits or reads that an armed crash lets pass, so that it does not always meet the first. */
  #passing = 0;
  #trouble: string | undefined;
  #slow = false;
  #damaged = false;
  readonly #weather = new Map<string, Weather>();

  constructor(random: Random, kill: (kind: CrashKind) => void) {
    this.#random = random;
    this.#kill = kill;
  }

  arm(kind: CrashKind): void {
    this.#armed = kind;
    this.#passing = BATCH_CRASHES[kind] === undefined ? this.#random.int(4) : 0;
    if (kind === "at-once") this.#crash(kind);
  }

  beginTrouble(reason: string): void {
    this.#trouble = reason;
  }

  endTrouble(): void {
    this.#trouble = undefined;
  }

  beSlow(slow: boolean): void {
    this.#slow = slow;
  }

  /** The latest snapshot will not be readable at the next start. */
  damageSnapshot(): void {
    this.#damaged = true;
  }

  changeWeather(to: string): void {
    this.#weather.set(to, this.#random.chance(0.5) ? "well" : this.#random.pick(WEATHERS));
  }

  /** From here on all is well. */
  calm(): void {
    this.#armed = undefined;
    this.#trouble = undefined;
    this.#slow = false;
    this.#damaged = false;
    this.#weather.clear();
  }

  readonly trouble = (): string | undefined => this.#trouble;

  readonly delayMs = (what: "commit" | "keep" | "snapshot"): number => {
    const usual = what === "commit" ? 0.02 : 0.1;
    if (!this.#random.chance(this.#slow ? 0.5 : usual)) return 0;
    return this.#random.exponential(this.#slow ? 4 * SECOND_MS : 200);
  };

  readonly damaged = (): boolean => {
    const damaged = this.#damaged;
    this.#damaged = false;
    return damaged;
  };

  readonly weather = (to: string): Weather => this.#weather.get(to) ?? "well";

  readonly crashes = (step: CrashStep, inputs: readonly Input[] = []): boolean => {
    const armed = this.#armed;
    if (armed === undefined) return false;
    const [batchStep, kind] = BATCH_CRASHES[armed] ?? [];
    const fitsBatch = batchStep === step && inputs.some((input) => input.kind === kind);
    if (!(armed === step || fitsBatch) || this.#passing-- > 0) return false;
    return this.#crash(armed);
  };

  readonly crashesAtReceiver = (): boolean =>
    this.#armed === "after-receiver" && this.#crash("after-receiver");

  readonly crashesAtJudge = (): boolean => this.#armed === "at-judge" && this.#crash("at-judge");

  readonly crashesInTick = (): boolean => this.#armed === "in-a-tick" && this.#crash("in-a-tick");

  #crash(kind: CrashKind): true {
    this.#armed = undefined;
    this.#kill(kind);
    return true;
  }
}

/** How long a server stays down: mostly until somebody restarts it at once, sometimes over lunch. */
export function downMs(random: Random): number {
  const draw = random.next();
  if (draw < 0.6) return random.between(0.2, 5) * SECOND_MS;
  if (draw < 0.85) return random.between(5, 60) * SECOND_MS;
  return draw < 0.96 ? random.between(1, 10) * MINUTE_MS : random.between(0.2, 1.5) * HOUR_MS;
}
