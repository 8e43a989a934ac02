// What keeps a server from starting, and a disk that fills up under it.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import type { TestContext } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import { runNaruko } from "../testing/run-naruko.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";
import type { Serving } from "../testing/serve-naruko.ts";
import { fillDisk, smallDisk } from "../testing/small-disk.ts";

const FREE_PORTS = ["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"];

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-bad-start-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

async function runOn(file: string, ...statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

const GOOD_RULE = "groups: [{ name: g, rules: [{ record: a, expr: up }] }]\n";

type Files = { readonly config: string; readonly rules: string; readonly database: string };

/** What is wrong, and what the user is told; the files are good where nothing replaces them. */
const ROWS: readonly {
  readonly name: string;
  readonly prepare: (files: Files) => void | Promise<void>;
  readonly told: RegExp;
}[] = [
  {
    name: "a configuration that is no YAML",
    prepare: ({ config }) => {
      writeFileSync(config, "rules: [rules.yml\nlisten: {");
    },
    told: /naruko\.yml:\d+:\d+: /,
  },
  {
    name: "a key that is not known",
    prepare: ({ config }) => {
      writeFileSync(config, "rules: [rules.yml]\nretension: { calls: 3d }\n");
    },
    told: /naruko\.yml:2:1: unknown key "retension"; known keys: .*retention/,
  },
  {
    name: "a value of the wrong type",
    prepare: ({ config }) => {
      writeFileSync(config, "interval: often\n");
    },
    told: /naruko\.yml:1:11: interval: expected a duration such as 15s/,
  },
  {
    name: "a rule file with an error",
    prepare: ({ rules }) => {
      writeFileSync(rules, 'groups: [{ name: g, rules: [{ alert: A, expr: "rat(up[5m])" }] }]\n');
    },
    told: /rules\.yml:1:48: unknown function "rat"; did you mean "rate"\?/,
  },
  {
    name: "a rule file that is not there",
    prepare: ({ rules }) => {
      rmSync(rules);
    },
    told: /rules\.yml: cannot be read: .*no such file/,
  },
  {
    name: "a data file that is none",
    prepare: ({ database }) => {
      writeFileSync(database, "hello ".repeat(1000));
    },
    told: /naruko\.duckdb is not a database that naruko wrote, or it is damaged/,
  },
  {
    name: "a database of another program",
    prepare: ({ database }) => runOn(database, "CREATE TABLE customers (id INTEGER)"),
    told: /naruko\.duckdb is a DuckDB database, but not one that naruko wrote/,
  },
  {
    name: "a database of a newer version",
    prepare: ({ database }) =>
      runOn(
        database,
        "CREATE TABLE format (version INTEGER, program VARCHAR)",
        "INSERT INTO format VALUES (99, 'naruko')",
      ),
    told: /has format 99, this version of naruko reads up to \d+: use the newer version/,
  },
  {
    name: "a log of inputs that is none",
    prepare: ({ database }) => writeInputLog(database, "hello ".repeat(1000)),
    told: /inputs\/000001\.log is damaged: its first bytes are not those of an input log/,
  },
  {
    name: "a log of inputs of a newer version",
    prepare: ({ database }) => writeInputLog(database, `NRKINPUT${"\t".repeat(28)}`),
    told: /inputs\/000001\.log has format \d+, this version of naruko reads up to \d+: use the newer/,
  },
];

function writeInputLog(database: string, text: string): void {
  const folder = path.join(path.dirname(database), "inputs");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "000001.log"), text);
}

for (const { name, prepare, told } of ROWS) {
  test(`a start is refused with the reason: ${name}`, async (t) => {
    const folder = temporaryFolder(t);
    const data = path.join(folder, "data");
    mkdirSync(data);
    const config = path.join(folder, "naruko.yml");
    const rules = path.join(folder, "rules.yml");
    writeFileSync(config, "rules: [rules.yml]\n");
    writeFileSync(rules, GOOD_RULE);
    await prepare({ config, rules, database: path.join(data, "naruko.duckdb") });
    const args = ["serve", "--config", config, "--data", data, ...FREE_PORTS];
    const ran = await runNaruko(...args);
    assert.match(ran.told, told);
    assert.equal(ran.code, 1);
    assert.equal(ran.printed, "");
  });
}

test("a data file that may not be read refuses the start", async (t) => {
  if (process.getuid?.() === 0) {
    t.skip("root may read every file");
    return;
  }
  const data = temporaryFolder(t);
  const file = path.join(data, "naruko.duckdb");
  writeFileSync(file, "");
  chmodSync(file, 0);
  const { code, told } = await runNaruko("serve", "--data", data, ...FREE_PORTS);
  assert.match(told, /naruko\.duckdb.*[Pp]ermission denied/);
  assert.equal(code, 1);
});

async function metric({ http }: Serving, name: string): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}

/** Sends one call of some 50 kB that no compression makes smaller; returns status and answer. */
async function sendCall({ otlp }: Serving, n: number): Promise<readonly [number, string]> {
  const spanId = n.toString(16).padStart(16, "0");
  const endMs = Date.now();
  const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
  const noise = randomBytes(24_000).toString("hex");
  const span = {
    traceId: spanId + spanId,
    spanId,
    name: "chat",
    startTimeUnixNano: `${endMs - 1000}000000`,
    endTimeUnixNano: `${endMs}000000`,
    attributes: [
      text("gen_ai.operation.name", "chat"),
      text("gen_ai.request.model", "m"),
      text("gen_ai.conversation.id", noise),
    ],
  };
  const response = await fetch(`${otlp}/v1/traces`, {
    method: "POST",
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    headers: { "Content-Type": "application/json" },
  });
  return [response.status, await response.text()];
}

const MEGABYTES = 16;

test("a full disk refuses telemetry for the time being, says so, and goes on with room", async (t) => {
  const folder = smallDisk(t, MEGABYTES);
  if (folder === undefined) {
    t.skip("no right to mount a small file system here");
    return;
  }
  // The server ends before its file system goes away.
  await t.test("under a running server", async (inner) => {
    const server = await serveNaruko(inner, "--data", path.join(folder, "data"));
    assert.deepEqual(await sendCall(server, 1), [200, "{}"]);
    const makeRoom = fillDisk(folder, 0);
    let sent = 1;
    let [status, answer] = [200, ""];
    while (status === 200 && sent < 500) [status, answer] = await sendCall(server, ++sent);
    assert.equal(status, 503);
    assert.match(answer, /[Nn]o space left on device/);
    assert.equal((await fetch(`${server.http}/-/healthy`)).status, 200);
    assert.ok((await metric(server, "naruko_commit_failures_total")) > 0);
    const counter = 'naruko_refused_requests_total{reason="overloaded"}';
    assert.ok((await metric(server, counter.replace(/[{}"]/g, "\\$&"))) > 0);
    makeRoom();
    for (let tries = 0; status !== 200 && tries < 50; tries++) {
      [status, answer] = await sendCall(server, sent);
    }
    assert.deepEqual([status, answer], [200, "{}"]);
    const calls = 'naruko_engine_events_total\\{reason="calls_first"\\}';
    assert.equal(await metric(server, calls), sent);
  });
  await t.test("before the start", async () => {
    const makeRoom = fillDisk(folder, 0);
    const { code, told } = await runNaruko(
      "serve",
      "--data",
      path.join(folder, "b"),
      ...FREE_PORTS,
    );
    makeRoom();
    assert.match(told, /[Nn]o space left on device/);
    assert.equal(code, 1);
  });
});
