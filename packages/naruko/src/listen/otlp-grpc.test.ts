// OTLP over gRPC says what OTLP over HTTP says of the same bytes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import type { TestContext } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Limits } from "@naruko/core/model/limits";
import type { Outcome } from "@naruko/core/model/outcome";
import { epochMs } from "@naruko/core/model/time";
import { REFUSALS } from "@naruko/core/receive/export-refusals";
import { oracleEncode } from "@naruko/core/testing/otlp-oracle";
import { callGrpc, framed } from "../testing/call-grpc.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";
import type { Serving } from "../testing/serve-naruko.ts";
import { BodyBudget } from "./body-budget.ts";
import { IntakeCounts } from "./intake-counts.ts";
import { LimitCounts } from "./limit-counts.ts";
import { otlpMethods } from "./otlp-grpc.ts";

const TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
const LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/** An ExportTraceServiceRequest of spans that are calls of a model. */
function chatSpans(ids: readonly number[], traceId = "07".repeat(16)): Buffer {
  const endMs = Date.now();
  const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
  const spans = ids.map((id) => ({
    traceId,
    spanId: id.toString(16).padStart(16, "0"),
    name: "chat",
    startTimeUnixNano: `${endMs - 1000}000000`,
    endTimeUnixNano: `${endMs}000000`,
    attributes: [
      attribute("gen_ai.operation.name", "chat"),
      attribute("gen_ai.request.model", "gpt-5"),
    ],
  }));
  const request = { resourceSpans: [{ scopeSpans: [{ spans }] }] };
  return Buffer.from(oracleEncode("TraceRequest", request));
}

async function served(t: TestContext, config = ""): Promise<Serving> {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-grpc-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = path.join(folder, "naruko.yml");
  writeFileSync(file, config);
  return serveNaruko(t, "--config", file, "--data", path.join(folder, "data"));
}

async function overHttp(otlp: string, signal: string, body: Buffer) {
  const response = await fetch(`${otlp}/v1/${signal}`, {
    method: "POST",
    body: new Uint8Array(body),
    headers: { "Content-Type": "application/x-protobuf" },
  });
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

async function callsAt({ http }: Serving): Promise<string> {
  const response = await fetch(
    `${http}/api/v1/query?query=llm_operation_duration_seconds_count{model="gpt-5"}`,
  );
  const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
  return data.result[0]?.value[1] ?? "none";
}

test("calls arrive as over HTTP, and once whichever way they come", async (t) => {
  const server = await served(t);
  const spans = chatSpans([1, 2, 3]);
  const call = (body: Buffer, headers = {}) =>
    callGrpc(server.grpc, { path: TRACES, body, headers });
  const plain = await call(framed(spans));
  assert.deepEqual([plain.code, plain.message.length], [0, 0]);
  assert.equal(await callsAt(server), "3");
  assert.equal((await overHttp(server.otlp, "traces", spans)).status, 200);
  const gzip = await call(framed(gzipSync(spans), 1), { "grpc-encoding": "gzip" });
  const zstd = await call(framed(zstdCompressSync(chatSpans([4])), 1), { "grpc-encoding": "zstd" });
  assert.deepEqual([gzip.code, zstd.code], [0, 0]);
  assert.equal(await callsAt(server), "4");
  for (const other of [METRICS, LOGS]) {
    const answer = await callGrpc(server.grpc, { path: other, body: framed(Buffer.alloc(0)) });
    assert.deepEqual([answer.code, answer.message.length], [0, 0]);
  }
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  assert.match(metrics, /^naruko_grpc_requests_total\{code="OK"\} 5$/m);
  const page = await (await fetch(server.http)).text();
  assert.ok(page.includes(`endpoint <code>${server.grpc}</code>`));
});

const SIGNALS = { traces: TRACES, metrics: METRICS, logs: LOGS };
const BODIES: readonly (readonly [string, keyof typeof SIGNALS, Buffer])[] = [
  ["a part of it", "traces", chatSpans([1, 2], "07")],
  ["garbage", "traces", Buffer.from("garbage")],
  ["a message that is cut", "metrics", chatSpans([1]).subarray(0, 20)],
  ["logs that are none", "logs", Buffer.from([0x0a, 0xff])],
];
test("what is refused, and why, is what HTTP says", async (t) => {
  const server = await served(t);
  for (const [name, signal, body] of BODIES) {
    const http = await overHttp(server.otlp, signal, body);
    const grpc = await callGrpc(server.grpc, { path: SIGNALS[signal], body: framed(body) });
    if (http.status === 200) {
      assert.equal(grpc.code, 0, name);
      assert.ok(http.body.length > 0, "partial success");
      assert.deepEqual(grpc.message, http.body, name);
      continue;
    }
    assert.equal(http.status, 400, name);
    assert.equal(grpc.code, 3, name);
    // A google.rpc.Status, with its code, its message and where it is in a BadRequest.
    assert.deepEqual(grpc.details, http.body, name);
    assert.ok(http.body.includes(grpc.reason), name);
    assert.match(grpc.reason, /byte \d+/, name);
  }
  const headers = { "grpc-encoding": "snappy" };
  await callGrpc(server.grpc, { path: LOGS, body: framed(Buffer.alloc(0)), headers });
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  assert.match(metrics, /^naruko_refused_requests_total\{reason="unsupported-media-type"\} 1$/m);
  assert.match(metrics, /^naruko_refused_requests_total\{reason="malformed"\} 6$/m);
  assert.match(metrics, /^naruko_grpc_requests_total\{code="INVALID_ARGUMENT"\} 3$/m);
});

test("the token of senders is wanted, and the limits are those of HTTP", async (t) => {
  const tokens = "ingest_token: token-of-senders, admin_token: token-of-admins";
  const limits = "bodyBytes: 1000, inflatedBytes: 2000";
  const { grpc } = await served(t, `auth: { ${tokens} }\nlimits: { ${limits} }\n`);
  const call = (body: Buffer, token: string, headers = {}) => {
    const authorization = token === "" ? {} : { authorization: `Bearer ${token}` };
    return callGrpc(grpc, { path: TRACES, body, headers: { ...authorization, ...headers } });
  };
  const spans = framed(chatSpans([1]));
  assert.equal((await call(spans, "token-of-senders")).code, 0);
  for (const token of ["", "token-of-admins", "token-of-sender"]) {
    assert.equal((await call(spans, token)).code, 16);
  }
  const large = await call(framed(Buffer.alloc(1001)), "token-of-senders");
  const bomb = framed(gzipSync(Buffer.alloc(2001)), 1);
  const inflated = await call(bomb, "token-of-senders", { "grpc-encoding": "gzip" });
  assert.match(`${large.code} ${large.reason}`, /^8 .*limit bodyBytes/);
  assert.match(`${inflated.code} ${inflated.reason}`, /^8 .*limit inflatedBytes/);
  const snappy = await call(spans, "token-of-senders", { "grpc-encoding": "snappy" });
  assert.equal(snappy.code, 12);
});

type World = {
  readonly outcome?: Outcome;
  readonly queuedBytes?: number;
  readonly limits?: Partial<Limits>;
};

const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

const FAILING: readonly (readonly [string, World, string, RegExp, boolean])[] = [
  ["the queue is full", { queuedBytes: 2 ** 40 }, "UNAVAILABLE", /limit queueBytes/, true],
  [
    "the commit failed",
    { outcome: { ok: false, retry: true, reason: "no space left" } },
    "UNAVAILABLE",
    /no space left/,
    true,
  ],
  [
    "the commit met a bug",
    { outcome: { ok: false, retry: false, reason: "a bug" } },
    "INTERNAL",
    /a bug/,
    false,
  ],
  [
    "the reason is longer than trailers may be",
    { outcome: { ok: false, retry: true, reason: "鳴".repeat(10_000) } },
    "UNAVAILABLE",
    /^鳴{499}…$/,
    true,
  ],
  [
    "much too many values",
    { limits: { valuesPerRequest: 1 } },
    "INVALID_ARGUMENT",
    /limit valuesPerRequest/,
    false,
  ],
];
for (const [name, world, code, reason, retries] of FAILING) {
  test(`when ${name} it is ${code}${retries ? ", and says when to try again" : ""}`, async () => {
    const limits = { ...DEFAULT_LIMITS, ...world.limits };
    const methods = otlpMethods({
      limits,
      context: () => ({
        at: epochMs(Date.now()),
        maxAheadMs: 600_000,
        limits,
        priceOf: () => ({ kind: "unpriced" }) as never,
        estimateTokens: () => 0,
        typeLabels: false,
        isKnown: () => false,
      }),
      redact: (telemetry) => telemetry,
      submit: () => Promise.resolve(world.outcome ?? { ok: true }),
      queuedBytes: () => world.queuedBytes ?? 0,
      budget: new BodyBudget(limits.inFlightBytes),
      counts: new IntakeCounts(),
      limitCounts: new LimitCounts(),
    });
    const answer = await methods.get(TRACES)?.(() => Promise.resolve({ bytes: chatSpans([1]) }));
    assert.ok(answer !== undefined && "status" in answer);
    assert.equal(answer.status.code, code);
    assert.match(answer.status.message, reason);
    const details = Buffer.from(answer.status.details ?? []);
    // A google.protobuf.Duration of so many seconds is the last of it.
    const delay = Buffer.from([0x12, 4, 0x0a, 2, 0x08, REFUSALS.overloaded.retryAfterS ?? 0]);
    assert.equal(details.includes(RETRY_INFO), retries);
    assert.equal(details.subarray(-delay.length).equals(delay), retries);
  });
}
