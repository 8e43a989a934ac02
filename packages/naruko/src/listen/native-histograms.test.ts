// Native histograms through a whole server: from OTLP and remote write, in rules, over a restart.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { NativeHistogram } from "@naruko/core/model/sample";
import { STALE } from "@naruko/core/model/sample";
import {
  type SentSeries,
  snappyBlock,
  writeRequest,
} from "@naruko/core/testing/remote-write-messages";
import { serveNaruko } from "../testing/serve-naruko.ts";

const RULES = `
groups:
  - name: native
    rules:
      - alert: ManySlow
        expr: histogram_fraction(8, Inf, otel_latency_seconds) > 0.3
`;

/** Eight observations, three of them above 8 s. */
function otlp(at: number, temporality: 1 | 2, name: string): string {
  const point = {
    startTimeUnixNano: `${at - 60_000}000000`,
    timeUnixNano: `${at}000000`,
    count: "8",
    sum: 44.5,
    scale: 9,
    zeroCount: "1",
    positive: { offset: 1500, bucketCounts: ["4", ...Array<string>(59).fill("0"), "3"] },
  };
  const exponentialHistogram = { dataPoints: [point], aggregationTemporality: temporality };
  const metrics = [{ name, unit: "s", exponentialHistogram }];
  return JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
}

/** From a classic histogram: bounds 1 and 2.5. */
const custom: NativeHistogram = {
  counterReset: "unknown",
  schema: -53,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 9,
  sum: 12.25,
  positiveSpans: [{ offset: 0, length: 3 }],
  positiveBuckets: [5, 3, 1],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [1, 2.5],
};

const QUERIES = [
  "otel_latency_seconds[1h]",
  "otel_delta_seconds[1h]",
  "mixed[1h]",
  "histogram_count(otel_latency_seconds)",
  "histogram_avg(otel_delta_seconds)",
  "histogram_quantile(0.5, last_over_time(mixed[1h]))",
];

async function answers(http: string, atMs: number): Promise<readonly unknown[]> {
  return Promise.all(
    QUERIES.map(async (query) => {
      const parameters = new URLSearchParams({ query, time: String(atMs / 1000) });
      const response = await fetch(`${http}/api/v1/query?${parameters.toString()}`);
      const { data } = (await response.json()) as { data: { result: readonly unknown[] } };
      assert.equal(data.result.length, 1, query);
      return data.result[0];
    }),
  );
}

test("native histograms are received, alerted on and there after a restart", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-native-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(path.join(folder, "rules.yml"), RULES);
  const config = path.join(folder, "naruko.yml");
  writeFileSync(config, JSON.stringify({ interval: "1s", rules: ["rules.yml"] }));
  const args = ["--config", config, "--data", path.join(folder, "data")];
  const first = await serveNaruko(t, ...args);
  const at = Date.now();
  for (const [temporality, name] of [
    [2, "otel.latency"],
    [1, "otel.delta"],
  ] as const) {
    const response = await fetch(`${first.otlp}/v1/metrics`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: otlp(at, temporality, name),
    });
    assert.deepEqual(await response.json(), {});
  }
  const samples: SentSeries["samples"] = [
    { at: at - 2, value: 7 },
    { at, value: STALE },
  ];
  const histograms = [
    { at: at - 1, value: custom, whole: true },
    { at: at + 1, value: { ...custom, count: 9.5, positiveBuckets: [5.5, 3, 1] }, whole: false },
  ];
  const written = await fetch(`${first.http}/api/v1/write`, {
    method: "POST",
    headers: { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" },
    body: Uint8Array.from(
      snappyBlock(writeRequest([{ labels: [["__name__", "mixed"]], samples, histograms }])),
    ),
  });
  assert.equal(written.status, 204);

  const patience = AbortSignal.timeout(20_000);
  for (let alerts: unknown[] = []; alerts.length === 0; await wait(50)) {
    patience.throwIfAborted();
    const response = await fetch(`${first.http}/api/v1/alerts`);
    ({ alerts } = ((await response.json()) as { data: { alerts: unknown[] } }).data);
  }
  const before = await answers(first.http, at + 10);
  await first.stop();
  const second = await serveNaruko(t, ...args);
  assert.deepEqual(await answers(second.http, at + 10), before);
  assert.match(JSON.stringify(before[0]), /"count":"8","sum":"44.5"/);
  // The delta's counting begins with an empty histogram.
  assert.match(JSON.stringify(before[1]), /"count":"0".*"count":"8"/);
  assert.match(JSON.stringify(before[2]), /"values":\[\[[\d.]+,"7"\]\],"histograms":.*"9.5"/);
});
