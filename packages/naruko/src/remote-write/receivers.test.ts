// A running server writes to Debian's Prometheus, which goes away and comes back, and to another Naruko;
// afterwards both sides have the same series with the same samples.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { formatLabels, labels } from "@naruko/core/model/labels";
import { epochMs } from "@naruko/core/model/time";
import { hasPrometheus } from "../testing/prometheus-peer.ts";
import { startTarget } from "../testing/scraping.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";
import { chatSpan, spanLine } from "../testing/span-line.ts";

const PATIENCE_MS = 60_000;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!(await holds())) {
    assert.equal(signal.aborted, false, `${what} takes too long`);
    await wait(50);
  }
}

/** A Prometheus at a place of its own, which can be stopped and started again. */
class Receiver {
  readonly url: string;
  readonly #args: readonly string[];
  #child: ReturnType<typeof spawn> | undefined;

  constructor(folder: string, port: number) {
    const config = path.join(folder, "prometheus.yml");
    writeFileSync(config, "");
    this.url = `http://127.0.0.1:${port}`;
    this.#args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(folder, "tsdb")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-remote-write-receiver",
      "--enable-feature=native-histograms",
    ];
  }

  async start(): Promise<void> {
    this.#child = spawn("prometheus", this.#args, { stdio: "ignore" });
    await until("the start of Prometheus", async () => {
      const ready = await fetch(`${this.url}/-/ready`).catch(() => undefined);
      return ready?.ok === true;
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const exited = once(child, "exit");
    child.kill();
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

type Samples = Readonly<Record<string, readonly (readonly [number, string])[]>>;

/** Every sample in the half minute up to a time, by series. */
async function samplesAt(server: string, seconds: number, extra = {}): Promise<Samples> {
  const query = '{__name__=~".+"}[30s]';
  const params = new URLSearchParams({ query, time: String(seconds) });
  const answer = await fetch(`${server}/api/v1/query?${params.toString()}`);
  const { data } = (await answer.json()) as {
    readonly data: {
      readonly result: readonly {
        readonly metric: Readonly<Record<string, string>>;
        readonly values: readonly (readonly [number, string])[];
      }[];
    };
  };
  const entries = data.result.map(
    ({ metric: own, values }) => [formatLabels(labels({ ...own, ...extra })), values] as const,
  );
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function metric(server: string, name: string): Promise<number> {
  const text = await (await fetch(`${server}/metrics`)).text();
  const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text);
  return Number(found?.[1]);
}

test("Prometheus receives what is stored, and misses nothing", async (t) => {
  if (!hasPrometheus(t)) return;
  const folder = temporaryFolder(t);
  const receiver = new Receiver(folder, await freePort());
  await receiver.start();
  t.after(() => receiver.stop());
  let shown = 0;
  const target = await startTarget(t, (_request, response) => {
    response.setHeader("Content-Type", "text/plain; version=0.0.4");
    response.end(
      `# TYPE n counter\nn_total ${++shown}\n${shown % 4 === 0 ? "" : "sometimes NaN\n"}`,
    );
  });
  const config = path.join(folder, "naruko.yml");
  writeFileSync(
    config,
    JSON.stringify({
      interval: "1s",
      rules: [],
      scrape_configs: [
        { job_name: "a", scrape_interval: "1s", static_configs: [{ targets: [target.address] }] },
      ],
      remote_write: [
        {
          url: `${receiver.url}/api/v1/write`,
          name: "peer",
          queue_config: { max_samples_per_send: 40, max_backoff: "200ms" },
          metadata_config: { send_interval: "1s" },
          write_relabel_configs: [{ target_label: "source", replacement: "naruko" }],
        },
      ],
    }),
  );
  const { http, otlp } = await serveNaruko(
    t,
    "--config",
    config,
    "--data",
    path.join(folder, "data"),
  );
  let id = 1;
  const call = async (): Promise<void> => {
    const body = spanLine("shop", [chatSpan(epochMs(Date.now()), "gpt-4o")], id++);
    const headers = { "Content-Type": "application/json" };
    await fetch(`${otlp}/v1/traces`, { method: "POST", headers, body });
  };
  await call();
  const caughtUp = async (): Promise<boolean> =>
    (await metric(http, "naruko_remote_write_lag_seconds")) === 0;
  const sent = (): Promise<number> => metric(http, "naruko_remote_write_samples_total");
  await until("the first samples", async () => (await sent()) > 400);
  await receiver.stop();
  await call();
  await until("the lag", async () => (await metric(http, "naruko_remote_write_lag_seconds")) >= 4);
  assert.ok((await metric(http, "naruko_remote_write_retries_total")) > 0);
  await receiver.start();
  await until("catching up", caughtUp);
  // What both have, up to the last tick that was sent.
  const end = Math.floor(Date.now() / 1000) - 2;
  await until("the last samples", caughtUp);
  const ours = await samplesAt(http, end, { source: "naruko" });
  assert.ok(Object.keys(ours).length > 60, String(Object.keys(ours).length));
  assert.deepEqual(await samplesAt(receiver.url, end), ours);
  assert.equal(await metric(http, "naruko_remote_write_refused_samples_total"), 0);
});

test("another Naruko receives version 2.0, and has the same samples and metadata", async (t) => {
  const folder = temporaryFolder(t);
  const receiver = await serveNaruko(t, "--data", path.join(folder, "receiver"));
  const target = await startTarget(t, "# HELP n What is counted.\n# TYPE n gauge\nn 1\n");
  const config = path.join(folder, "naruko.yml");
  const remote = {
    url: `${receiver.http}/api/v1/write`,
    protobuf_message: "io.prometheus.write.v2.Request",
  };
  const job = {
    job_name: "a",
    scrape_interval: "1s",
    static_configs: [{ targets: [target.address] }],
  };
  const own = { interval: "1s", rules: [], scrape_configs: [job], remote_write: [remote] };
  writeFileSync(config, JSON.stringify(own));
  const data = path.join(folder, "sender");
  const { http } = await serveNaruko(t, "--config", config, "--data", data);
  const sent = (): Promise<number> => metric(http, "naruko_remote_write_samples_total");
  await until("the samples", async () => (await sent()) > 20);
  const end = Math.floor(Date.now() / 1000) - 1;
  await until("the last samples", async () => (await sent()) > 30);
  const ours = await samplesAt(http, end);
  assert.equal(Object.keys(ours).length, 6);
  assert.deepEqual(await samplesAt(receiver.http, end), ours);
  const known = (await (await fetch(`${receiver.http}/api/v1/metadata?metric=n`)).json()) as object;
  assert.deepEqual(known, {
    status: "success",
    data: { n: [{ type: "gauge", help: "What is counted.", unit: "" }] },
  });
});

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-remote-"));
  context.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
