// kill -9 while samples go to a real Prometheus: afterwards it has everything that is stored here.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { epochMs } from "@naruko/core/model/time";
import { hasPrometheus } from "naruko/testing/prometheus-peer";
import { chatSpan, spanLine } from "naruko/testing/span-line";
import { startPeer } from "naruko/testing/start-peer";
import { eventually, selfMetric, storedSamples } from "naruko/testing/stored-samples";
import { ServerProcess } from "./server-process.ts";

const KILLS = 3;

test("a remote store has everything that is stored, however often the sender is killed", async (t) => {
  if (!hasPrometheus(t)) return;
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-remote-kill-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(path.join(folder, "prometheus.yml"), "");
  const receiver = await startPeer(t, "prometheus", [
    `--config.file=${path.join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${path.join(folder, "tsdb")}`,
    "--web.enable-remote-write-receiver",
  ]);
  const remote = { url: `${receiver}/api/v1/write`, queue_config: { max_samples_per_send: 50 } };
  const config = path.join(folder, "naruko.yml");
  writeFileSync(config, JSON.stringify({ interval: "1s", rules: [], remote_write: [remote] }));
  const args = ["--config", config, "--data", path.join(folder, "data")];
  let id = 0;
  const call = async (server: ServerProcess): Promise<void> => {
    // Each service is a series of its own: some are born just before the kill.
    const span = chatSpan(epochMs(Date.now()), "gpt-4o");
    const body = spanLine(`shop-${Math.floor(id / 5)}`, [span], ++id);
    const headers = { "Content-Type": "application/json" };
    await fetch(`${server.otlp}/v1/traces`, { method: "POST", headers, body });
  };
  let server = new ServerProcess(args, { cwd: folder });
  t.after(() => server.end("SIGTERM"));
  for (let kill = 0; kill < KILLS; kill++) {
    await server.greeted;
    const target = server.http;
    const sent = (): Promise<number> => selfMetric(target, "naruko_remote_write_samples_total");
    await call(server);
    await eventually("samples", async () => (await sent()) > 0);
    // Another moment of the second each time.
    for (let calls = 0; calls < 5 + kill * 2; calls++) {
      await call(server);
      await wait(130);
    }
    await server.end("SIGKILL");
    server = new ServerProcess(args, { cwd: folder });
  }
  await server.greeted;
  await call(server);
  const end = Math.floor(Date.now() / 1000);
  const { http } = server;
  const sent = (): Promise<number> => selfMetric(http, "naruko_remote_write_samples_total");
  await eventually(
    "samples after the end",
    async () => (await sent()) > 0 && Date.now() / 1000 > end + 2,
  );
  const lag = (): Promise<number> => selfMetric(http, "naruko_remote_write_lag_seconds");
  await eventually("the last samples", async () => (await lag()) === 0);
  const ours = await storedSamples(http, end, "2m");
  assert.ok(Object.keys(ours).length > 300, String(Object.keys(ours).length));
  assert.deepEqual(await storedSamples(receiver, end, "2m"), ours);
});
