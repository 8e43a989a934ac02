import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { labelValue } from "@naruko/core/model/labels";
import { HOUR_MS, MINUTE_MS } from "@naruko/core/model/time";
import { loadConfig } from "../config/load-config.ts";
import { openDuckDbDisk } from "../disk/duckdb-disk.ts";
import { Server } from "../drive/server.ts";
import { VirtualClock } from "../drive/virtual-clock.ts";
import { demoCalls } from "./demo-calls.ts";
import { Demo, demoConfig } from "./demo.ts";
import { demoPlan, HISTORY_MS, secondsUntil } from "./demo-plan.ts";

const NOW = Date.UTC(2026, 10, 2, 10, 0, 7);

test("a second of the simulated world has the same calls whenever it is asked for", () => {
  const plan = demoPlan(NOW, { intervalMs: 15_000, historyMs: HISTORY_MS });
  const later = demoPlan(NOW + 5000, { intervalMs: 15_000, historyMs: HISTORY_MS });
  assert.deepEqual(demoCalls(plan, 93_000), demoCalls(later, 93_000));
  const calls = Array.from({ length: 600 }, (_, i) => demoCalls(plan, 5000 + i)).flat();
  assert.ok(calls.length > 100, `${calls.length} calls in ten minutes`);
  assert.equal(new Set(calls.map(({ spanId }) => spanId)).size, calls.length);
  for (const { service, model, endMs } of calls) {
    assert.match(`${service} ${model.name} ${model.provider}`, /^demo-\w+ demo-\w+ demo-\w+$/);
    assert.ok(endMs >= plan.startAt + 5_000_000 && endMs < plan.startAt + 5_600_000);
  }
});

test("within two minutes of the start a demo's alerts fire, each on simulated names", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-demo-test-"));
  const plain = loadConfig(undefined, {});
  const listen = { ...plain.config.listen, port: 0, otlp_http_port: 0, otlp_grpc_port: 0 };
  const loaded = demoConfig({ ...plain, config: { ...plain.config, listen } }, folder);
  const opened = await openDuckDbDisk(path.join(folder, "naruko.duckdb"));
  assert.ok(opened.ok);
  const disk = opened.value;
  const clock = new VirtualClock(NOW);
  const demo = new Demo({ loaded, clock, environment: {}, historyMs: 2 * HOUR_MS });
  const shares: number[] = [];
  const progress = (share: number): number => shares.push(share);
  const signal = new AbortController().signal;
  assert.equal(await demo.writePast(disk, { progress, signal }), "written");
  assert.ok(shares.length > 5 && shares.every((share, i) => share > (shares[i - 1] ?? 0)));

  const reports: string[] = [];
  const server = await Server.start({
    judgeKey: () => Promise.resolve("0".repeat(32)),
    loaded,
    load: () => loaded,
    disk,
    clock,
    environment: {},
    version: "0.0.0",
    isDemo: true,
    report: (event) => reports.push(event),
  });
  t.after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const firing = (): string[] =>
    server.engine.alerting
      .alertsView()
      .filter(({ state }) => state === "firing")
      .map(({ rule }) => rule)
      .toSorted();
  // Three minutes in, the rule with the shortest `for` may be ahead of the others.
  const atStart = firing();
  assert.ok(!atStart.includes("LLMHighLatency") && !atStart.includes("LLMRateLimited"));

  const traffic = demo.traffic(server.otlpUrl, (event) => reports.push(event));
  traffic.start();
  await clock.runTo(NOW + 2 * MINUTE_MS, async () => {
    await traffic.settled();
    await server.live.settled();
  });
  const end = secondsUntil(demo.plan, NOW + 2 * MINUTE_MS);
  const simulated = Array.from({ length: end }, (_, second) => demoCalls(demo.plan, second).length);
  const counters = server.engine.counters();
  assert.equal(counters.get("calls_repeat"), undefined, "no call is sent twice");
  assert.equal(
    counters.get("calls_first"),
    simulated.reduce((sum, count) => sum + count, 0),
  );
  assert.deepEqual(firing(), ["LLMHighErrorRate", "LLMHighLatency", "LLMRateLimited"]);
  for (const { labels } of server.engine.alerting.alertsView()) {
    const named = ["model", "service_name", "gen_ai_provider_name"].map((name) =>
      labelValue(labels, name),
    );
    assert.ok(
      named.every((value) => value === "" || value.startsWith("demo-")),
      named.join(),
    );
  }
  const page = await (await fetch(server.url)).text();
  assert.match(page, /<title>[^<]*demo[^<]*<\/title>/i);
  assert.match(page, /simulated/);
  await traffic.stop();
  assert.deepEqual(reports, []);
});

test("a demo is called off in the middle of its history", async () => {
  const stop = new AbortController();
  const loaded = demoConfig(loadConfig(undefined, {}), "/unused");
  const demo = new Demo({ loaded, clock: new VirtualClock(NOW), environment: {} });
  const kept: number[] = [];
  const disk = {
    keep: (effects: readonly unknown[]) => {
      kept.push(effects.length);
      return Promise.resolve({ ok: true } as const);
    },
    saveSnapshot: () => assert.fail("a history that is not whole leaves no snapshot"),
  };
  const filled = await demo.writePast(disk, {
    progress: () => {
      stop.abort();
    },
    signal: stop.signal,
  });
  assert.equal(filled, "stopped");
});
