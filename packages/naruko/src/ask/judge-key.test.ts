import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { judgeKeyFile, judgeKeyIn } from "./judge-key.ts";

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-key-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

test("a key is made once, kept, and for the owner alone", async (t) => {
  const folder = folderFor(t);
  const key = await judgeKeyIn(folder);
  assert.match(key, /^[0-9a-f]{32}$/);
  assert.equal(await judgeKeyIn(folder), key);
  assert.equal(statSync(judgeKeyFile(folder)).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ["judge.key"]);
  assert.notEqual(await judgeKeyIn(folderFor(t)), key);
});

test("a key that a crash left half written is made anew", async (t) => {
  const folder = folderFor(t);
  writeFileSync(`${judgeKeyFile(folder)}.next`, "0123", { mode: 0o644 });
  await judgeKeyIn(folder);
  assert.equal(statSync(judgeKeyFile(folder)).mode & 0o777, 0o600);
});

for (const text of ["", "0123", "g".repeat(32), `${"0".repeat(32)}0`]) {
  test(`refuses ${JSON.stringify(text)} as a key`, async (t) => {
    const folder = folderFor(t);
    writeFileSync(judgeKeyFile(folder), text);
    await assert.rejects(judgeKeyIn(folder), /judge\.key: expected 32 hex digits; put back/);
  });
}

test("a folder that is not there is told", async () => {
  await assert.rejects(judgeKeyIn("/nowhere/at/all"), /ENOENT/);
});
