import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { HOUR_MS } from "@naruko/core/model/time";
import { loadConfig } from "naruko/config/load-config";
import { Demo, demoConfig } from "naruko/demo/demo";
import { openDuckDbDisk } from "naruko/disk/duckdb-disk";
import { Server } from "naruko/drive/server";
import { VirtualClock } from "naruko/drive/virtual-clock";
import { dashboardText } from "./dashboard-text.ts";
import { overview } from "./overview.ts";

const NOW = Date.UTC(2026, 10, 2, 10, 0, 7);

/** What the test reads of a panel; the compiler checked the rest while it was built. */
type Panel = {
  readonly title: string;
  readonly type: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly {
    readonly expr: string;
    readonly refId: string;
    readonly instant?: boolean;
  }[];
};

function panelsOf(dashboard: Dashboard): readonly Panel[] {
  return JSON.parse(JSON.stringify(dashboard.panels)) as readonly Panel[];
}

test("the committed dashboard is what the source builds: npm run dashboards", async () => {
  const committed = new URL("../../../../dashboards/overview.json", import.meta.url);
  assert.equal(readFileSync(committed, "utf8"), await dashboardText(overview()));
});

test("panels lie side by side on Grafana's 24 columns, none on another", () => {
  const taken = new Set<string>();
  for (const { title, gridPos } of panelsOf(overview())) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(!taken.has(`${x},${y}`), `${title} covers another panel at ${x},${y}`);
        taken.add(`${x},${y}`);
      }
    }
  }
});

/** As Grafana's data source fills a query in before it is sent. */
function filled(expr: string): string {
  return expr
    .replaceAll("$__rate_interval", "1m")
    .replaceAll("$service", ".*")
    .replaceAll("$model", ".*");
}

test("each query has data on a server that has had calls, failures and scores", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-dashboard-"));
  const plain = loadConfig(undefined, {});
  const listen = { ...plain.config.listen, port: 0, otlp_http_port: 0, otlp_grpc_port: 0 };
  const loaded = demoConfig({ ...plain, config: { ...plain.config, listen } }, folder);
  const opened = await openDuckDbDisk(path.join(folder, "naruko.duckdb"));
  assert.ok(opened.ok);
  const clock = new VirtualClock(NOW);
  const demo = new Demo({ loaded, clock, environment: {}, historyMs: HOUR_MS / 2 });
  const follow = { progress: () => undefined, signal: new AbortController().signal };
  assert.equal(await demo.writePast(opened.value, follow), "written");
  const server = await Server.start({
    judgeKey: () => Promise.resolve("0".repeat(32)),
    loaded,
    load: () => loaded,
    disk: opened.value,
    clock,
    environment: {},
    version: "0.0.0",
    isDemo: true,
    report: () => undefined,
  });
  t.after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const queries = panelsOf(overview()).flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, instant = false }) => ({ title, expr, instant })),
  );
  assert.ok(queries.length > 15);
  for (const { title, expr, instant } of queries) {
    const [end, start] = [NOW / 1000, (NOW - HOUR_MS / 2) / 1000];
    const times = instant
      ? { time: String(end) }
      : { start: String(start), end: String(end), step: "30" };
    const response = await fetch(`${server.url}/api/v1/${instant ? "query" : "query_range"}`, {
      method: "POST",
      body: new URLSearchParams({ query: filled(expr), ...times }),
    });
    const answer = (await response.json()) as {
      error?: string;
      data?: { result: readonly { values?: readonly (readonly [number, string])[] }[] };
    };
    const result = answer.data?.result ?? [];
    assert.ok(result.length > 0, `${title}: ${answer.error ?? "no data"}: ${filled(expr)}`);
    const numbers = result.flatMap(({ values = [[0, "1"] as const] }) => values);
    assert.ok(
      numbers.some(([, value]) => value !== "NaN"),
      `${title}: NaN alone`,
    );
  }
});
