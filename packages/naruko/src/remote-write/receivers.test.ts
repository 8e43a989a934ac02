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
import { epochMs } from "@naruko/core/model/time";
import { hasPrometheus } from "../testing/prometheus-peer.ts";
import { startTarget } from "../testing/scraping.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";
import { chatSpan, spanLine } from "../testing/span-line.ts";
import { eventually, selfMetric, storedSamples } from "../testing/stored-samples.ts";

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
    await eventually("the start of Prometheus", async () => {
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
    (await selfMetric(http, "naruko_remote_write_lag_seconds")) === 0;
  const sent = (): Promise<number> => selfMetric(http, "naruko_remote_write_samples_total");
  await eventually("the first samples", async () => (await sent()) > 400);
  await receiver.stop();
  await call();
  await eventually(
    "the lag",
    async () => (await selfMetric(http, "naruko_remote_write_lag_seconds")) >= 4,
  );
  assert.ok((await selfMetric(http, "naruko_remote_write_retries_total")) > 0);
  await receiver.start();
  await eventually("catching up", caughtUp);
  // What both have, up to the last tick that was sent.
  const end = Math.floor(Date.now() / 1000) - 2;
  await eventually("the last samples", caughtUp);
  const ours = await storedSamples(http, end, "30s", { source: "naruko" });
  assert.ok(Object.keys(ours).length > 60, String(Object.keys(ours).length));
  assert.deepEqual(await storedSamples(receiver.url, end, "30s"), ours);
  assert.equal(await selfMetric(http, "naruko_remote_write_refused_samples_total"), 0);
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
  const sent = (): Promise<number> => selfMetric(http, "naruko_remote_write_samples_total");
  await eventually("the samples", async () => (await sent()) > 20);
  const end = Math.floor(Date.now() / 1000) - 1;
  await eventually("the last samples", async () => (await sent()) > 30);
  const ours = await storedSamples(http, end, "30s");
  assert.equal(Object.keys(ours).length, 6);
  assert.deepEqual(await storedSamples(receiver.http, end, "30s"), ours);
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
