import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import {
  requestV2,
  type SentSeries,
  snappyBlock,
  writeRequest,
} from "@naruko/core/testing/remote-write-messages";
import type { NativeHistogram } from "@naruko/core/model/sample";
import { STALE } from "@naruko/core/model/sample";
import { serveNaruko, type Serving } from "../testing/serve-naruko.ts";

const V1_TYPE = "application/x-protobuf";
const V2_TYPE = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
const INGEST = "an-ingest-token";
const ADMIN = "an-admin-token";
const LIMITS = { bodyBytes: 100_000, inflatedBytes: 200_000, recordsPerRequest: 100 };

async function serve(t: TestContext, config: object = { limits: LIMITS }): Promise<Serving> {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-remote-write-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = path.join(folder, "naruko.yml");
  writeFileSync(file, JSON.stringify(config));
  return serveNaruko(t, "--config", file, "--data", path.join(folder, "data"));
}

type Sent = {
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
};

async function send(serving: Serving, sent: Sent): Promise<Response> {
  const { body, headers = {}, method = "POST" } = sent;
  return fetch(`${serving.http}/api/v1/write`, {
    method,
    headers: { "Content-Type": V1_TYPE, "Content-Encoding": "snappy", ...headers },
    ...(method === "GET" ? {} : { body: Uint8Array.from(body) }),
  });
}

/** How many samples, histograms and exemplars the answer says were written. */
function written(response: Response): readonly (string | null)[] {
  return ["Samples", "Histograms", "Exemplars"].map((what) =>
    response.headers.get(`X-Prometheus-Remote-Write-${what}-Written`),
  );
}

async function valueOf({ http }: Serving, query: string): Promise<string | undefined> {
  const response = await fetch(`${http}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await response.json()) as {
    data: { result: { value?: [number, string] }[] };
  };
  return data.result[0]?.value?.[1];
}

const histogram: NativeHistogram = {
  counterReset: "unknown",
  schema: 0,
  zeroThreshold: 0.001,
  zeroCount: 0,
  count: 4,
  sum: 6,
  positiveSpans: [{ offset: 0, length: 2 }],
  positiveBuckets: [1, 3],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [],
};

function series(name: string, ...samples: NonNullable<SentSeries["samples"]>): SentSeries {
  return { labels: [["__name__", name]], samples };
}

test("both messages are written, queried and answered with what was written", async (t) => {
  const serving = await serve(t);
  const at = Date.now() - 1000;
  const one = (name: string): SentSeries[] => [
    {
      labels: [["__name__", name]],
      samples: [
        { at, value: 1 },
        { at: at + 1, value: 2.5 },
      ],
      exemplars: [{ labels: [["trace_id", "abc"]], value: 1, at }],
    },
    {
      labels: [["__name__", `${name}_seconds`]],
      histograms: [
        { at, value: histogram, whole: true },
        { at: at + 1, value: STALE, whole: true },
      ],
    },
  ];
  const v1 = await send(serving, { body: snappyBlock(writeRequest(one("first"))) });
  const headers = { "Content-Type": V2_TYPE };
  const v2 = await send(serving, { body: snappyBlock(requestV2(one("second"))), headers });
  for (const response of [v1, v2]) {
    assert.equal(response.status, 204);
    assert.deepEqual(written(response), ["2", "2", "1"]);
  }
  for (const name of ["first", "second"]) {
    assert.equal(await valueOf(serving, name), "2.5");
    assert.equal(await valueOf(serving, `count(${name}_seconds)`), undefined);
    assert.equal(await valueOf(serving, `timestamp(${name})`), String((at + 1) / 1000));
  }
});

test("a request that is sent again, because its answer was lost, is taken again", async (t) => {
  const serving = await serve(t);
  const body = snappyBlock(writeRequest([series("up", { at: Date.now(), value: 1 })]));
  for (let i = 0; i < 3; i++) {
    const response = await send(serving, { body });
    assert.equal(response.status, 204);
    assert.deepEqual(written(response), ["1", "0", "0"]);
  }
  assert.equal(await valueOf(serving, "count_over_time(up[1h])"), "1");
});

test("what cannot be written is told with its reasons, and the rest is written", async (t) => {
  const serving = await serve(t);
  const at = Date.now();
  const request = requestV2([
    series("good", { at, value: 1 }, { at, value: 2 }, { at: at - 3 * 3_600_000, value: 1 }),
    { labels: [["job", "nameless"]], samples: [{ at, value: 1 }] },
    {
      labels: [["__name__", "bad_histogram"]],
      histograms: [{ at, value: { ...histogram, schema: 12 }, whole: true }],
    },
  ]);
  const response = await send(serving, {
    body: snappyBlock(request),
    headers: { "Content-Type": V2_TYPE },
  });
  assert.equal(response.status, 400);
  assert.deepEqual(written(response), ["1", "0", "0"]);
  assert.equal(
    await response.text(),
    "not written: 1 metric-name, 1 histogram-schema, 1 duplicate, 1 too-old; all else is\n",
  );
  assert.equal(await valueOf(serving, "good"), "1");
  const metrics = await (await fetch(`${serving.http}/metrics`)).text();
  assert.match(metrics, /naruko_rejected_records_total\{reason="histogram-schema"\} 1/);
  assert.match(metrics, /naruko_engine_events_total\{reason="rejected_samples_duplicate"\} 1/);
  assert.match(metrics, /naruko_received_records_total\{signal="remote-write-samples"\} 1/);
});

test("metadata reaches the API, also where it comes alone", async (t) => {
  const serving = await serve(t);
  const help = "Is it up?";
  const body = snappyBlock(writeRequest([], [{ name: "up", type: "gauge", help, unit: "" }]));
  for (let i = 0; i < 2; i++) assert.equal((await send(serving, { body })).status, 204);
  const response = await fetch(`${serving.http}/api/v1/metadata?metric=up`);
  const { data } = (await response.json()) as { data: unknown };
  assert.deepEqual(data, { up: [{ type: "gauge", help, unit: "" }] });
});

const good = snappyBlock(writeRequest([series("up", { at: 1_700_000_000_000, value: 1 })]));
/** 2^31 bytes, it says. */
const bomb = Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x08, 0);

/** What is sent, and how it is refused. */
const refusals: readonly (readonly [string, Sent, number, RegExp])[] = [
  ["GET", { body: good, method: "GET" }, 405, /use POST/],
  [
    "JSON",
    { body: good, headers: { "Content-Type": "application/json" } },
    415,
    /expected Content-Type/,
  ],
  [
    "another message",
    {
      body: good,
      headers: { "Content-Type": "application/x-protobuf;proto=prometheus.ReadRequest" },
    },
    415,
    /expected Content-Type/,
  ],
  [
    "gzip",
    { body: good, headers: { "Content-Encoding": "gzip" } },
    415,
    /expected Content-Encoding snappy/,
  ],
  ["no snappy", { body: Uint8Array.of(1, 2, 3) }, 400, /no block of snappy/],
  ["a bomb", { body: bomb }, 413, /limit inflatedBytes/],
  ["a large body", { body: new Uint8Array(100_001) }, 413, /limit bodyBytes/],
  ["no protobuf", { body: snappyBlock(Uint8Array.of(10, 200)) }, 400, /field 1 \(timeseries\)/],
  [
    "another origin",
    { body: good, headers: { Origin: "http://evil.example" } },
    403,
    /another origin/,
  ],
];
test("what is no remote write is refused", async (t) => {
  const serving = await serve(t);
  for (const [name, sent, status, reason] of refusals) {
    await t.test(`${name}: ${status}`, async () => {
      const response = await send(serving, sent);
      assert.equal(response.status, status);
      assert.match(await response.text(), reason);
      assert.deepEqual(written(response), [null, null, null]);
    });
  }
});

test("writing needs the token of senders, and no other", async (t) => {
  const auth = { ingest_token: INGEST, admin_token: ADMIN };
  const serving = await serve(t, { auth });
  const body = snappyBlock(writeRequest([series("up", { at: Date.now(), value: 1 })]));
  const statuses = [];
  for (const token of [undefined, ADMIN, INGEST]) {
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
    const { status } = await send(serving, { body, headers });
    statuses.push(status);
  }
  assert.deepEqual(statuses, [401, 401, 204]);
  const query = await fetch(`${serving.http}/api/v1/query?query=up`, {
    headers: { Authorization: `Bearer ${INGEST}` },
  });
  assert.equal(query.status, 401);
});

test("a full queue answers 503 with the time to wait", async (t) => {
  const serving = await serve(t, { limits: { ...LIMITS, queueBytes: 10 } });
  const body = snappyBlock(writeRequest([series("up", { at: Date.now(), value: 1 })]));
  const response = await send(serving, { body });
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("Retry-After"), "5");
  assert.match(await response.text(), /limit queueBytes/);
});
