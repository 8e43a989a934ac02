import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import test, { type TestContext } from "node:test";
import { Exporter } from "./exporter.ts";
import { OwnMeter } from "./own-meter.ts";

/** Answers each request with the next status (the last one is repeated), 0 never. */
async function server(
  t: TestContext,
  statuses: readonly number[],
): Promise<{ readonly endpoint: string; readonly got: { path: string; body: string }[] }> {
  const got: { path: string; body: string }[] = [];
  const listener = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const status = statuses[Math.min(got.length, statuses.length - 1)] ?? 200;
      got.push({ path: `${request.headers.authorization ?? ""} ${request.url ?? ""}`, body });
      if (status !== 0) response.writeHead(status).end("{}");
    });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  t.after(async () => {
    const closed = once(listener, "close");
    listener.close();
    listener.closeAllConnections();
    await closed;
  });
  const address = listener.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { endpoint: `http://127.0.0.1:${port}/base/`, got };
}

function exporterTo(t: TestContext, endpoint: string): { exporter: Exporter; meter: OwnMeter } {
  const meter = new OwnMeter();
  const exporter = new Exporter(
    {
      endpoint,
      headers: { authorization: "Bearer t" },
      resource: { "service.name": "shop" },
      scope: { name: "s", version: "1", schemaUrl: "u" },
      // Nothing is sent but by `flush`.
      delays: { recordsMs: 3_600_000, metricsMs: 3_600_000 },
    },
    meter,
  );
  t.after(() => {
    exporter.close();
  });
  return { exporter, meter };
}

const LONG_MS = 20_000;

test("each signal goes to its own path, with the headers that were asked for", async (t) => {
  const { endpoint, got } = await server(t, [200]);
  const { exporter, meter } = exporterTo(t, endpoint);
  exporter.add("Spans", '{"name":"a"}');
  exporter.add("Logs", '{"eventName":"b"}');
  meter.createCounter("c").add(1);
  assert.equal(exporter.pending, true);
  await exporter.flush(LONG_MS);
  assert.deepEqual(
    got.map(({ path }) => path),
    ["/base/v1/logs", "/base/v1/traces", "/base/v1/metrics"].map((path) => `Bearer t ${path}`),
  );
  const [, traces] = got.map(({ body }) => JSON.parse(body) as unknown);
  assert.deepEqual(traces, {
    resourceSpans: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
        scopeSpans: [
          { scope: { name: "s", version: "1" }, schemaUrl: "u", spans: [{ name: "a" }] },
        ],
      },
    ],
  });
  assert.deepEqual(exporter.counts(), { sent: 2, dropped: 0, refused: 0, waiting: 0 });
  assert.equal(exporter.pending, false);
});

/** statuses of the answers · flushes · what became of two spans */
const outcomes: readonly (readonly [readonly number[], number, object])[] = [
  [[200], 1, { sent: 2, refused: 0, waiting: 0 }],
  [[500], 1, { sent: 0, refused: 0, waiting: 2 }],
  [[429, 503, 200], 3, { sent: 2, refused: 0, waiting: 0 }],
  [[400], 1, { sent: 0, refused: 2, waiting: 0 }],
  [[401], 2, { sent: 0, refused: 2, waiting: 0 }],
];

for (const [statuses, flushes, expected] of outcomes) {
  test(`answers ${statuses.join(", ")} to ${flushes} tries`, async (t) => {
    const { endpoint, got } = await server(t, statuses);
    const { exporter } = exporterTo(t, endpoint);
    exporter.add("Spans", "{}");
    exporter.add("Spans", "{}");
    for (let n = 0; n < flushes; n += 1) await exporter.flush(LONG_MS);
    assert.deepEqual(exporter.counts(), { dropped: 0, ...expected });
    assert.equal(got.length, Math.min(flushes, statuses.length));
  });
}

test("metrics that could not be delivered are due again", async (t) => {
  const { endpoint, got } = await server(t, [503, 200]);
  const { exporter, meter } = exporterTo(t, endpoint);
  meter.createCounter("c").add(5);
  await exporter.flush(LONG_MS);
  assert.equal(exporter.pending, true);
  await exporter.flush(LONG_MS);
  assert.equal(exporter.pending, false);
  assert.equal(got.length, 2);
  assert.match(got[1]?.body ?? "", /"asDouble":5/);
});

test("a server that never answers holds a flush no longer than it may be held", async (t) => {
  const { endpoint } = await server(t, [0]);
  const { exporter } = exporterTo(t, endpoint);
  exporter.add("Spans", "{}");
  await exporter.flush(20);
  assert.equal(exporter.counts().waiting, 1);
});

test("an absent server: the newest are dropped beyond the limit, and counted", async (t) => {
  const { exporter } = exporterTo(t, "http://127.0.0.1:9");
  for (let n = 0; n < 6000; n += 1) exporter.add("Spans", "{}");
  await exporter.flush(LONG_MS);
  assert.deepEqual(exporter.counts(), { sent: 0, dropped: 1904, refused: 0, waiting: 4096 });
});

test("many records go in many requests, none twice", async (t) => {
  const { endpoint, got } = await server(t, [200]);
  const { exporter } = exporterTo(t, endpoint);
  for (let n = 0; n < 1300; n += 1) exporter.add("Spans", `{"n":${n}}`);
  await exporter.flush(LONG_MS);
  const sent = got.flatMap(({ body }) =>
    [...body.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n)),
  );
  assert.deepEqual(
    sent,
    Array.from({ length: 1300 }, (_, n) => n),
  );
  assert.equal(got.length, 3);
});

test("nothing is taken after the end", async (t) => {
  const { exporter } = exporterTo(t, "http://127.0.0.1:9");
  exporter.close();
  exporter.add("Spans", "{}");
  assert.equal(exporter.counts().waiting, 0);
  await exporter.flush(LONG_MS);
});
