import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import type { ChunkRow, Input } from "@naruko/core/model/engine-io";
import { labels } from "@naruko/core/model/labels";
import { epochMs } from "@naruko/core/model/time";
import { keptOf, numberedInput } from "../testing/numbered-inputs.ts";
import type { Disk } from "./disk.ts";
import { openDuckDbDisk } from "./duckdb-disk.ts";

const CHECKPOINT_BYTES = 1_000_000;
const SEGMENT_BYTES = 1_000_000;

/** The most rows whose room the database gives back together. */
const ROW_GROUP = 122_880;

async function open(t: TestContext): Promise<{ disk: Disk; folder: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-retention-"));
  const file = path.join(folder, "naruko.duckdb");
  const opened = await openDuckDbDisk(file, {
    checkpointBytes: CHECKPOINT_BYTES,
    lingerMs: 5,
    segmentBytes: SEGMENT_BYTES,
  });
  assert.ok(opened.ok);
  const disk = opened.value;
  t.after(async () => {
    await disk.close();
    rmSync(folder, { recursive: true });
  });
  return { disk, folder };
}

const chunk = (name: string, to: number, bytes = 1): ChunkRow => ({
  labels: labels({ __name__: name }),
  from: epochMs(to - 10),
  to: epochMs(to),
  count: 1,
  encoding: 1,
  bytes: randomBytes(bytes),
});

test("what is older than the policy allows goes, and nothing younger", async (t) => {
  const { disk } = await open(t);
  for (let seq = 1; seq <= 10; seq++) await disk.keep(keptOf(numberedInput(seq)));
  const chunks = [
    chunk("old", 1000),
    chunk("both", 2999),
    chunk("both", 3000),
    chunk("young", 9000),
  ];
  await disk.keep([{ kind: "keep-chunks", chunks }]);
  const policy = { at: epochMs(10_000), seriesMs: 7000, callsMs: 5000, maxBytes: 1e9 };
  const deleted = await disk.retain(policy);
  assert.deepEqual(deleted, {
    ok: true,
    value: { calls: 2 + 3 + 4 + 5, evaluations: 0, transitions: 0, draws: 0, chunks: 2, series: 1 },
  });
  const stats = await disk.stats();
  assert.ok(stats.ok);
  assert.equal(stats.value.series, 2);
  const history: number[] = [];
  for await (const { seq } of disk.history({ from: epochMs(0), to: epochMs(1e12) }))
    history.push(seq);
  assert.deepEqual(history, [5, 6, 7, 8, 9, 10]);
  assert.deepEqual(await disk.retain(policy), {
    ok: true,
    value: { calls: 0, evaluations: 0, transitions: 0, draws: 0, chunks: 0, series: 0 },
  });
});

test("above the allowed bytes the oldest go, to within a row group of the database", async (t) => {
  const { disk } = await open(t);
  const hours = 10;
  const seriesCount = 15_000;
  const names = Array.from({ length: seriesCount }, (_, i) => `s${String(i)}`);
  for (let hour = 1; hour <= hours; hour++) {
    const chunks = names.map((name) => chunk(name, hour * 3_600_000, 40));
    await disk.keep([{ kind: "keep-chunks", chunks }]);
  }
  const policy = { at: epochMs(hours * 3_600_000), seriesMs: 1e12, callsMs: 1e12 };
  const deleted = await disk.retain({ ...policy, maxBytes: 7_000_000 });
  assert.ok(deleted.ok);
  const { chunks, series } = deleted.value;
  assert.ok(chunks > 0 && chunks <= ROW_GROUP, String(chunks));
  assert.equal(series, 0);
  const oldest = Math.floor(chunks / seriesCount) + 1;
  const { value: first } = await disk.chunksSince(epochMs(0))[Symbol.asyncIterator]().next();
  assert.equal(first?.[0]?.to, oldest * 3_600_000);
});

/** About 30 kB that no compression makes smaller. */
function largeInput(seq: number): Input {
  const delivery = randomBytes(22_000).toString("base64");
  return { seq, at: epochMs(seq), kind: "outcome", delivery, outcome: { ok: true } };
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

test("inputs that snapshots let go of make room for later ones", async (t) => {
  const { disk, folder } = await open(t);
  const sizes: number[] = [];
  for (let round = 0; round < 12; round++) {
    const seq = (round + 1) * 100;
    const inputs = Array.from({ length: 100 }, (_, i) => largeInput(seq - 99 + i));
    for (let i = 0; i < 100; i += 20) await disk.commit(inputs.slice(i, i + 20));
    await disk.saveSnapshot({
      seq,
      at: epochMs(seq),
      version: 1,
      state: "{}",
      heads: Uint8Array.of(),
    });
    sizes.push(bytesIn(path.join(folder, "inputs")));
  }
  // 27 MB were written; two snapshots' worth of inputs is 4.5 MB, in segments of 1 to 1.5 MB.
  assert.ok(Math.max(...sizes) < 8_000_000, sizes.join(" "));
});
