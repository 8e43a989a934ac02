import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import type { Input } from "@naruko/core/model/engine-io";
import { epochMs } from "@naruko/core/model/time";
import { keptOf, numberedInput } from "../testing/numbered-inputs.ts";
import { fillDisk, smallDisk } from "../testing/small-disk.ts";
import type { Disk } from "./disk.ts";
import { openDuckDbDisk } from "./duckdb-disk.ts";

const MEGABYTES = 16;

async function openIn(folder: string): Promise<Disk> {
  const opened = await openDuckDbDisk(path.join(folder, "naruko.duckdb"), {
    checkpointBytes: 500_000,
    lingerMs: 5,
  });
  assert.ok(opened.ok, opened.ok ? "" : opened.reason);
  return opened.value;
}

/** An input of some 30 kB that no compression makes smaller. */
function largeInput(seq: number): Input {
  const delivery = randomBytes(30_000).toString("base64");
  return { seq, at: epochMs(seq), kind: "outcome", delivery, outcome: { ok: true } };
}

/** Commits inputs after those committed before; returns why any was refused. */
async function commitMore(disk: Disk, committed: Input[], tries: number): Promise<string[]> {
  const reasons: string[] = [];
  for (let i = 0; i < tries; i++) {
    const input = largeInput(committed.length + 1);
    const outcome = await disk.commit([input]);
    if (outcome.ok) committed.push(input);
    else {
      assert.ok(outcome.retry, outcome.reason);
      reasons.push(outcome.reason);
    }
  }
  return reasons;
}

async function inputsOf(disk: Disk): Promise<Input[]> {
  const inputs: Input[] = [];
  for await (const input of disk.inputsAfter(0)) inputs.push(input);
  return inputs;
}

/** Runs a body with a disk on a small file system, and closes it before that goes away. */
async function onSmallDisk(
  t: TestContext,
  body: (disk: Disk, folder: string) => Promise<void>,
): Promise<void> {
  const folder = smallDisk(t, MEGABYTES);
  if (folder === undefined) {
    t.skip("no right to mount a small file system here");
    return;
  }
  const disk = await openIn(folder);
  try {
    await body(disk, folder);
  } finally {
    await disk.close();
  }
}

/** @param leave bytes that are left free: enough for some commits, and for a checkpoint to fail */
async function refusesAndGoesOn(
  t: TestContext,
  { disk, folder, leave }: { disk: Disk; folder: string; leave: number },
): Promise<void> {
  const committed: Input[] = [];
  assert.deepEqual(await commitMore(disk, committed, 50), []);
  await disk.stats();
  const makeRoom = fillDisk(folder, leave);
  const reasons = await commitMore(disk, committed, 60);
  assert.match(reasons.at(-1) ?? "the disk did not get full", /[Nn]o space left on device/);
  assert.deepEqual(await inputsOf(disk), committed);
  const kept = disk.keep(Array.from({ length: 80 }, (_, i) => keptOf(numberedInput(i + 1))).flat());
  for (let turns = 0; turns < 1000 && disk.queued().trouble === undefined; turns++) {
    await disk.stats();
  }
  assert.match(disk.queued().trouble ?? "", /[Nn]o space left on device/);

  makeRoom();
  assert.deepEqual(await commitMore(disk, committed, 20), []);
  assert.deepEqual(await kept, { ok: true });
  assert.equal(disk.queued().trouble, undefined);
  assert.deepEqual(await inputsOf(disk), committed);

  // What a kill would leave behind at this moment: the files as they are, the log not folded in.
  const left = mkdtempSync(path.join(tmpdir(), "naruko-left-"));
  t.after(() => {
    rmSync(left, { recursive: true });
  });
  cpSync(folder, left, { recursive: true });
  const again = await openIn(left);
  try {
    assert.deepEqual(await inputsOf(again), committed);
    const stats = await again.stats();
    assert.ok(stats.ok && stats.value.calls > 4000);
  } finally {
    await again.close();
  }
}

for (const leave of [0, 1_000_000]) {
  test(`a disk full but for ${String(leave)} bytes refuses, changes nothing, and goes on with room`, (t) =>
    onSmallDisk(t, (disk, folder) => refusesAndGoesOn(t, { disk, folder, leave })));
}
