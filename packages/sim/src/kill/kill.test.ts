import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { epochMs } from "@naruko/core/model/time";
import { openDatabase } from "naruko/disk/database";
import { openDuckDbDisk } from "naruko/disk/duckdb-disk";
import { numberIn, rowsOf, textIn } from "naruko/disk/read-rows";
import { Random } from "../random.ts";
import { Connection } from "./load.ts";
import type { Sent } from "./load.ts";
import { ServerProcess } from "./server-process.ts";

// More than in the suite: NARUKO_KILL_ROUNDS=200 NARUKO_KILL_SEED=7 node --conditions=source --test …
const ROUNDS = Number(process.env["NARUKO_KILL_ROUNDS"] ?? 6);
const SEED = Number(process.env["NARUKO_KILL_SEED"] ?? 1);
const CONNECTIONS = 5;

const CONFIG = "interval: 1s\nrules: [rules.yml]\n";
const RULES = `
groups:
  - name: kill
    rules:
      - { alert: Phase, expr: "max by (service_name) (kill_phase) > 0" }
      - { alert: PhaseLasts, expr: "max(kill_phase) > 0", for: 1s }
`;

/** The load, and the server that it meets at the moment. */
class Trial {
  readonly connections: readonly Connection[];
  readonly #folder: string;
  readonly #random = new Random(SEED, "kills");
  #server: ServerProcess | undefined;
  #acknowledged = 0;

  constructor(folder: string) {
    this.#folder = folder;
    const otlp = (): string | undefined => this.#server?.otlp;
    const acknowledged = (): void => {
      this.#acknowledged++;
    };
    this.connections = Array.from(
      { length: CONNECTIONS },
      (_, i) => new Connection(`shop-${i}`, SEED, otlp, acknowledged),
    );
  }

  /** One life, and its end at a random moment: sometimes before the server has come up. */
  async round(): Promise<void> {
    const random = this.#random;
    const server = this.#spawn();
    if (random.chance(0.25)) await sleep(random.between(100, 1500));
    else {
      await server.greeted;
      this.#server = server;
      await this.#wait(this.#acknowledged + 1 + random.int(80));
      await sleep(random.between(0, 30));
    }
    this.#server = undefined;
    await server.end("SIGKILL");
  }

  /** The last life, in which everything that was begun is acknowledged. */
  async settle(): Promise<ServerProcess> {
    const server = this.#spawn();
    await server.greeted;
    this.#server = server;
    return server;
  }

  async end(): Promise<void> {
    for (const connection of this.connections) connection.abandon();
    await this.#server?.end("SIGKILL");
  }

  #spawn(): ServerProcess {
    const args = ["--config", "naruko.yml", "--data", "data"];
    return new ServerProcess(args, { cwd: this.#folder });
  }

  async #wait(acknowledged: number): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (this.#acknowledged < acknowledged) {
      assert.ok(performance.now() < deadline, "the server acknowledges what it is sent");
      await sleep(2);
    }
  }
}

type Matrix = readonly {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}[];

async function query(server: ServerProcess, expr: string): Promise<Matrix> {
  const response = await fetch(`${server.http}/api/v1/query?query=${encodeURIComponent(expr)}`);
  const { data } = (await response.json()) as { data: { result: Matrix } };
  return data.result;
}

async function checkSeries(server: ServerProcess, sent: readonly Sent[]): Promise<void> {
  const counts = await query(server, "llm_operation_duration_seconds_count");
  const counted = counts.map(
    ({ metric, value }) => `${metric["service_name"]} ${metric["model"]} ${value?.[1]}`,
  );
  const expected = sent.flatMap(({ service, spans }) =>
    [...spans].map(([model, ids]) => `${service} ${model} ${ids.length}`),
  );
  assert.deepEqual(counted.toSorted(), expected.toSorted(), "calls in series");
  for (const { service, gauge, requests } of sent) {
    const selector = `{service_name="${service}"}`;
    const [series] = await query(server, `kill_gauge${selector}[1h]`);
    const samples = series?.values?.map(([s, value]) => [Math.round(s * 1000), Number(value)]);
    assert.deepEqual(samples ?? [], gauge, `samples of ${service}`);
    const [total] = await query(server, `kill_requests_total${selector}`);
    assert.equal(Number(total?.value?.[1] ?? 0), requests, `deltas of ${service}`);
  }
}

async function checkKeptCalls(file: string, sent: readonly Sent[]): Promise<void> {
  const opened = await openDuckDbDisk(file);
  assert.ok(opened.ok);
  const kept: string[] = [];
  try {
    for await (const input of opened.value.history({ from: epochMs(0), to: epochMs(1e15) })) {
      assert.ok(input.kind === "telemetry");
      kept.push(...input.telemetry.calls.map(({ spanId }) => spanId));
    }
  } finally {
    await opened.value.close();
  }
  const spans = sent.flatMap((one) => [...one.spans.values()].flat());
  assert.deepEqual(kept.toSorted(), spans.toSorted(), "kept calls");
}

/** Lives may be shorter than a tick; the last one lasts until a rule has fired under the load. */
async function alertsFired(server: ServerProcess): Promise<void> {
  const deadline = performance.now() + 60_000;
  while ((await query(server, 'ALERTS{alertstate="firing"}[1h]')).length === 0) {
    assert.ok(performance.now() < deadline, "a rule fires under load");
    await sleep(100);
  }
}

/** Each change of an alert follows from the one before it: none is missing, none is there twice. */
async function checkTransitions(file: string): Promise<void> {
  const follows: Readonly<Record<string, readonly string[]>> = {
    none: ["pending", "firing"],
    pending: ["firing", "inactive"],
    inactive: ["pending", "firing"],
    firing: ["resolved"],
    resolved: ["pending", "firing"],
  };
  const opened = await openDatabase({ file, memoryMb: 256 });
  assert.ok(opened.ok);
  const { connection, close } = opened.value;
  try {
    const sql = "SELECT at_ms, state, labels FROM transition ORDER BY seq, n";
    const states = new Map<string, string>();
    const rows = await rowsOf(connection, sql);
    assert.ok(rows.length > 0, "alerts fired meanwhile");
    for (const [at, state, labels] of rows) {
      const before = states.get(textIn(labels)) ?? "none";
      const what = `${textIn(labels)} from ${before} to ${textIn(state)} at ${numberIn(at)}`;
      assert.ok(follows[before]?.includes(textIn(state)), what);
      states.set(textIn(labels), textIn(state));
    }
  } finally {
    close();
  }
}

test(`killed ${ROUNDS} times under load (seed ${SEED}), everything acknowledged is there, once`, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-kill-9-"));
  writeFileSync(path.join(folder, "naruko.yml"), CONFIG);
  writeFileSync(path.join(folder, "rules.yml"), RULES);
  const trial = new Trial(folder);
  t.after(async () => {
    await trial.end();
    rmSync(folder, { recursive: true, force: true });
  });
  const running = trial.connections.map((connection) => connection.run());
  for (let round = 0; round < ROUNDS; round++) await trial.round();

  const server = await trial.settle();
  await alertsFired(server);
  for (const connection of trial.connections) connection.stop();
  await Promise.all(running);
  const sent = trial.connections.map((connection) => connection.sent);
  await checkSeries(server, sent);
  const { code, told } = await server.end("SIGTERM");
  assert.equal(code, 0, told);
  const file = path.join(folder, "data", "naruko.duckdb");
  await checkKeptCalls(file, sent);
  await checkTransitions(file);
  const spans = sent.reduce((sum, one) => sum + [...one.spans.values()].flat().length, 0);
  const samples = sent.reduce((sum, one) => sum + one.gauge.length, 0);
  t.diagnostic(`${spans} calls and ${samples} samples acknowledged`);
  assert.ok(spans > 100 && samples > 20);
});
