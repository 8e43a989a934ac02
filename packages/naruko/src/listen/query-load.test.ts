// Queries over 100,000 series on a server that goes on receiving.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { get } from "node:http";
import path from "node:path";
import test from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { epochMs } from "@naruko/core/model/time";
import { sendOtlp, temporaryFolder } from "../testing/api-fixture.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";
import type { Serving } from "../testing/serve-naruko.ts";
import { chatSpan, spanLine } from "../testing/span-line.ts";

const SERIES = 100_000;
const PER_REQUEST = 10_000;
const PATIENCE_MS = 60_000;

async function serving(context: TestContext, config: string): Promise<Serving> {
  const folder = temporaryFolder(context);
  const file = path.join(folder, "naruko.yml");
  writeFileSync(file, `rules: []\n${config}`);
  return serveNaruko(context, "--config", file, "--data", path.join(folder, "data"));
}

/** So many series of one metric, with one point each. */
async function fill(otlp: string, series: number): Promise<void> {
  const timeUnixNano = `${Date.now()}000000`;
  for (let from = 0; from < series; from += PER_REQUEST) {
    const dataPoints = Array.from({ length: Math.min(PER_REQUEST, series - from) }, (_, i) => ({
      timeUnixNano,
      asDouble: from + i,
      attributes: [{ key: "n", value: { stringValue: String(from + i) } }],
    }));
    const metrics = [{ name: "wide", gauge: { dataPoints } }];
    const body = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
    await sendOtlp(`${otlp}/v1/metrics`, JSON.stringify(body));
  }
}

/** What work comes to, and how many requests with calls were taken until then. */
async function beside<Result>(
  otlp: string,
  work: Promise<Result>,
): Promise<{ readonly result: Result; readonly received: number }> {
  const state = { received: 0, isOver: false };
  const receive = async (): Promise<void> => {
    while (!state.isOver) {
      const span = chatSpan(epochMs(Date.now()), "m");
      await sendOtlp(`${otlp}/v1/traces`, spanLine("shop", [span], nextId++));
      state.received++;
    }
  };
  const receiving = receive();
  try {
    const result = await work;
    return { result, received: state.received };
  } finally {
    state.isOver = true;
    await receiving;
  }
}
let nextId = 1;

async function ask(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

async function metric(http: string, line: string): Promise<number> {
  const { text } = await ask(`${http}/metrics`);
  const found = text.split("\n").find((one) => one.startsWith(`${line} `));
  return Number(found?.slice(line.length) ?? 0);
}

test("large queries and lists do not keep others waiting", async (context) => {
  const { http, otlp } = await serving(context, "");
  await fill(otlp, SERIES);
  const wide = async (of: string) => beside(otlp, ask(`${http}/api/v1/${of}`));
  for (const list of [
    "series?match[]=wide",
    "label/n/values",
    "status/tsdb",
    "query?query=wide and wide",
    "query?query=count_values('v', wide)",
  ]) {
    const { result, received } = await wide(list);
    assert.equal(result.status, 200, result.text.slice(0, 200));
    // A single turn would let one request in before it and answer it behind.
    assert.ok(received > 2, `${list}: ${received} requests were taken meanwhile`);
  }
  const { result } = await wide("series?match[]=wide");
  assert.equal((JSON.parse(result.text) as { data: unknown[] }).data.length, SERIES);

  const long = encodeURIComponent("max_over_time(wide[1m:1s])");
  const late = await wide(`query?query=${long}&timeout=20ms`);
  assert.equal(late.result.status, 503);
  assert.match(late.result.text, /"errorType":"timeout","error":"[^"]*20 ms[^"]*timeout"/);

  const signal = AbortSignal.timeout(PATIENCE_MS);
  const canceled = 'naruko_http_requests_total{port="http",code="499"}';
  const request = get(`${http}/api/v1/query?query=${long}`);
  request.on("error", () => undefined);
  // The server has begun once it has taken a request that was sent after this one.
  await ask(`${http}/-/healthy`);
  request.destroy();
  while ((await metric(http, canceled)) === 0) await wait(20, undefined, { signal });
});

const SMALL = "limits: {querySamples: 1000, querySeries: 100, querySteps: 10, queryMs: 1000}\n";

test("what is too much is refused with the limit's name and how to raise it", async (context) => {
  const { http, otlp } = await serving(context, SMALL);
  await fill(otlp, 150);
  const now = Date.now() / 1000;
  for (const [of, status, type, limit] of [
    ["query?query=wide", 422, "execution", "querySeries"],
    ["query?query=sum_over_time(vector(1)[1h:1s])", 422, "execution", "querySamples"],
    [`query_range?query=1&start=0&end=11&step=1`, 400, "bad_data", "querySteps"],
    ["series?match[]=wide", 422, "execution", "querySeries"],
    ["labels?match[]=wide", 422, "execution", "querySeries"],
    [`query_range?query=wide{n=~"1.?"}&start=${now}&end=${now + 10}&step=1`, 200, "", ""],
  ] as const) {
    // What is sent meanwhile is taken, or sending it throws.
    const { result } = await beside(otlp, ask(`${http}/api/v1/${of}`));
    const answer = JSON.parse(result.text) as { errorType?: string; error?: string };
    assert.deepEqual([result.status, answer.errorType ?? ""], [status, type], result.text);
    if (limit === "") continue;
    assert.match(answer.error ?? "", new RegExp(`\\(limit ${limit}\\).*raise limits\\.${limit}`));
  }
  const reached = 'naruko_limit_reached_total{limit="querySeries"}';
  assert.equal(await metric(http, reached), 3);
});
