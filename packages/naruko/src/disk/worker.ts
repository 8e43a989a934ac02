// The worker thread that owns the database: it takes requests in three lanes and answers each.
import os from "node:os";
import { parentPort } from "node:worker_threads";
import { assert } from "@naruko/core/model/assert";
import type { Deleted, Read } from "./disk.ts";
import { dropOldInputs, readOldInputs } from "./old-inputs.ts";
import { readCalls, readHistory } from "./read-calls.ts";
import { countSamples, readChunkPage, readChunks, readSeries } from "./read-chunks.ts";
import type { Answered, AskedOf, DatabaseOperations } from "./requests.ts";
import { addDeleted, NOTHING_DELETED, retain } from "./retention.ts";
import { readSnapshot, writeSnapshot } from "./snapshots.ts";
import { Store } from "./store.ts";
import type { OutputRow } from "./write-outputs.ts";

/**
 * Bytes of effects written in one transaction, some 15,000 calls: each has a price of its own, and
 * queries wait for some hundred milliseconds at most.
 */
const BATCH_BYTES = 4 * 1024 * 1024;

/** How long outputs that could not be written rest before they are tried again. */
const REST_MS = 1000;

type Asked = AskedOf<DatabaseOperations>;
type AskedFor<Op extends Asked["op"]> = Extract<Asked, { op: Op }>;

const port = parentPort;
assert(port !== null, "this file runs as a worker thread");

/** How much nicer this thread is than the others: they get three times its share of a processor. */
const NICER_BY = 5;

/**
 * On Linux priorities are of threads, and 0 is the one that asks: what is written here can wait for
 * those that somebody waits for. Elsewhere it would be the whole process.
 */
function becomeNicer(): void {
  if (process.platform !== "linux") return;
  const { PRIORITY_LOW } = os.constants.priority;
  os.setPriority(0, Math.min(PRIORITY_LOW, os.getPriority(0) + NICER_BY));
}

let store: Store | undefined;
let lingerMs = 0;
let running = false;
let restingUntil = 0;
let lingeringUntil = 0;
let trouble: string | undefined;

/** Answered first, in order: reads, for which somebody waits. */
const urgent: Asked[] = [];
/** Written in order, so that a snapshot never overtakes what was handed in before it. */
const outputs: (AskedFor<"keep"> | AskedFor<"snapshot">)[] = [];
let outputBytes = 0;
/** Of the snapshot at the head of the outputs, once it has begun. */
let snapshotSteps: ReturnType<typeof writeSnapshot> | undefined;
/** Retention, a short transaction at a time. */
const care: {
  readonly asked: AskedFor<"retain">;
  deleted: Deleted;
  steps?: AsyncGenerator<Deleted>;
}[] = [];

function answer(id: number, result: Read<unknown>): void {
  port?.postMessage({ id, result } satisfies Answered);
}

function tellTrouble(reason: string | undefined): void {
  if (trouble === reason) return;
  trouble = reason;
  port?.postMessage({ trouble } satisfies Answered);
}

async function readLimitedChunks(
  from: Store,
  request: DatabaseOperations["chunks"]["request"],
): Promise<Read<unknown>> {
  if (request.ids.length === 0) return { ok: true, value: [] };
  const counted = await from.read((connection) => countSamples(connection, request));
  if (!counted.ok) return counted;
  if (counted.value > request.samples) {
    const reason =
      `the query reads ${String(counted.value)} samples from disk, the limit is ` +
      `${String(request.samples)}: narrow the time range or the matchers, or raise limits.querySamples`;
    return { ok: false, retry: false, reason };
  }
  return await from.read((connection) => readChunks(connection, request));
}

async function perform(asked: Asked): Promise<Read<unknown>> {
  if (asked.op === "open") {
    store = new Store(asked.request);
    lingerMs = asked.request.lingerMs;
    return await store.open();
  }
  const open = store;
  assert(open !== undefined, "the database is opened first");
  switch (asked.op) {
    case "recover":
      return await open.read((connection) => readSnapshot(connection, asked.request));
    case "oldInputs":
      return await open.read((connection) => readOldInputs(connection, asked.request.after));
    case "dropOldInputs":
      return await open.read(dropOldInputs);
    case "chunkPage":
      return await open.read((connection) =>
        readChunkPage(connection, asked.request.since, asked.request.afterId),
      );
    case "series":
      return await open.read((connection) => readSeries(connection, asked.request));
    case "chunks":
      return await readLimitedChunks(open, asked.request);
    case "calls":
      return await open.read((connection) => readCalls(connection, asked.request));
    case "history":
      return await open.read((connection) => readHistory(connection, asked.request));
    case "stats":
      return await open.stats();
    case "close":
      while (outputs.length > 0) await writeNext(open, "last-try");
      open.close();
      return { ok: true, value: undefined };
    case "keep":
    case "snapshot":
    case "retain":
      assert(false, "it has a lane of its own");
  }
}

/** Takes the effects at the head of the lane that fit one transaction. */
function takeBatch(): AskedFor<"keep">[] {
  const batch: AskedFor<"keep">[] = [];
  let bytes = 0;
  for (const asked of outputs) {
    if (asked.op !== "keep" || bytes > BATCH_BYTES) break;
    batch.push(asked);
    bytes += bytesOfAll(asked.request);
  }
  outputs.splice(0, batch.length);
  outputBytes -= bytes;
  return batch;
}

function bytesOf(output: OutputRow): number {
  if (output.kind === "keep") return output.bytes.length;
  if (output.kind === "keep-transitions") return output.transitions.length * 512;
  if (output.kind === "keep-draws") return output.draws.length * 512;
  return output.chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
}

function bytesOfAll(request: readonly OutputRow[]): number {
  return request.reduce((sum, output) => sum + bytesOf(output), 0);
}

/** Writes one part of the snapshot that is at the head of the outputs. */
async function snapshotStep(open: Store, { id, request }: AskedFor<"snapshot">): Promise<void> {
  const step = await open.read(async (connection) => {
    snapshotSteps ??= writeSnapshot(connection, request);
    return await snapshotSteps.next();
  });
  if (step.ok && step.value.done !== true) return;
  snapshotSteps = undefined;
  outputs.shift();
  answer(id, step.ok ? { ok: true, value: step.value.value } : step);
}

/** Writes what is at the head of the outputs. What fails stays there, unless there is no other time. */
async function writeNext(open: Store, when: "in-turn" | "last-try"): Promise<void> {
  const head = outputs[0];
  if (head?.op === "snapshot") {
    await snapshotStep(open, head);
    return;
  }
  const batch = takeBatch();
  const result = await open.keep(batch.flatMap(({ request }) => request));
  if (!result.ok && result.retry && when === "in-turn") {
    outputs.unshift(...batch);
    for (const { request } of batch) outputBytes += bytesOfAll(request);
    restingUntil = performance.now() + REST_MS;
    setTimeout(run, REST_MS);
    tellTrouble(result.reason);
    return;
  }
  tellTrouble(result.ok ? undefined : result.reason);
  for (const { id } of batch) answer(id, result);
}

async function careStep(open: Store): Promise<void> {
  const job = care[0];
  if (job === undefined) return;
  const step = await open.read(async (connection) => {
    job.steps ??= retain(connection, job.asked.request);
    return await job.steps.next();
  });
  if (step.ok && step.value.done !== true) {
    job.deleted = addDeleted(job.deleted, step.value.value);
    return;
  }
  care.shift();
  answer(job.asked.id, step.ok ? { ok: true, value: job.deleted } : step);
}

function outputsAreDue(): boolean {
  const now = performance.now();
  if (outputs.length === 0 || now < restingUntil) return false;
  if (snapshotSteps !== undefined || outputs.at(-1)?.op === "snapshot") return true;
  return now >= lingeringUntil || outputBytes >= BATCH_BYTES;
}

/** Takes an output; the first of a batch sets how long it waits for others. */
function queueOutput(asked: AskedFor<"keep"> | AskedFor<"snapshot">): void {
  if (outputs.length === 0) {
    lingeringUntil = performance.now() + lingerMs;
    setTimeout(run, lingerMs + 1);
  }
  outputs.push(asked);
  if (asked.op === "keep") outputBytes += bytesOfAll(asked.request);
}

/** One request of each lane in turn, until nothing is left that can be done. */
async function drain(): Promise<void> {
  // Asked anew each time: requests arrive while one is being answered.
  while (urgent.length > 0 || care.length > 0 || outputsAreDue()) {
    const asked = urgent.shift();
    if (asked !== undefined) answer(asked.id, await perform(asked));
    if (asked?.op === "close") {
      port?.close();
      return;
    }
    if (store === undefined) continue;
    if (outputsAreDue()) await writeNext(store, "in-turn");
    if (urgent.length === 0) await careStep(store);
    await store.checkpointIfDue(performance.now());
  }
}

function run(): void {
  if (running) return;
  running = true;
  // A rejection is a bug of ours: unhandled, it ends the worker, and the main thread says so.
  void drain().finally(() => {
    running = false;
  });
}

becomeNicer();
port.on("message", (asked: Asked) => {
  if (asked.op === "keep" || asked.op === "snapshot") queueOutput(asked);
  else if (asked.op === "retain") care.push({ asked, deleted: NOTHING_DELETED });
  else urgent.push(asked);
  run();
});
