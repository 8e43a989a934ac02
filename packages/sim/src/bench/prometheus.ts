import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Reader } from "@naruko/core/model/reader";
import { epochMs, MINUTE_MS } from "@naruko/core/model/time";
import { pinned } from "./naruko-process.ts";
import { writeRequest } from "./remote-write.ts";

/** Prometheus takes samples that are up to an hour older than its newest. */
const WINDOW_MS = 30 * MINUTE_MS;
const SERIES_PER_REQUEST = 1000;
const CONFIG = "prometheus.yml";

/** Its version; undefined where it is not installed. */
export function prometheusVersion(): string | undefined {
  const told = spawnSync("prometheus", ["--version"], { encoding: "utf8" });
  return /version (\S+?)[+ ]/.exec(`${told.stdout}${told.stderr}`)?.[1];
}

/** A Prometheus that scrapes nothing, on processor 0. */
export class PrometheusProcess {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly url: string;

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.url = url;
  }

  static async start(): Promise<PrometheusProcess> {
    const folder = mkdtempSync(path.join(tmpdir(), "naruko-bench-prometheus-"));
    const config = path.join(folder, CONFIG);
    writeFileSync(config, "global: {}\n");
    const address = `127.0.0.1:${await freePort()}`;
    const [command = "", ...args] = pinned(0, [
      "prometheus",
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(folder, "data")}`,
      `--web.listen-address=${address}`,
      "--web.enable-remote-write-receiver",
      "--storage.tsdb.retention.time=100y",
      "--query.max-samples=1000000000",
    ]);
    const child = spawn(command, args, {
      stdio: "ignore",
      env: { ...process.env, GOMAXPROCS: "1" },
    });
    const started = new PrometheusProcess(child, folder, `http://${address}`);
    while (!(await started.#isReady())) {
      if (child.exitCode !== null) throw new Error("Prometheus does not start");
      await wait(100);
    }
    return started;
  }

  /**
   * Begins to evaluate rules. What they write is at its own clock's time, after which it refuses
   * samples that are an hour older: all of those come before.
   */
  useRules(ruleFiles: readonly string[], everyS: number): void {
    const global = `global: { evaluation_interval: ${everyS}s }\n`;
    const config = `${global}rule_files: ${JSON.stringify(ruleFiles)}\n`;
    writeFileSync(path.join(this.#folder, CONFIG), config);
    this.#child.kill("SIGHUP");
  }

  /** Writes every sample that a reader has in (from, to]. */
  async load(reader: Reader, from: number, to: number): Promise<void> {
    for (let at = from; at < to; at += WINDOW_MS) {
      const slices = reader.select([], epochMs(at), epochMs(Math.min(at + WINDOW_MS, to)));
      for (let i = 0; i < slices.length; i += SERIES_PER_REQUEST) {
        await this.#write(writeRequest(slices.slice(i, i + SERIES_PER_REQUEST)));
      }
    }
  }

  /** Sum over all rule groups of the seconds that their last evaluation took. */
  async ruleSeconds(): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const durations = text.matchAll(/^prometheus_rule_group_last_duration_seconds\{.*\} (\S+)$/gm);
    return [...durations].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** Milliseconds that a query takes, from the question to the last byte of the answer. */
  async queryMs(
    endpoint: "query" | "query_range",
    params: Readonly<Record<string, string>>,
  ): Promise<number> {
    const startedMs = performance.now();
    const { status, text } = await this.ask(endpoint, params);
    if (status !== 200) throw new Error(`Prometheus refused ${endpoint}: ${text}`);
    return performance.now() - startedMs;
  }

  /** Asks its API with a form. */
  async ask(
    endpoint: "query" | "query_range",
    params: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const body = new URLSearchParams(params);
    const response = await fetch(`${this.url}/api/v1/${endpoint}`, { method: "POST", body });
    return { status: response.status, text: await response.text() };
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Seconds of processor time so far. */
  async cpuS(): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #write(body: Buffer): Promise<void> {
    const headers = {
      "Content-Type": "application/x-protobuf",
      "Content-Encoding": "snappy",
      "X-Prometheus-Remote-Write-Version": "0.1.0",
    };
    const url = `${this.url}/api/v1/write`;
    const response = await fetch(url, { method: "POST", headers, body: new Uint8Array(body) });
    if (!response.ok) throw new Error(`Prometheus refused samples: ${await response.text()}`);
  }

  async #isReady(): Promise<boolean> {
    const response = await fetch(`${this.url}/-/ready`).catch(() => undefined);
    return response?.ok === true;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}
