// What a running server makes of bad input: an answer that says why, a counter that shows it, and
// the process goes on. Requests that OTLP itself has an answer for are in serve.test.ts.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import type { TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { oracleEncode } from "@naruko/core/testing/otlp-oracle";
import { serveNaruko } from "../testing/serve-naruko.ts";
import type { Serving } from "../testing/serve-naruko.ts";

const LIMITS = {
  bodyBytes: 1_000_000,
  inflatedBytes: 4_000_000,
  recordsPerRequest: 2000,
  attributeLength: 1000,
  valuesPerLabel: 50,
  requestMs: 500,
  headersMs: 500,
};

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-bad-input-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

async function serve(t: TestContext): Promise<Serving> {
  const folder = temporaryFolder(t);
  const config = path.join(folder, "naruko.yml");
  writeFileSync(config, JSON.stringify({ limits: LIMITS }));
  return serveNaruko(t, "--config", config, "--data", path.join(folder, "data"));
}

/** The program's own metrics; a counter that nothing moved yet is 0. */
async function metrics({ http }: Serving): Promise<(name: string) => number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const values = new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))] as const;
    }),
  );
  return (name) => values.get(name) ?? 0;
}

async function query({ http }: Serving, expr: string): Promise<number> {
  const response = await fetch(`${http}/api/v1/query?query=${encodeURIComponent(expr)}`);
  const { data } = (await response.json()) as {
    data: { result: { value: [number, string] }[] };
  };
  return Number(data.result[0]?.value[1] ?? 0);
}

let ids = 0;

type SpanFields = {
  readonly spanId?: string;
  readonly model?: string;
  readonly startNs?: string;
  readonly endNs?: string;
  readonly attributes?: readonly object[];
};

/** A good chat span, but for what is replaced. */
function chat({ spanId, model = "m", startNs, endNs, attributes = [] }: SpanFields = {}): object {
  const id = spanId ?? (++ids).toString(16).padStart(16, "0");
  const endMs = Date.now();
  return {
    traceId: id + id,
    spanId: id,
    name: "chat",
    startTimeUnixNano: startNs ?? `${endMs - 1000}000000`,
    endTimeUnixNano: endNs ?? `${endMs}000000`,
    attributes: [
      { key: "gen_ai.operation.name", value: { stringValue: "chat" } },
      { key: "gen_ai.request.model", value: { stringValue: model } },
      ...attributes,
    ],
  };
}

function traces(...spans: readonly unknown[]): string {
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

function metric(body: object): string {
  return JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [body] }] }] });
}

function gauge(point: object): string {
  return metric({ name: "depth", gauge: { dataPoints: [point] } });
}

function sum(point: object): string {
  const kind = { isMonotonic: true, aggregationTemporality: 2 };
  return metric({ name: "n", sum: { ...kind, dataPoints: [point] } });
}

const nowNs = (): string => `${Date.now()}000000`;
const NS_2100 = "4102444800000000000";
const deep = (levels: number): object =>
  levels === 0 ? { stringValue: "x" } : { arrayValue: { values: [deep(levels - 1)] } };

type Sent = {
  readonly body: string | Uint8Array;
  readonly to?: string;
  readonly gzip?: boolean;
};

function post({ otlp }: Serving, { body, to = "/v1/traces", gzip = false }: Sent) {
  return fetch(otlp + to, {
    method: "POST",
    body,
    headers: {
      "Content-Type":
        typeof body === "string" || gzip ? "application/json" : "application/x-protobuf",
      ...(gzip ? { "Content-Encoding": "gzip" } : {}),
    },
  });
}

const refused = (reason: string): string => `naruko_refused_requests_total{reason="${reason}"}`;
const rejected = (reason: string): string => `naruko_rejected_records_total{reason="${reason}"}`;
const reached = (limit: string): string => `naruko_limit_reached_total{limit="${limit}"}`;
const event = (name: string): string => `naruko_engine_events_total{reason="${name}"}`;

const METRICS = "/v1/metrics";
const TWICE = "ffffffffffffffaa";

/** What is sent, the status, what the answer says, and the counter that moves with it. */
const ROWS: readonly (readonly [string, () => Sent, number, RegExp, string])[] = [
  [
    "deep JSON",
    () => ({ body: "[".repeat(100_000) }),
    400,
    /nested deeper than 272 levels, at byte 272/,
    refused("malformed"),
  ],
  [
    "a deep attribute",
    () => ({ body: traces(chat({ attributes: [{ key: "a", value: deep(200) }] })) }),
    400,
    /nested deeper/,
    refused("malformed"),
  ],
  [
    "a number for a list",
    () => ({ body: `{"resourceSpans":5}` }),
    400,
    /resourceSpans is 5, expected an array/,
    refused("malformed"),
  ],
  [
    "a text for an object",
    () => ({ body: traces("span") }),
    400,
    /spans\[0\] is \\"span\\", expected an object/,
    refused("malformed"),
  ],
  [
    "a map for a list of attributes",
    () => ({ body: traces({ ...chat(), attributes: { a: 1 } }) }),
    400,
    /attributes is an object, expected an array/,
    refused("malformed"),
  ],
  [
    "an id that is none",
    () => ({ body: traces(chat({ spanId: "xyz" })) }),
    400,
    /traceId is \\"xyzxyz\\", expected hexadecimal digits/,
    refused("malformed"),
  ],
  [
    "a time that is no number",
    () => ({ body: traces(chat({ startNs: "NaN" })) }),
    400,
    /startTimeUnixNano is \\"NaN\\", expected an unsigned 64-bit integer/,
    refused("malformed"),
  ],
  [
    "a span that ends before it starts",
    () => ({ body: traces(chat({ startNs: nowNs(), endNs: "1700000000000000000" })) }),
    200,
    /"rejectedSpans":"1","errorMessage":"1 negative-duration"/,
    rejected("negative-duration"),
  ],
  [
    "a span of 1970",
    () => ({ body: traces(chat({ startNs: "1000000000", endNs: "2000000000" })) }),
    200,
    /"errorMessage":"1 year-1970"/,
    rejected("year-1970"),
  ],
  [
    "a span of 2100",
    () => ({ body: traces(chat({ startNs: NS_2100, endNs: NS_2100 })) }),
    200,
    /"errorMessage":"1 far-future"/,
    rejected("far-future"),
  ],
  [
    "a point of 1970",
    () => ({ body: gauge({ timeUnixNano: "1", asDouble: 1 }), to: METRICS }),
    200,
    /"rejectedDataPoints":"1","errorMessage":"1 year-1970"/,
    rejected("year-1970"),
  ],
  [
    "a point of 2100",
    () => ({ body: gauge({ timeUnixNano: NS_2100, asDouble: 1 }), to: METRICS }),
    200,
    /"errorMessage":"1 far-future"/,
    rejected("far-future"),
  ],
  [
    "a counter below 0",
    () => ({ body: sum({ timeUnixNano: nowNs(), asDouble: -1 }), to: METRICS }),
    200,
    /"errorMessage":"1 negative-counter"/,
    rejected("negative-counter"),
  ],
  [
    "a counter that is NaN",
    () => ({ body: sum({ timeUnixNano: nowNs(), asDouble: "NaN" }), to: METRICS }),
    200,
    /"errorMessage":"1 not-a-number"/,
    rejected("not-a-number"),
  ],
  [
    "a text for a value",
    () => ({ body: gauge({ timeUnixNano: nowNs(), asDouble: "much" }), to: METRICS }),
    400,
    /asDouble is \\"much\\", expected a number/,
    refused("malformed"),
  ],
  [
    "a span id twice in a request",
    () => ({ body: traces(chat({ spanId: TWICE }), chat({ spanId: TWICE })) }),
    200,
    /^\{\}$/,
    event("calls_repeat"),
  ],
  [
    "a huge attribute",
    () => ({
      body: traces(
        chat({ attributes: [{ key: "a", value: { stringValue: "x".repeat(500_000) } }] }),
      ),
    }),
    200,
    /^\{\}$/,
    reached("attributeLength"),
  ],
  [
    "more records than a request may have",
    () => ({ body: gzipSync(traces(...Array.from({ length: 2100 }, () => chat()))), gzip: true }),
    200,
    /"rejectedSpans":"100","errorMessage":"100 records-limit"/,
    rejected("records-limit"),
  ],
  [
    "a body over the limit",
    () => ({ body: " ".repeat(1_000_001) }),
    413,
    /more than 1000000 bytes \(limit bodyBytes\)/,
    reached("bodyBytes"),
  ],
  [
    "a bomb",
    () => ({ body: gzipSync(Buffer.alloc(50_000_000, " ")), gzip: true }),
    413,
    /more than 4000000 bytes \(limit inflatedBytes\)/,
    reached("inflatedBytes"),
  ],
];

/** The server answers, takes good telemetry, and met no bug of its own. */
async function checkAlive(server: Serving): Promise<void> {
  assert.equal((await fetch(`${server.http}/-/healthy`)).status, 200);
  const before = await metrics(server);
  const response = await post(server, { body: traces(chat()) });
  assert.equal(await response.text(), "{}");
  const after = await metrics(server);
  assert.equal(after(event("calls_first")), before(event("calls_first")) + 1);
  assert.equal(after("naruko_engine_faults_total"), 0);
  assert.equal(after(`naruko_http_requests_total{port="otlp-http",code="500"}`), 0);
}

test("what is wrong with a request is said and counted, and the server goes on", async (t) => {
  const server = await serve(t);
  for (const [name, sent, status, says, counter] of ROWS) {
    const before = await metrics(server);
    const response = await post(server, sent());
    assert.match(await response.text(), says, name);
    assert.equal(response.status, status, name);
    assert.ok((await metrics(server))(counter) > before(counter), `${name} moves ${counter}`);
  }
  await checkAlive(server);
});

/** Numbers that look like chance and are the same each time (the "minimal standard" generator). */
function* numbers(): Generator<number, never> {
  for (let state = 1; ;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state;
  }
}

test("cut and random protobuf is taken as far as it makes sense, or refused with the place", async (t) => {
  const server = await serve(t);
  const message = JSON.parse(traces(chat({ model: "gpt-5" }))) as Record<string, unknown>;
  const whole = oracleEncode("TraceRequest", message);
  const bodies = Array.from(whole, (_, length) => whole.subarray(0, length));
  const chance = numbers();
  for (let i = 0; i < 200; i++) {
    const random = Uint8Array.from({ length: 1 + (chance.next().value % 300) }, () => {
      return chance.next().value & 0xff;
    });
    const changed = whole.slice();
    changed[chance.next().value % whole.length] = chance.next().value & 0xff;
    bodies.push(random, changed);
  }
  let malformed = 0;
  for (const body of bodies) {
    const response = await post(server, { body });
    const answer = Buffer.from(await response.arrayBuffer()).toString("latin1");
    if (response.status === 200) continue;
    assert.equal(response.status, 400, Buffer.from(body).toString("hex"));
    assert.match(answer, /byte \d+/);
    malformed++;
  }
  assert.ok(malformed > bodies.length / 2);
  assert.equal((await metrics(server))(refused("malformed")), malformed);
  await checkAlive(server);
});

/** Sends bytes on a connection of its own, and resolves to what comes back until its end. */
function exchange({ otlp }: Serving, bytes: string, end: "hang-up" | "wait"): Promise<string> {
  const { hostname, port } = new URL(otlp);
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes, () => {
        if (end === "hang-up") socket.destroy();
      });
    });
    socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
    // A reset is an end like another.
    socket
      .on("error", () => undefined)
      .on("close", () => {
        resolve(answer);
      });
  });
}

test("a body that is cut off or comes too slowly holds nothing up", async (t) => {
  const server = await serve(t);
  const { host } = new URL(server.otlp);
  const head = `POST /v1/traces HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n`;
  const begun = `${head}Content-Length: 1000\r\n\r\n{"resourceSpans":[`;
  await exchange(server, begun, "hang-up");
  const chunks = `${head}Transfer-Encoding: chunked\r\n\r\nF4240\r\n${" ".repeat(1_000_000)}\r\n1\r\n \r\n`;
  assert.match(await exchange(server, chunks, "wait"), /^HTTP\/1.1 413 /);
  assert.match(await exchange(server, begun, "wait"), /^HTTP\/1.1 408 /);
  assert.ok((await metrics(server))(reached("requestMs")) > 0);
  assert.equal((await metrics(server))("naruko_in_flight_bytes"), 0);
  await checkAlive(server);
});

test("100,000 values of a label are held by few series, and totals stay right", async (t) => {
  const server = await serve(t);
  for (let from = 0; from < 100_000; from += 2000) {
    const spans = Array.from({ length: 2000 }, (_, i) => chat({ model: `model-${from + i}` }));
    const response = await post(server, { body: gzipSync(traces(...spans)), gzip: true });
    assert.equal(await response.text(), "{}");
  }
  const count = "llm_operation_duration_seconds_count";
  assert.equal(await query(server, `sum(${count})`), 100_000);
  assert.equal(await query(server, `count(${count})`), LIMITS.valuesPerLabel + 1);
  assert.ok((await query(server, `sum(${count}{model="_other"})`)) > 99_000);
  const counted = await metrics(server);
  assert.ok(counted(reached("valuesPerLabel")) > 99_000);
  assert.ok(counted("naruko_series") < 20_000);
  await checkAlive(server);
});
