import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import type { Input } from "@naruko/core/model/engine-io";
import { numberedInput } from "../testing/numbered-inputs.ts";
import { appendRows } from "./append-rows.ts";
import { compress } from "./compress.ts";
import { openDatabase } from "./database.ts";
import { openDuckDbDisk } from "./duckdb-disk.ts";
import { encodeInput } from "./encode-input.ts";

/** A database as version 1 left it, as far as inputs go. */
async function writeVersion1(file: string, inputs: readonly Input[]): Promise<void> {
  const opened = await openDatabase({ file, memoryMb: 128 }, { version: 1, migrations: [] });
  assert.ok(opened.ok);
  const { connection, close } = opened.value;
  await connection.run("DROP TABLE draw");
  await connection.run("CREATE TABLE input (seq BIGINT, at_ms BIGINT, kind VARCHAR, data BLOB)");
  const input = (n: number): Input => inputs[n] ?? assert.fail("an input for each row");
  await appendRows(connection, "input", inputs.length, [
    { type: "long", at: (n) => input(n).seq },
    { type: "long", at: (n) => input(n).at },
    { type: "text", at: (n) => input(n).kind },
    { type: "bytes", at: (n) => compress(encodeInput(input(n))) },
  ]);
  close();
}

test("inputs of version 1 are moved into the log, also when a stop interrupted that", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-old-inputs-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = path.join(folder, "naruko.duckdb");
  const inputs = Array.from({ length: 600 }, (_, i) => numberedInput(i + 1));
  await writeVersion1(file, inputs);
  // Half of a move that was interrupted, of which nothing may stay.
  const other = await openDuckDbDisk(path.join(folder, "other.duckdb"));
  assert.ok(other.ok);
  await other.value.commit([numberedInput(1000)]);
  await other.value.close();

  for (const time of ["moving", "moved"]) {
    const opened = await openDuckDbDisk(file);
    assert.ok(opened.ok, opened.ok ? time : opened.reason);
    const back: Input[] = [];
    for await (const input of opened.value.inputsAfter(0)) back.push(input);
    assert.deepEqual(back, inputs, time);
    await opened.value.close();
  }
  assert.ok(existsSync(`${file}.v1`));

  const again = await openDuckDbDisk(file);
  assert.ok(again.ok);
  assert.deepEqual(await again.value.commit([numberedInput(601)]), { ok: true });
  await again.value.close();
});
