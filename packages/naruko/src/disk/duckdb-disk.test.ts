import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import * as fc from "fast-check";
import type { ChunkRow, Input } from "@naruko/core/model/engine-io";
import { labels, labelValue } from "@naruko/core/model/labels";
import { epochMs } from "@naruko/core/model/time";
import {
  aCall,
  anyCall,
  anyEvaluation,
  telemetryInput,
  telemetryOf,
} from "../testing/any-input.ts";
import type { Disk, KeptEffect, Read, Snapshot } from "./disk.ts";
import { openDuckDbDisk } from "./duckdb-disk.ts";

function temporaryFile(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-disk-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return path.join(folder, "naruko.duckdb");
}

function valueOf<T>(read: Read<T>): T {
  assert.ok(read.ok, read.ok ? "" : read.reason);
  return read.value;
}

async function open(t: TestContext, file: string = temporaryFile(t)): Promise<Disk> {
  const disk = valueOf(await openDuckDbDisk(file, { lingerMs: 5 }));
  t.after(() => disk.close());
  return disk;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const tick = (seq: number): Input => ({ seq, at: epochMs(seq * 1000), kind: "tick" });
const snapshotAt = (seq: number): Snapshot => ({
  seq,
  at: epochMs(seq * 1000),
  version: 3,
  state: JSON.stringify({ seq, text: "鳴子" }),
  heads: Uint8Array.of(0, 255, seq),
});
const keepOf = (seq: number, ...names: string[]): KeptEffect => ({
  kind: "keep",
  seq,
  at: epochMs(seq * 1000),
  telemetry: telemetryOf(names.map((name) => aCall({ userId: name }))),
});
const chunk = (name: string, from: number, bytes: number[] = [1]): ChunkRow => ({
  labels: labels({ __name__: name, job: "api" }),
  from: epochMs(from),
  to: epochMs(from + 99),
  count: 10,
  encoding: 1,
  bytes: Uint8Array.from(bytes),
});
/**
 * Everything as text, to compare what went through the tables. There, text is UTF-8: a lone
 * surrogate cannot be and becomes U+FFFD.
 */
function asText(input: unknown): unknown {
  return JSON.parse(
    JSON.stringify(input, (_, value: unknown) => {
      if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
      return typeof value === "string" ? Buffer.from(value).toString() : value;
    }),
  );
}

const ALL = { from: epochMs(0), to: epochMs(1e12) };

test("a fresh disk recovers to the beginning", async (t) => {
  const disk = await open(t);
  assert.deepEqual(valueOf(await disk.recover("latest")), { lastSeq: 0, lastAt: 0 });
  assert.deepEqual(await all(disk.inputsAfter(0)), []);
});

test("committed inputs come back in order after the disk was opened again", async (t) => {
  const file = temporaryFile(t);
  const inputs = [telemetryInput(1, [aCall({})]), tick(2), telemetryInput(3, [])];
  const first = valueOf(await openDuckDbDisk(file, { lingerMs: 5 }));
  assert.deepEqual(await first.commit(inputs.slice(0, 2)), { ok: true });
  assert.deepEqual(await first.commit(inputs.slice(2)), { ok: true });
  await first.close();
  const second = await open(t, file);
  assert.deepEqual(valueOf(await second.recover("latest")), { lastSeq: 3, lastAt: 3000 });
  assert.deepEqual(await all(second.inputsAfter(0)), inputs);
  assert.deepEqual(await all(second.inputsAfter(2)), inputs.slice(2));
});

test("more inputs than a page holds come back, each once", async (t) => {
  const disk = await open(t);
  const inputs = Array.from({ length: 2500 }, (_, i) => tick(i + 1));
  await disk.commit(inputs);
  assert.deepEqual(await all(disk.inputsAfter(0)), inputs);
});

test("telemetry that is kept comes back as history, exactly, and as calls, newest first", async (t) => {
  const disk = await open(t);
  let seq = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyCall, { maxLength: 4 }),
      fc.array(anyEvaluation, { maxLength: 3 }),
      async (calls, evaluations) => {
        fc.pre(calls.length + evaluations.length > 0);
        seq++;
        const at = epochMs(seq * 1000);
        const telemetry = { calls, points: [], evaluations };
        assert.deepEqual(await disk.keep([{ kind: "keep", seq, at, telemetry }]), { ok: true });
        const back = await all(disk.history({ from: at, to: at }));
        assert.deepEqual(asText(back), asText([{ seq, at, kind: "telemetry", telemetry }]));
        const listed = valueOf(await disk.calls({ from: at, to: at, limit: 10 }));
        assert.deepEqual(asText(listed.map(({ call }) => call).toReversed()), asText(calls));
      },
    ),
    { numRuns: 40 },
  );
});

test("history crosses pages without losing or doubling an input", async (t) => {
  const disk = await open(t);
  const names = Array.from({ length: 1000 }, (_, i) => `u${String(i)}`);
  await disk.keep(Array.from({ length: 25 }, (_, i) => keepOf(i + 1, ...names)));
  const history = await all(disk.history(ALL));
  assert.deepEqual(
    history.map(({ seq }) => seq),
    Array.from({ length: 25 }, (_, i) => i + 1),
  );
  for (const input of history) {
    assert.ok(input.kind === "telemetry");
    assert.equal(input.telemetry.calls.length, 1000);
  }
});

test("calls are filtered by time and service", async (t) => {
  const disk = await open(t);
  for (const [i, service] of ["shop", "bank", "shop"].entries()) {
    const telemetry = telemetryOf([aCall({ service })]);
    await disk.keep([{ kind: "keep", seq: i + 1, at: epochMs((i + 1) * 1000), telemetry }]);
  }
  const seqs = async (request: Parameters<Disk["calls"]>[0]): Promise<number[]> =>
    valueOf(await disk.calls(request)).map(({ seq }) => seq);
  assert.deepEqual(await seqs({ ...ALL, limit: 10 }), [3, 2, 1]);
  assert.deepEqual(await seqs({ ...ALL, limit: 2 }), [3, 2]);
  assert.deepEqual(await seqs({ ...ALL, limit: 10, service: "shop" }), [3, 1]);
  assert.deepEqual(await seqs({ ...ALL, limit: 10, service: "none" }), []);
  assert.deepEqual(await seqs({ from: epochMs(1001), to: epochMs(2999), limit: 10 }), [2]);
});

test("outputs that are kept again replace those of the same key", async (t) => {
  const file = temporaryFile(t);
  const transition = {
    at: epochMs(5000),
    state: "firing",
    labels: labels({ alertname: "Slow" }),
    annotations: labels({ summary: "slow" }),
    value: NaN,
    startsAt: epochMs(4000),
    group: "g",
    file: "f.yml",
  } as const;
  const effects: KeptEffect[] = [
    keepOf(1, "a", "b"),
    keepOf(2, "c"),
    { kind: "keep-transitions", seq: 3, transitions: [transition, transition] },
    { kind: "keep-chunks", chunks: [chunk("up", 0), chunk("up", 100), chunk("down", 0)] },
  ];
  const counts = async (disk: Disk): Promise<unknown> => {
    const { calls, transitions, chunks, series } = valueOf(await disk.stats());
    return { calls, transitions, chunks, series };
  };
  const expected = { calls: 3, transitions: 2, chunks: 3, series: 2 };
  const first = valueOf(await openDuckDbDisk(file, { lingerMs: 5 }));
  await first.keep([...effects, ...effects]);
  await first.keep(effects);
  assert.deepEqual(await counts(first), expected);
  await first.close();
  const second = await open(t, file);
  await second.keep(effects);
  await second.keep([keepOf(1, "z", "b")]);
  assert.deepEqual(await counts(second), expected);
  const calls = valueOf(await second.calls({ ...ALL, limit: 10 }));
  assert.deepEqual(
    calls.map(({ call }) => call.userId),
    ["c", "b", "z"],
  );
});

test("of chunks with the same series and start the last one stays", async (t) => {
  const disk = await open(t);
  await disk.keep([{ kind: "keep-chunks", chunks: [chunk("up", 0, [1]), chunk("up", 0, [2])] }]);
  await disk.keep([{ kind: "keep-chunks", chunks: [chunk("up", 0, [3, 4]), chunk("up", 100)] }]);
  const pages = await all(disk.chunksSince(epochMs(0)));
  assert.deepEqual(pages.flat(), [chunk("up", 0, [3, 4]), chunk("up", 100)]);
});

test("chunks are chosen by metric, matcher and overlapping time", async (t) => {
  const disk = await open(t);
  const chunks = ["a", "b"].flatMap((name) => [0, 100, 200].map((from) => chunk(name, from)));
  await disk.keep([{ kind: "keep-chunks", chunks }]);
  const chosen = async (request: Partial<Parameters<Disk["chunks"]>[0]>): Promise<string[]> => {
    const asked = { ...ALL, matches: () => true, samples: 1000, ...request };
    const rows = valueOf(await disk.chunks(asked));
    return rows.map(({ labels: of, from }) => `${labelValue(of, "__name__")}${String(from)}`);
  };
  assert.deepEqual(await chosen({ metric: "a" }), ["a0", "a100", "a200"]);
  assert.deepEqual(await chosen({ metric: "c" }), []);
  assert.deepEqual(await chosen({ matches: (of) => labelValue(of, "__name__") === "b" }), [
    "b0",
    "b100",
    "b200",
  ]);
  assert.deepEqual(await chosen({ metric: "a", from: epochMs(99), to: epochMs(100) }), [
    "a0",
    "a100",
  ]);
  assert.deepEqual(await chosen({ metric: "a", from: epochMs(300) }), []);
  const series = valueOf(await disk.series({ from: epochMs(250), to: epochMs(260), metric: "b" }));
  assert.deepEqual(series, [labels({ __name__: "b", job: "api" })]);
  const tooMany = await disk.chunks({ ...ALL, metric: "a", matches: () => true, samples: 29 });
  assert.ok(!tooMany.ok && !tooMany.retry);
  assert.match(tooMany.reason, /reads 30 samples from disk, the limit is 29/);
  assert.deepEqual((await all(disk.chunksSince(epochMs(200)))).flat(), [
    chunk("a", 200),
    chunk("b", 200),
  ]);
});

test("of three snapshots two are kept, with the inputs after the older one", async (t) => {
  const disk = await open(t);
  await disk.commit([tick(1), tick(2), tick(3), tick(4)]);
  await disk.saveSnapshot(snapshotAt(1));
  assert.deepEqual(await all(disk.inputsAfter(0)), [tick(1), tick(2), tick(3), tick(4)]);
  await disk.saveSnapshot(snapshotAt(2));
  await disk.saveSnapshot(snapshotAt(4));
  assert.deepEqual(await all(disk.inputsAfter(2)), [tick(3), tick(4)]);
  assert.deepEqual(valueOf(await disk.recover("latest")), {
    snapshot: snapshotAt(4),
    lastSeq: 4,
    lastAt: 4000,
  });
  assert.deepEqual(valueOf(await disk.recover("previous")), {
    snapshot: snapshotAt(2),
    lastSeq: 4,
    lastAt: 4000,
  });
});

test("a snapshot of inputs that were never committed is what later ones follow", async (t) => {
  const file = temporaryFile(t);
  const first = valueOf(await openDuckDbDisk(file, { lingerMs: 5 }));
  await first.saveSnapshot(snapshotAt(7));
  const expected = { snapshot: snapshotAt(7), lastSeq: 7, lastAt: 7000 };
  assert.deepEqual(valueOf(await first.recover("latest")), expected);
  await first.close();
  const second = await open(t, file);
  assert.deepEqual(valueOf(await second.recover("latest")), expected);
  assert.deepEqual(await second.commit([tick(8)]), { ok: true });
  assert.deepEqual(await all(second.inputsAfter(7)), [tick(8)]);
});

test("a snapshot is written after the outputs that were handed in before it", async (t) => {
  const disk = await open(t);
  await disk.commit([tick(1)]);
  const order: string[] = [];
  const note = (name: string) => (): void => void order.push(name);
  await Promise.all([
    ...[1, 2, 3].map((seq) => disk.keep([keepOf(seq, "a")]).then(note(`keep ${String(seq)}`))),
    disk.saveSnapshot(snapshotAt(1)).then(note("snapshot")),
    disk.commit([tick(2)]).then(note("commit")),
  ]);
  assert.deepEqual(
    order.filter((name) => name !== "commit"),
    ["keep 1", "keep 2", "keep 3", "snapshot"],
  );
});

test("a large snapshot comes back whole, and commits need not wait for all of it", async (t) => {
  const file = temporaryFile(t);
  const disk = await open(t, file);
  await disk.commit([tick(1)]);
  const heads = Uint8Array.from({ length: 5_000_001 }, (_, n) => (n * n * 31) >>> 5);
  const order: string[] = [];
  await Promise.all([
    disk
      .saveSnapshot({ ...snapshotAt(1), heads: heads.slice() })
      .then(() => order.push("snapshot")),
    disk.commit([tick(2)]).then(() => order.push("commit")),
  ]);
  assert.deepEqual(order, ["commit", "snapshot"]);
  await disk.saveSnapshot(snapshotAt(2));
  await disk.close();

  const again = await open(t, file);
  const { snapshot } = valueOf(await again.recover("previous"));
  assert.ok(snapshot !== undefined && Buffer.compare(snapshot.heads, heads) === 0);
  assert.deepEqual(valueOf(await again.recover("latest")).snapshot, snapshotAt(2));
  await again.saveSnapshot(snapshotAt(2));
  assert.deepEqual(valueOf(await again.recover("latest")).snapshot, snapshotAt(2));
  await again.saveSnapshot({ ...snapshotAt(3), heads: new Uint8Array() });
  assert.equal(valueOf(await again.recover("latest")).snapshot?.heads.length, 0);
});

test("what waits is counted, and nothing waits when all is answered", async (t) => {
  const disk = await open(t);
  const work = [disk.commit([tick(1), tick(2)]), disk.keep([keepOf(1, "a"), keepOf(2, "b")])];
  const { inputs, effects, inputBytes, effectBytes } = disk.queued();
  assert.deepEqual({ inputs, effects }, { inputs: 2, effects: 2 });
  assert.ok(inputBytes > 0 && effectBytes > 100);
  await Promise.all(work);
  assert.deepEqual(disk.queued(), { inputs: 0, inputBytes: 0, effects: 0, effectBytes: 0 });
});

test("commits wait while more outputs wait for the database than memory has room for", async (t) => {
  const disk = valueOf(
    await openDuckDbDisk(temporaryFile(t), { lingerMs: 50, waitingBytes: 1000 }),
  );
  t.after(() => disk.close());
  const order: string[] = [];
  const names = Array.from({ length: 100 }, (_, i) => `u${String(i)}`);
  await Promise.all([
    disk.keep([keepOf(1, "a")]).then(() => order.push("few")),
    disk.commit([tick(1)]).then(() => order.push("at once")),
    disk.keep([keepOf(1, ...names)]).then(() => order.push("many")),
    disk.commit([tick(2)]).then(() => order.push("waited")),
  ]);
  assert.deepEqual(order, ["at once", "few", "many", "waited"]);
});

test("a closed disk refuses, and does not leave anybody waiting", async (t) => {
  const disk = await open(t);
  const last = disk.keep([keepOf(1, "a")]);
  await disk.close();
  assert.deepEqual(await last, { ok: true });
  const refused = await disk.commit([tick(1)]);
  assert.deepEqual(refused, { ok: false, retry: false, reason: "the disk is closed" });
  await assert.rejects(all(disk.inputsAfter(0)), /the disk is closed/);
});

test("inputs out of order are our own bug, and end the thread with a reason", async (t) => {
  const disk = await open(t);
  await disk.commit([tick(2)]);
  const refused = await disk.commit([tick(2)]);
  assert.ok(!refused.ok && !refused.retry);
  assert.match(
    refused.reason,
    /thread "inputs" failed: broken invariant: inputs are committed in the order/,
  );
});
