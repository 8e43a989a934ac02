import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { announceServer, findServer, prepareDataDir, withdrawServer } from "./data-dir.ts";

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-dir-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

test("a missing directory is made for its owner alone, with nothing in it", async (t) => {
  const dir = path.join(temporaryFolder(t), "a", "data");
  const prepared = await prepareDataDir(dir);
  assert.deepEqual(prepared, {
    ok: true,
    value: { path: dir, databaseFile: path.join(dir, "naruko.duckdb") },
  });
  assert.equal(statSync(path.join(dir, "..")).mode & 0o077, 0);
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(dir), []);
  assert.ok((await prepareDataDir(dir)).ok);
});

test("what is written into a directory that was there is for its owner alone too", async (t) => {
  const before = process.umask(0o022);
  t.after(() => process.umask(before));
  const dir = temporaryFolder(t);
  assert.ok((await prepareDataDir(dir)).ok);
  const file = path.join(dir, "log");
  writeFileSync(file, "");
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test("a file in the directory's place is refused with its path and what would do", async (t) => {
  const file = path.join(temporaryFolder(t), "data");
  writeFileSync(file, "");
  const prepared = await prepareDataDir(file);
  assert.ok(!prepared.ok);
  assert.match(prepared.reason, /the data directory .*data cannot be written: .*--data/);
});

const ADDRESS = "http://127.0.0.1:4320";

test("a server's word is found while it lives, and withdrawn by itself alone", async (t) => {
  const dir = temporaryFolder(t);
  assert.equal(await findServer(dir), undefined);
  const hint = { pid: process.pid, address: ADDRESS };
  await announceServer(dir, hint);
  assert.deepEqual(await findServer(dir), hint);
  assert.equal(statSync(path.join(dir, "server.json")).mode & 0o777, 0o600);
  await withdrawServer(dir, process.pid + 1);
  assert.deepEqual(await findServer(dir), hint);
  await withdrawServer(dir, process.pid);
  assert.equal(await findServer(dir), undefined);
  assert.deepEqual(readdirSync(dir), []);
});

// The highest process id of Linux is 4,194,304: beyond it nobody lives.
for (const [what, text] of [
  ["of a dead process", JSON.stringify({ pid: 4_194_305, address: ADDRESS })],
  ["that is cut off", '{"pid":'],
  ["without a process", JSON.stringify({ address: ADDRESS })],
  ["of a process group", JSON.stringify({ pid: -1, address: ADDRESS })],
  ["without an address", JSON.stringify({ pid: process.pid })],
  ["that is no object", "null"],
] as const) {
  test(`a word ${what} counts as none`, async (t) => {
    const dir = temporaryFolder(t);
    writeFileSync(path.join(dir, "server.json"), text);
    assert.equal(await findServer(dir), undefined);
  });
}
