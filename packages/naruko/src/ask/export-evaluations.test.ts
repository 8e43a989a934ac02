// An exporter over real sockets, and a clock that stands still until it is moved.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type TestContext } from "node:test";
import type { Evaluation } from "@naruko/core/model/evaluation";
import { epochMs } from "@naruko/core/model/time";
import type { EvaluationExport } from "../config/judge-schema.ts";
import { readConfig } from "../config/load-config.ts";
import { parseYaml } from "../config/parse-yaml.ts";
import { VirtualClock } from "../drive/virtual-clock.ts";
import { until } from "../testing/scraping.ts";
import { EvaluationExporter } from "./export-evaluations.ts";

type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};
type Got = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly names: string[];
};

function configOf(url: string, keys: string): EvaluationExport {
  const text = `judge:
  endpoint: { model: m, api_key: k }
  export: { url: '${url}', ${keys} }
`;
  const found = readConfig(parseYaml("naruko.yml", text)).config.judge?.export;
  assert.ok(found);
  return found;
}

/** An exporter to a receiver that answers in turn as it is told; the last answer again and again. */
async function exporting(t: TestContext, answers: readonly Answer[], path = "", keys = "") {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString();
      const names = [...body.matchAll(/"gen_ai.evaluation.name","value":\{"stringValue":"(\w+)"/g)];
      got.push({
        path: request.url ?? "",
        headers: request.headers,
        names: names.map(([, name = ""]) => name),
      });
      const answer = answers[Math.min(got.length, answers.length) - 1];
      if (answer === undefined) return;
      response.writeHead(answer.status, answer.headers).end(answer.body ?? "{}");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const clock = new VirtualClock(0);
  const told: unknown[] = [];
  const exporter = new EvaluationExporter(configOf(`http://127.0.0.1:${port}${path}`, keys), {
    clock,
    report: (event, details) => told.push([event, details["reason"]]),
    version: "0.1.0",
    folder: ".",
  });
  let now = 0;
  /** Moves the clock, and waits until so many requests have come and been dealt with. */
  const move = async (ms: number, requests: number): Promise<void> => {
    now += ms;
    await clock.runTo(now, () => Promise.resolve());
    await until(() => {
      const { sent, refused, retries } = exporter.counts;
      return got.length >= requests && (sent + refused + retries > 0 || requests === 0);
    });
    await new Promise(setImmediate);
  };
  return { exporter, got, told, clock, move };
}

function verdicts(count: number, name = "a"): readonly Evaluation[] {
  return Array.from({ length: count }, () => ({ name, at: epochMs(1), score: 1, service: "shop" }));
}

const OK: Answer = { status: 200 };

test("verdicts wait a second for others, and go together", async (t) => {
  const { exporter, got, move } = await exporting(t, [OK], "", "headers: { x-team: ours }");
  exporter.add(verdicts(1));
  exporter.add(verdicts(2, "b"));
  await move(999, 0);
  assert.equal(got.length, 0);
  await move(1, 1);
  assert.deepEqual(got[0]?.names, ["a", "b", "b"]);
  assert.equal(got[0].path, "/v1/logs");
  assert.equal(got[0].headers["content-type"], "application/json");
  assert.equal(got[0].headers["x-team"], "ours");
  assert.deepEqual(exporter.counts, { sent: 3, refused: 0, dropped: 0, requests: 1, retries: 0 });
  await exporter.stop();
});

for (const [path, asked] of [
  ["/", "/v1/logs"],
  ["/otlp/", "/otlp/v1/logs"],
  ["/v1/logs", "/v1/logs"],
] as const) {
  test(`a base of ${path} is asked at ${asked}`, async (t) => {
    const { exporter, got, move } = await exporting(t, [OK], path);
    exporter.add(verdicts(1));
    await move(1000, 1);
    assert.equal(got[0]?.path, asked);
    await exporter.stop();
  });
}

test("a full batch leaves at once, and the rest after it", async (t) => {
  const { exporter, got, move } = await exporting(t, [OK]);
  exporter.add(verdicts(1100));
  await move(0, 1);
  await until(() => exporter.counts.sent === 512);
  await move(0, 2);
  await until(() => exporter.counts.sent === 1024);
  await move(1000, 3);
  await until(() => exporter.counts.sent === 1100);
  assert.deepEqual(
    got.map(({ names }) => names.length),
    [512, 512, 76],
  );
  await exporter.stop();
});

test("what the receiver cannot take is sent again, later each time, and told once", async (t) => {
  const { exporter, got, told, move } = await exporting(t, [
    { status: 503 },
    { status: 503 },
    { status: 429, headers: { "retry-after": "30" } },
    OK,
  ]);
  exporter.add(verdicts(2));
  await move(1000, 1);
  assert.match(exporter.fault ?? "", /503/);
  await move(999, 1);
  assert.equal(got.length, 1);
  await move(1, 2);
  await until(() => exporter.counts.retries === 2);
  // More that come do not cut the pause short.
  exporter.add(verdicts(600, "b"));
  await move(1999, 2);
  assert.equal(got.length, 2);
  await move(1, 3);
  await until(() => exporter.counts.retries === 3);
  await move(29_999, 3);
  assert.equal(got.length, 3);
  await move(1, 4);
  await until(() => exporter.counts.sent === 512);
  assert.deepEqual(got[3]?.names.slice(0, 3), ["a", "a", "b"]);
  assert.equal(exporter.fault, undefined);
  assert.deepEqual(told, [
    ["verdicts wait to be exported", "answered 503"],
    ["verdicts wait to be exported", "answered 429"],
  ]);
  await exporter.stop();
});

test("what the receiver refuses is counted, and not sent again", async (t) => {
  const { exporter, got, move } = await exporting(t, [
    { status: 400 },
    { status: 200, body: '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"no"}}' },
    { status: 200, body: '{"partialSuccess":{"rejectedLogRecords":1}}' },
    { status: 200, body: '{"partialSuccess":{"rejectedLogRecords":"many"}}' },
    { status: 200, body: '{"partialSuccess":{"rejectedLogRecords":99}}' },
  ]);
  for (const [i, refused] of [3, 5, 6, 6, 9].entries()) {
    exporter.add(verdicts(3));
    await move(1000, i + 1);
    await until(() => exporter.counts.sent + exporter.counts.refused === (i + 1) * 3);
    assert.equal(exporter.counts.refused, refused);
  }
  assert.equal(got.length, 5);
  await exporter.stop();
});

test("no more wait than there is room for, and nothing is uncounted", async (t) => {
  const { exporter, move } = await exporting(t, [{ status: 503 }]);
  for (let i = 0; i < 101; i++) exporter.add(verdicts(100));
  assert.equal(exporter.waiting, 10_000);
  assert.equal(exporter.counts.dropped, 100);
  await move(0, 1);
  await exporter.stop();
  exporter.add(verdicts(1));
  assert.equal(exporter.counts.dropped, 10_101);
  assert.equal(exporter.waiting, 0);
});

test("a stop sends what waits", async (t) => {
  const { exporter, got } = await exporting(t, [OK]);
  exporter.add(verdicts(500));
  exporter.add(verdicts(3));
  await exporter.stop();
  assert.deepEqual(
    got.map(({ names }) => names.length),
    [503],
  );
  assert.equal(exporter.counts.sent, 503);
  assert.equal(exporter.counts.dropped, 0);
});

test("a stop does not wait for a receiver that does not answer", async (t) => {
  const { exporter, got, clock } = await exporting(t, []);
  exporter.add(verdicts(1));
  await clock.runTo(1000, () => Promise.resolve());
  await until(() => got.length === 1);
  await exporter.stop();
  assert.equal(exporter.counts.dropped, 1);
});
