import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { labels, type Labels } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Reader, SeriesSlice } from "@naruko/core/model/reader";
import { setStale } from "@naruko/core/model/sample";
import { epochMs } from "@naruko/core/model/time";
import { readOpenMetrics } from "@naruko/core/scrape/open-metrics";
import { SeriesMemo } from "@naruko/core/scrape/series-memo";
import { readTextFormat } from "@naruko/core/scrape/text-format";
import { hasPrometheus } from "../testing/prometheus-peer.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";
import { chatSpan, spanLine } from "../testing/span-line.ts";
import { startPeer } from "../testing/start-peer.ts";
import { federate } from "./federation.ts";

const AT = 1_800_000_000_000;

function slice(of: Labels, value: number, ...more: readonly ("stale" | "native")[]): SeriesSlice {
  const values = Float64Array.of(0, value);
  if (more.includes("stale")) setStale(values, 1);
  const native = more.includes("native") ? { histograms: [undefined, NATIVE] } : {};
  return { labels: of, times: Float64Array.of(AT - 15_000, AT - 500), values, ...native };
}

const NATIVE = {
  counterReset: "unknown",
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: 0,
  positiveSpans: [],
  positiveBuckets: [],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [],
} as const;

const HISTOGRAM = "llm_operation_duration_seconds";
const bucket = (le: string) => labels({ __name__: `${HISTOGRAM}_bucket`, le, model: "m" });
const SERIES: readonly SeriesSlice[] = [
  slice(bucket("+Inf"), 3),
  slice(bucket("0.5"), 1),
  slice(bucket("10"), 2),
  slice(labels({ __name__: `${HISTOGRAM}_count`, model: "m" }), 3),
  slice(labels({ __name__: `${HISTOGRAM}_sum`, model: "m" }), 1.5),
  slice(labels({ __name__: "llm_errors_total", model: 'a"\\\n' }), NaN),
  slice(labels({ __name__: "llm_errors_total", model: "gone" }), 1, "stale"),
  slice(labels({ __name__: "llm_errors_total", model: "native" }), 1, "native"),
  slice(labels({ __name__: "llm_quality_score", "user.id": "u" }), 1e21),
];

/** A reader of the series above, whatever is asked for. */
const reader: Reader = { select: () => SERIES };

function page(query = "", accept?: string): { readonly status: number; readonly text: string } {
  const options = { engine: { readerAt: () => reader }, limits: DEFAULT_LIMITS, now: epochMs(AT) };
  const { status, body, stream = [] } = federate(new URLSearchParams(query), accept, options);
  return { status, text: body === undefined ? [...stream].join("") : String(body) };
}

test("series are shown by family with the time of their samples, without what has ended", () => {
  assert.equal(
    page().text,
    `# HELP llm_operation_duration_seconds How long calls of models took, by model and status.
# TYPE llm_operation_duration_seconds histogram
llm_operation_duration_seconds_bucket{le="0.5",model="m"} 1 1799999999500
llm_operation_duration_seconds_bucket{le="10",model="m"} 2 1799999999500
llm_operation_duration_seconds_bucket{le="+Inf",model="m"} 3 1799999999500
llm_operation_duration_seconds_count{model="m"} 3 1799999999500
llm_operation_duration_seconds_sum{model="m"} 1.5 1799999999500
# HELP llm_errors_total Calls of models that failed, by cause.
# TYPE llm_errors_total counter
llm_errors_total{model="a\\"\\\\\\n"} NaN 1799999999500
# HELP llm_quality_score Mean of the latest scores of answers, between 0 and 1.
# TYPE llm_quality_score gauge
llm_quality_score{"user.id"="u"} 1e+21 1799999999500
`,
  );
});

test("OpenMetrics is written where it is preferred", () => {
  const { text } = page("", "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.5");
  assert.match(
    text,
    /^# TYPE llm_operation_duration_seconds histogram\n# UNIT \S+ seconds\n# HELP/,
  );
  assert.match(
    text,
    /\n# TYPE llm_errors counter\n# HELP .*\nllm_errors_total\{.*\} NaN 1799999999\.500\n/,
  );
  const { samples, metadata } = readOpenMetrics(text, new SeriesMemo());
  assert.equal(samples.length, 7);
  assert.deepEqual(
    metadata.map(({ name }) => name),
    [HISTOGRAM, "llm_errors", "llm_quality_score"],
  );
});

const accepts: readonly (readonly [accept: string | undefined, format: "open" | "classic"])[] = [
  [undefined, "classic"],
  ["*/*", "classic"],
  ["text/plain;version=0.0.4", "classic"],
  ["application/openmetrics-text", "open"],
  [
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "open",
  ],
  ["application/openmetrics-text;q=0.3,text/plain;q=0.5", "classic"],
  ["application/openmetrics-text;version=2.0.0,text/plain;q=0.5", "classic"],
  ["application/openmetrics-text;q=0", "classic"],
];
for (const [accept, format] of accepts) {
  test(`Accept: ${accept} is answered in the ${format} format`, () =>
    assert.equal(page("", accept).text.endsWith("# EOF\n"), format === "open"));
}

const selections: readonly (readonly [query: string, status: number, lines: number | RegExp])[] = [
  ["match[]=llm_quality_score", 200, 1],
  ["match[]={model=%22m%22}&match[]=llm_quality_score", 200, 6],
  ["match[]=up", 200, 0],
  ["match[]=rate(up[1m])", 400, /is no series selector/],
  ["match[]=%7B", 400, /invalid parameter "match\[\]"/],
];
for (const [query, status, wanted] of selections) {
  test(`?${query}`, () => {
    const shown = page(query);
    assert.equal(shown.status, status);
    if (typeof wanted === "number") {
      assert.equal(shown.text.split("\n").filter((line) => /^[^#]/.test(line)).length, wanted);
    } else assert.match(shown.text, wanted);
  });
}

async function serving(
  t: TestContext,
): Promise<{ readonly http: string; readonly folder: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-federation-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const { http, otlp } = await serveNaruko(t, "--data", path.join(folder, "data"));
  const now = epochMs(Date.now());
  const body = spanLine("shop", [chatSpan(now, "gpt-4o"), chatSpan(now, "gpt-4o", "timeout")], 1);
  const headers = { "Content-Type": "application/json" };
  const sent = await fetch(`${otlp}/v1/traces`, { method: "POST", headers, body });
  assert.equal(sent.status, 200);
  return { http, folder };
}

test("promtool finds nothing wrong with the page of a running server", async (t) => {
  if (!hasPrometheus(t)) return;
  const { http } = await serving(t);
  const answer = await fetch(`${http}/metrics/naruko`);
  assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const text = await answer.text();
  assert.ok(readTextFormat(text, new SeriesMemo()).samples.length > 50);
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text });
  assert.deepEqual([status, String(stdout), String(stderr)], [0, "", ""]);
});

test("a real Prometheus scrapes a running server without a fault", async (t) => {
  if (!hasPrometheus(t)) return;
  const { http, folder } = await serving(t);
  const config = path.join(folder, "prometheus.yml");
  const { host } = new URL(http);
  writeFileSync(
    config,
    `scrape_configs: [{ job_name: naruko, honor_labels: true, metrics_path: /metrics/naruko,
      scrape_interval: 200ms, scrape_timeout: 200ms, static_configs: [{ targets: ["${host}"] }] }]`,
  );
  const storage = `--storage.tsdb.path=${path.join(folder, "tsdb")}`;
  const prometheus = await startPeer(t, "prometheus", [`--config.file=${config}`, storage]);
  const signal = AbortSignal.timeout(30_000);
  while ((await answersOf(prometheus, "count_over_time(up[1m]) >= 3")).length === 0) {
    signal.throwIfAborted();
    await wait(100);
  }
  assert.deepEqual(await answersOf(prometheus, "min_over_time(up[1m])"), ["1"]);
  const calls = 'llm_operation_duration_seconds_count{service_name="shop"}';
  assert.deepEqual(await answersOf(prometheus, `sum(${calls})`), ["2"]);
  const own = await (await fetch(`${prometheus}/metrics`)).text();
  const faults = [
    ...own.matchAll(/^prometheus_target_scrapes_(?:sample|exceeded)\S*_total (\d+)$/gm),
  ];
  assert.ok(faults.length >= 4);
  assert.deepEqual(
    faults.filter(([, count]) => count !== "0"),
    [],
  );
});

async function answersOf(prometheus: string, query: string): Promise<string[]> {
  const answer = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await answer.json()) as {
    readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
  };
  return data.result.map(({ value }) => value[1]);
}
