import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { openDatabase } from "./database.ts";
import { readShapes } from "./shape-ids.ts";

test("what calls of version 2 have in common is read as it was", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-migrations-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const options = { file: path.join(folder, "naruko.duckdb"), memoryMb: 128 };
  const before = await openDatabase(options, { version: 2, migrations: [] });
  assert.ok(before.ok);
  const { connection, close } = before.value;
  await connection.run("DROP TABLE draw");
  await connection.run("ALTER TABLE call_shape DROP COLUMN ending");
  await connection.run(
    `INSERT INTO call_shape (id, kind, operation, service, error_type, stream, dialect,
       finish_reasons) VALUES (7, 'inference', 'chat', 'shop', '429', true, 'openlit', '["stop"]')`,
  );
  close();

  const opened = await openDatabase(options);
  assert.ok(opened.ok, opened.ok ? "" : opened.reason);
  assert.deepEqual(
    await readShapes(opened.value.connection, "true"),
    new Map([
      [
        7,
        {
          kind: "inference",
          operation: "chat",
          service: "shop",
          errorType: "429",
          stream: true,
          dialect: "openlit",
          finishReasons: ["stop"],
        },
      ],
    ]),
  );
  opened.value.close();
});
