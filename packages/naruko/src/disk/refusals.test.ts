import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { DuckDBInstance } from "@duckdb/node-api";
import { openDatabase, type DatabaseOptions } from "./database.ts";
import { openDuckDbDisk } from "./duckdb-disk.ts";

function temporaryFile(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-refusals-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return path.join(folder, "naruko.duckdb");
}

async function runOn(file: string, statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

/** What makes the file unusable, and what the refusal has to say. */
const CASES: readonly {
  readonly name: string;
  readonly prepare: (file: string) => Promise<void> | void;
  readonly says: RegExp;
}[] = [
  {
    name: "a text file",
    prepare: (file) => {
      writeFileSync(file, "hello ".repeat(1000));
    },
    says: /is not a database that naruko wrote, or it is damaged: choose another directory/,
  },
  {
    name: "a directory in its place",
    prepare: (file) => {
      mkdirSync(file);
    },
    says: /cannot be opened/,
  },
  {
    name: "a folder that does not exist",
    prepare: (file) => {
      rmSync(path.dirname(file), { recursive: true });
    },
    says: /cannot be opened: .*No such file or directory/,
  },
  {
    name: "somebody else's DuckDB database",
    prepare: (file) => runOn(file, ["CREATE TABLE customers (id INTEGER)"]),
    says: /is a DuckDB database, but not one that naruko wrote/,
  },
  {
    name: "somebody else's table called format",
    prepare: (file) =>
      runOn(file, [
        "CREATE TABLE format (version INTEGER, program VARCHAR)",
        "INSERT INTO format VALUES (1, 'photos')",
      ]),
    says: /not one that naruko wrote/,
  },
  {
    name: "a newer format",
    prepare: (file) =>
      runOn(file, [
        "CREATE TABLE format (version INTEGER, program VARCHAR)",
        "INSERT INTO format VALUES (7, 'naruko')",
      ]),
    says: /has format 7, this version of naruko reads up to 3: use the newer version/,
  },
];

for (const { name, prepare, says } of CASES) {
  test(`refused by name: ${name}`, async (t) => {
    const file = temporaryFile(t);
    await prepare(file);
    const opened = await openDuckDbDisk(file);
    assert.ok(!opened.ok);
    assert.ok(!opened.retry);
    assert.match(opened.reason, says);
    assert.ok(opened.reason.startsWith(file), opened.reason);
  });
}

const HOLD = `
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(process.argv[1]);
  console.log("held");
  setInterval(() => instance, 1000);
`;

test("a file that another process holds is refused with that process's id", async (t) => {
  const file = temporaryFile(t);
  const args = ["--input-type=module", "--eval", HOLD, file];
  const holder = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(holder, "exit");
  await once(holder.stdout, "data");
  const opened = await openDuckDbDisk(file);
  holder.kill("SIGKILL");
  await exited;
  assert.ok(!opened.ok);
  assert.ok(opened.retry);
  assert.match(opened.reason, new RegExp(`is in use by process ${String(holder.pid)}: stop`));
});

const options = (file: string): DatabaseOptions => ({ file, memoryMb: 128 });

test("a migration runs once, in one step with its version, and keeps a copy of what was there", async (t) => {
  const file = temporaryFile(t);
  const first = await openDatabase(options(file), { version: 1, migrations: [] });
  assert.ok(first.ok);
  first.value.close();
  const format = {
    version: 3,
    migrations: [
      ["ALTER TABLE call ADD COLUMN region VARCHAR"],
      ["CREATE TABLE note (text VARCHAR)", "INSERT INTO note VALUES ('migrated')"],
    ],
  };
  for (const time of ["first", "second"]) {
    const migrated = await openDatabase(options(file), format);
    assert.ok(migrated.ok, time);
    const result = await migrated.value.connection.runAndReadAll(
      "SELECT version, (SELECT count(region) FROM call), (SELECT string_agg(text) FROM note) FROM format",
    );
    assert.deepEqual(result.getRows(), [[3, 0n, "migrated"]]);
    migrated.value.close();
  }
  const copy = await openDatabase(options(`${file}.v1`), { version: 1, migrations: [] });
  assert.ok(copy.ok);
  copy.value.close();
});

test("a migration that fails leaves the file as it was", async (t) => {
  const file = temporaryFile(t);
  const first = await openDatabase(options(file), { version: 1, migrations: [] });
  assert.ok(first.ok);
  first.value.close();
  const migrations = [["CREATE TABLE note (text VARCHAR)", "INSERT INTO nowhere VALUES (1)"]];
  const failed = await openDatabase(options(file), { version: 2, migrations });
  assert.ok(!failed.ok);
  assert.match(failed.reason, /nowhere/);
  assert.ok(existsSync(`${file}.v1`));
  const again = await openDatabase(options(file), { version: 1, migrations: [] });
  assert.ok(again.ok);
  const note = again.value.connection.runAndReadAll("SELECT count(*) FROM note");
  await assert.rejects(note, /note does not exist/);
  again.value.close();
});
