import type { ChunkRow, Input, Transition } from "@naruko/core/model/engine-io";
import type { Outcome } from "@naruko/core/model/outcome";
import type { SettledDraw } from "@naruko/core/model/judge";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { epochMs } from "@naruko/core/model/time";
import type { Disk, KeptEffect, Read, Recovery, Snapshot } from "naruko/disk/disk";
import { decodeInput, encodeInput } from "naruko/disk/encode-input";
import { assertSame } from "./assert-same.ts";
import type { Life, Machine } from "./machine.ts";

const KEPT_SNAPSHOTS = 2;
const CHUNKS_A_PAGE = 50;
const RETRY_MS = 1000;
const GONE: Outcome = { ok: false, retry: false, reason: "the disk is gone" };
const OK: Outcome = { ok: true };

/** The part of a disk that the drivers use. */
export type EngineDisk = Pick<
  Disk,
  "commit" | "keep" | "saveSnapshot" | "recover" | "inputsAfter" | "chunksSince"
>;

/** What goes wrong, asked at each step; `crash` ends the process at that step. */
export type DiskFaults = {
  /** Why nothing can be written at the moment; `undefined` while all is well. */
  readonly trouble: () => string | undefined;
  /** How long an operation takes, in ms; most take none. */
  readonly delayMs: (what: "commit" | "keep" | "snapshot") => number;
  readonly crashes: (step: CrashStep, inputs?: readonly Input[]) => boolean;
  /** Whether the latest snapshot cannot be read this time. */
  readonly damaged: () => boolean;
};

export type CrashStep =
  | "before-commit"
  | "after-commit"
  | "before-snapshot"
  | "after-snapshot"
  | "between-outputs"
  | "in-recovery";

type InputRow = {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly bytes: Uint8Array;
};

/** What survives the death of a process. Everything in it is written as the program's disk writes it. */
export class Platter {
  /** Every input that was ever committed, for the replay that comes after; a real disk drops them. */
  readonly everCommitted: Input[] = [];
  inputs: InputRow[] = [];
  snapshots: Snapshot[] = [];
  readonly telemetry: Map<number, { readonly at: number; readonly telemetry: Telemetry }> =
    new Map();
  readonly transitions: Map<number, readonly Transition[]> = new Map();
  readonly draws: Map<number, readonly SettledDraw[]> = new Map();
  readonly chunks: Map<string, ChunkRow> = new Map();
  /** Refuses inputs that break an invariant; set by whoever watches. */
  watch: (input: Input) => void = () => undefined;

  commit(inputs: readonly Input[]): void {
    for (const input of inputs) {
      this.watch(input);
      const { seq, at, kind } = input;
      const row = { seq, at, kind, bytes: encodeInput(input) };
      this.inputs.push(row);
      this.everCommitted.push(decodeInput(row));
    }
  }

  /** Writes an output; writing it again must change nothing. */
  keep(effect: KeptEffect): void {
    if (effect.kind === "keep") {
      const { seq, at, telemetry } = effect;
      putOnce(this.telemetry, seq, { at, telemetry }, `calls of input ${seq}`);
    } else if (effect.kind === "keep-transitions") {
      putOnce(this.transitions, effect.seq, effect.transitions, `transitions of ${effect.seq}`);
    } else if (effect.kind === "keep-draws") {
      putOnce(this.draws, effect.seq, effect.draws, `draws of ${effect.seq}`);
    } else {
      for (const chunk of effect.chunks) putOnce(this.chunks, chunkKey(chunk), chunk, "a chunk");
    }
  }

  save(snapshot: Snapshot): void {
    this.snapshots = [...this.snapshots, structuredClone(snapshot)].slice(-KEPT_SNAPSHOTS);
    const [older] = this.snapshots;
    if (this.snapshots.length < KEPT_SNAPSHOTS || older === undefined) return;
    this.inputs = this.inputs.filter(({ seq }) => seq > older.seq);
  }
}

export function chunkKey({ labels, from }: ChunkRow): string {
  return `${labels.key}${from}`;
}

function putOnce<K, V>(rows: Map<K, V>, key: K, value: V, what: string): void {
  const known = rows.get(key);
  if (known === undefined) rows.set(key, value);
  else assertSame(value, known, `${what}, written again`);
}

type Output = { readonly write: () => boolean; readonly settle: (outcome: Outcome) => void };

/** A disk as one process has it open: it refuses, dawdles, and dies with the process at any step. */
export class FaultyDisk implements EngineDisk {
  readonly #platter: Platter;
  readonly #life: Life;
  readonly #machine: Machine;
  readonly #faults: DiskFaults;
  #lane: Output[] = [];
  #writing = false;
  /** Ticks that were committed through this handle. */
  ticks = 0;

  constructor(
    platter: Platter,
    { life, machine, faults }: { life: Life; machine: Machine; faults: DiskFaults },
  ) {
    this.#platter = platter;
    this.#life = life;
    this.#machine = machine;
    this.#faults = faults;
  }

  async commit(inputs: readonly Input[]): Promise<Outcome> {
    await this.#dawdle("commit");
    const trouble = this.#faults.trouble();
    if (trouble !== undefined) return { ok: false, retry: true, reason: trouble };
    await this.#mayCrash("before-commit", inputs);
    this.#platter.commit(inputs);
    await this.#mayCrash("after-commit", inputs);
    this.ticks += inputs.filter(({ kind }) => kind === "tick").length;
    return OK;
  }

  keep(effects: readonly KeptEffect[]): Promise<Outcome> {
    return this.#output("keep", () => {
      if (this.#faults.trouble() !== undefined) return false;
      for (const effect of effects) this.#platter.keep(effect);
      return true;
    });
  }

  async saveSnapshot(snapshot: Snapshot): Promise<Outcome> {
    let refused: string | undefined;
    const outcome = await this.#output("snapshot", () => {
      refused = this.#faults.trouble();
      if (refused === undefined) this.#platter.save(snapshot);
      return true;
    });
    return refused === undefined ? outcome : { ok: false, retry: true, reason: refused };
  }

  recover(which: "latest" | "previous"): Promise<Read<Recovery>> {
    const { snapshots, inputs } = this.#platter;
    const latest = snapshots.at(which === "latest" ? -1 : -2);
    const found = which === "previous" && snapshots.length < 2 ? undefined : latest;
    const damaged = found !== undefined && which === "latest" && this.#faults.damaged();
    const snapshot = damaged ? { ...found, heads: found.heads.subarray(0, 9) } : found;
    const last = inputs.at(-1);
    const newest = snapshots.at(-1);
    const value: Recovery = {
      ...(snapshot === undefined ? {} : { snapshot }),
      lastSeq: Math.max(newest?.seq ?? 0, last?.seq ?? 0),
      lastAt: epochMs(Math.max(newest?.at ?? 0, last?.at ?? 0)),
    };
    return this.#life.whileAlive(Promise.resolve({ ok: true, value }));
  }

  async *inputsAfter(seq: number): AsyncGenerator<Input> {
    for (const row of this.#platter.inputs) {
      if (row.seq <= seq) continue;
      await this.#mayCrash("in-recovery");
      yield decodeInput(row);
    }
  }

  async *chunksSince(from: number): AsyncGenerator<readonly ChunkRow[]> {
    const rows = [...this.#platter.chunks.values()].filter(({ to }) => to >= from);
    for (let start = 0; start < rows.length; start += CHUNKS_A_PAGE) {
      yield await this.#life.whileAlive(Promise.resolve(rows.slice(start, start + CHUNKS_A_PAGE)));
    }
  }

  #output(what: "keep" | "snapshot", write: () => boolean): Promise<Outcome> {
    if (!this.#life.alive) return Promise.resolve(GONE);
    return new Promise((settle) => {
      const step = what === "snapshot" ? "before-snapshot" : "between-outputs";
      const attempt = (): boolean => {
        if (this.#faults.crashes(step)) return false;
        const written = write();
        if (written && what === "snapshot") this.#faults.crashes("after-snapshot");
        return written;
      };
      this.#lane.push({ write: attempt, settle });
      if (!this.#writing) void this.#writeAll(what);
    });
  }

  /** One output after the other, as handed in; what cannot be written holds up those behind it. */
  async #writeAll(what: "keep" | "snapshot"): Promise<void> {
    this.#writing = true;
    await this.#dawdle(what);
    for (let next = this.#lane[0]; next !== undefined; next = this.#lane[0]) {
      if (next.write()) {
        this.#lane.shift();
        await this.#life.whileAlive(Promise.resolve());
        next.settle(OK);
      } else {
        await this.#life.whileAlive(this.#machine.sleep(RETRY_MS));
      }
    }
    this.#writing = false;
  }

  async #dawdle(what: "commit" | "keep" | "snapshot"): Promise<void> {
    const delayMs = this.#faults.delayMs(what);
    const wait = delayMs > 0 ? this.#machine.sleep(delayMs) : Promise.resolve();
    await this.#life.whileAlive(wait);
  }

  async #mayCrash(step: CrashStep, inputs?: readonly Input[]): Promise<void> {
    this.#faults.crashes(step, inputs);
    await this.#life.whileAlive(Promise.resolve());
  }
}
