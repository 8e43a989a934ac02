import { Engine } from "@naruko/core/engine/engine";
import type { EngineOptions } from "@naruko/core/engine/engine";
import { InputError } from "@naruko/core/model/input-error";
import type { CheckedSetup } from "@naruko/core/engine/alerting";
import type { Effect, EngineSetup, Input } from "@naruko/core/model/engine-io";
import type { Outcome } from "@naruko/core/model/outcome";
import type { EpochMs } from "@naruko/core/model/time";
import type { Disk, KeptEffect, Recovery } from "../disk/disk.ts";

/** Inputs whose outputs are under way to the disk at once, so that memory is bounded. */
const KEPT_TOGETHER = 100;

/** The part of the disk that a start needs. */
export type RecoveryDisk = Pick<Disk, "recover" | "chunksSince" | "inputsAfter" | "keep">;

/** An engine as the disk remembers it. */
export type Recovered = {
  readonly engine: Engine;
  /** The last sequence number in use. */
  readonly lastSeq: number;
  /** How many inputs were applied again. */
  readonly reapplied: number;
  /** Inputs that met a bug of ours, when they were first applied and again. */
  readonly faults: number;
  /** Why the latest snapshot was not used; absent when it was. */
  readonly setback?: string;
};

/**
 * Brings the engine to where it was when the process stopped: the latest snapshot, the sealed chunks
 * that memory holds, and every input committed since. Outputs made again are kept again, which
 * changes nothing; what is to be sent again is told by `engine.outstanding`.
 *
 * @throws Error when the disk cannot be read, InputError when its state is of a newer version
 */
export async function recover(disk: RecoveryDisk, options: EngineOptions): Promise<Recovered> {
  try {
    return await recoverFrom(disk, options, "latest");
  } catch (error) {
    if (!(error instanceof InputError) || error.kind !== "snapshot") throw error;
    return { ...(await recoverFrom(disk, options, "previous")), setback: error.message };
  }
}

async function recoverFrom(
  disk: RecoveryDisk,
  options: EngineOptions,
  which: "latest" | "previous",
): Promise<Recovered> {
  const read = await disk.recover(which);
  if (!read.ok) throw new Error(read.reason);
  const { snapshot, lastSeq }: Recovery = read.value;
  const engine = snapshot === undefined ? new Engine(options) : Engine.load(snapshot, options);
  await adoptSince(engine.neededFrom(), engine, disk);
  let reapplied = 0;
  let faults = 0;
  const keeping: Promise<Outcome>[] = [];
  for await (const input of disk.inputsAfter(snapshot?.seq ?? 0)) {
    if (input.kind === "reload" || keeping.length >= KEPT_TOGETHER) {
      await Promise.all(keeping.splice(0));
    }
    if (input.kind === "reload") await adoptHistory(input.setup, engine, disk);
    const effects = reapply(engine, input);
    if (effects === undefined) faults++;
    const kept = effects?.filter((effect) => effect.kind.startsWith("keep")) ?? [];
    if (kept.length > 0) keeping.push(disk.keep(kept as KeptEffect[]));
    reapplied++;
  }
  await Promise.all(keeping);
  return { engine, lastSeq, reapplied, faults };
}

/**
 * An input that met a bug of ours when it was first applied meets it here again; as then, the ones
 * after it are applied nevertheless, and the server starts.
 */
function reapply(engine: Engine, input: Input): readonly Effect[] | undefined {
  try {
    return applyWhole(engine, input);
  } catch (error) {
    if (error instanceof InputError && error.kind === "snapshot") throw error;
    return undefined;
  }
}

/**
 * Reads a setup and puts into memory what its rules look back to, so that they start with their
 * history.
 *
 * @throws InputError when the setup is refused
 */
export async function adoptHistory(
  setup: EngineSetup,
  engine: Engine,
  disk: Pick<Disk, "chunksSince">,
): Promise<CheckedSetup> {
  const checked = engine.prepare(setup);
  const from = engine.neededFrom();
  if (from < engine.memoryFrom()) await adoptSince(from, engine, disk);
  return checked;
}

async function adoptSince(
  from: EpochMs,
  engine: Engine,
  disk: Pick<Disk, "chunksSince">,
): Promise<void> {
  for await (const rows of disk.chunksSince(from)) engine.adopt(rows);
}

/** Applies one input to its end, without turns in between: for recovery and replay. */
export function applyWhole(engine: Engine, input: Input): ReturnType<Engine["apply"]> {
  if (input.kind !== "tick") return engine.apply(input);
  const steps = engine.advance(input);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
