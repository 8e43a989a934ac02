import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { epochMs } from "@naruko/core/model/time";
import { numberedInput, resume } from "../testing/numbered-inputs.ts";
import { openDuckDbDisk } from "./duckdb-disk.ts";

const CHILD = fileURLToPath(new URL("../testing/commit-until-killed.ts", import.meta.url));

/** Lets a child commit until it has said so `acknowledgements` times, kills it, and returns what it said last. */
async function commitUntilKilled(file: string, acknowledgements: number): Promise<number> {
  const child = spawn(process.execPath, ["--conditions=source", CHILD, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let acknowledged = 0;
  let left = acknowledgements;
  for await (const line of createInterface({ input: child.stdout })) {
    const committed = /^committed (\d+)$/.exec(line)?.[1];
    if (committed === undefined) continue;
    acknowledged = Math.max(acknowledged, Number(committed));
    left--;
    if (left === 0) child.kill("SIGKILL");
  }
  const [, signal] = (await exited) as [number | null, string | null];
  assert.equal(signal, "SIGKILL");
  return acknowledged;
}

/** Everything acknowledged is there, nothing is torn, doubled or left out. */
async function checkWhatIsThere(file: string, acknowledged: number): Promise<void> {
  const opened = await openDuckDbDisk(file);
  assert.ok(opened.ok);
  const disk = opened.value;
  try {
    const recovery = await disk.recover("latest");
    assert.ok(recovery.ok);
    const { lastSeq, snapshot } = recovery.value;
    assert.ok(lastSeq >= acknowledged, `${String(acknowledged)} was acknowledged and is not there`);
    let seq = snapshot?.seq ?? 0;
    for await (const input of disk.inputsAfter(seq)) {
      seq++;
      assert.deepEqual(input, numberedInput(seq));
    }
    assert.equal(seq, lastSeq);
    await resume(disk);
    let kept = 0;
    for await (const input of disk.history({ from: epochMs(0), to: epochMs(1e12) })) {
      kept++;
      assert.deepEqual(input, numberedInput(kept));
    }
    assert.equal(kept, lastSeq);
  } finally {
    await disk.close();
  }
}

// The numbers are of acknowledgements, so that a slow machine kills at the same places as a fast one;
// where within a write the signal arrives is up to chance.
const ROUNDS = [1, 37, 122, 61, 203];

test("killed at any moment, everything acknowledged is there, once", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-kill-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = path.join(folder, "naruko.duckdb");
  for (const acknowledgements of ROUNDS) {
    const acknowledged = await commitUntilKilled(file, acknowledgements);
    await checkWhatIsThere(file, acknowledged);
  }
});
