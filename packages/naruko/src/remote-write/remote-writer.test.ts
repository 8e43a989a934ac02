// A writer over real sockets, a real mark file, and a clock that stands still until it is moved.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import type { Input } from "@naruko/core/model/engine-io";
import { formatLabels, labels, labelValue, type Labels } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { SeriesSlice } from "@naruko/core/model/reader";
import { setStale, type NativeHistogram } from "@naruko/core/model/sample";
import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import { decodeWrite, type DecodedWrite } from "@naruko/core/receive/remote-write/decode-write";
import { snappyDecompressed } from "@naruko/core/receive/remote-write/snappy";
import { readConfig } from "../config/load-config.ts";
import { parseYaml } from "../config/parse-yaml.ts";
import { VirtualClock } from "../drive/virtual-clock.ts";
import { startTarget } from "../testing/scraping.ts";
import { RemoteWriter } from "./remote-writer.ts";
import type { SampleSource } from "./sample-source.ts";
import { markFile } from "./sent-mark.ts";

const METADATA = { name: "a", type: "counter", help: "h", unit: "" } as const;

/** What is stored, by the text of its labels; seconds stand for times. */
class Stored implements SampleSource {
  readonly #series = new Map<
    string,
    { readonly labels: Labels; readonly samples: Map<number, number | "stale" | NativeHistogram> }
  >();
  readonly #inputs: Input[] = [];
  tickS = 0;
  seq = 0;

  add(
    of: Record<string, string>,
    atS: number,
    value: number | "stale" | NativeHistogram,
    arrival?: "received" | "point",
  ): void {
    const own = labels({ __name__: "a", ...of });
    const known = this.#series.get(own.key) ?? { labels: own, samples: new Map() };
    known.samples.set(atS, value);
    this.#series.set(own.key, known);
    this.seq++;
    if (arrival === undefined || typeof value !== "number") return;
    const at = epochMs(atS * SECOND_MS);
    const series = [{ labels: own, samples: [{ at, value }], exemplars: [] }];
    const points = [{ labels: own, at, service: "s", type: "gauge", value } as const];
    const brought = arrival === "point" ? { points } : { points: [], series };
    const telemetry = { calls: [], evaluations: [], ...brought };
    this.#inputs.push({
      seq: this.seq,
      at: epochMs(this.tickS * SECOND_MS),
      kind: "telemetry",
      telemetry,
    });
  }

  /** A tick was applied. */
  ticked(atS: number): void {
    this.#inputs.push({ seq: ++this.seq, at: epochMs(atS * SECOND_MS), kind: "tick" });
  }

  position() {
    return { seq: this.seq, tick: epochMs(this.tickS * SECOND_MS) };
  }

  window(from: number, to: number) {
    const slices: SeriesSlice[] = [];
    for (const { labels: own, samples } of this.#series.values()) {
      const within = [...samples]
        .toSorted(([a], [b]) => a - b)
        .filter(([s]) => s * SECOND_MS > from && s * SECOND_MS <= to);
      if (within.length === 0) continue;
      const values = Float64Array.from(within, ([, value]) =>
        typeof value === "number" ? value : NaN,
      );
      for (const [i, [, value]] of within.entries()) if (value === "stale") setStale(values, i);
      const histograms = within.map(([, value]) => (typeof value === "object" ? value : undefined));
      const isNative = histograms.some((one) => one !== undefined);
      slices.push({
        labels: own,
        times: Float64Array.from(within, ([s]) => s * SECOND_MS),
        values,
        ...(isNative && { histograms }),
      });
    }
    const names = [...new Set(slices.map((slice) => labelValue(slice.labels, "__name__")))];
    const samples = (name: string) =>
      Promise.resolve(slices.filter((slice) => labelValue(slice.labels, "__name__") === name));
    return Promise.resolve({ names, samples });
  }

  async *inputsAfter(seq: number) {
    await Promise.resolve();
    yield* this.#inputs.filter((input) => input.seq > seq);
  }

  metadata() {
    return [METADATA];
  }

  exemplars(from: number, to: number) {
    const at = epochMs(11 * SECOND_MS);
    const exemplar = { labels: labels({ trace_id: "x" }), value: 3, at };
    return from < at && at <= to
      ? [{ labels: labels({ __name__: "a" }), exemplars: [exemplar] }]
      : [];
  }
}

type Answering = (
  write: DecodedWrite,
  count: number,
) => { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

/** A writer to a remote that answers as it is told, from 10 s on. */
async function writing(t: TestContext, keys = "", answering: Answering = () => ({ status: 204 })) {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-writer-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const taken: string[] = [];
  const metadata: DecodedWrite["metadata"][] = [];
  const exemplars: string[] = [];
  const asked: number[] = [];
  let answer = answering;
  const clock = new VirtualClock(10 * SECOND_MS);
  const receive = async (request: IncomingMessage): Promise<ReturnType<Answering>> => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const isV2 = request.headers["content-type"]?.includes("v2") === true;
    const message = isV2 ? "io.prometheus.write.v2.Request" : "prometheus.WriteRequest";
    const write = decodeWrite(snappyDecompressed(Buffer.concat(parts)), message, DEFAULT_LIMITS);
    if (write.series.length > 0) asked.push(clock.wallMs());
    const given = answer(write, asked.length);
    if (write.metadata.length > 0) metadata.push(write.metadata);
    for (const { labels: of, exemplars: its } of write.series) {
      for (const one of its) {
        const what = `${formatLabels(one.labels)} ${one.value} @${one.at / SECOND_MS}`;
        exemplars.push(`${formatLabels(of)} ${what}`);
      }
    }
    if (given.status < 300) taken.push(...write.series.flatMap(lines));
    return given;
  };
  const target = await startTarget(t, (request, response) => {
    void receive(request).then(({ status, headers, body }) =>
      response.writeHead(status, headers).end(body),
    );
  });
  const text = `remote_write: [{ url: "http://${target.address}/write", ${keys} }]`;
  const [config] = readConfig(parseYaml("naruko.yml", text)).config.remote_write;
  assert.ok(config);
  const stored = new Stored();
  stored.tickS = 10;
  const reports: string[] = [];
  let through = 0;
  const start = (): RemoteWriter => {
    const file = markFile(folder, "a");
    return new RemoteWriter(config, {
      source: stored,
      marks: {
        read: async () => {
          const mark = await file.read();
          through = mark?.through ?? 0;
          return mark;
        },
        write: async (mark) => {
          await file.write(mark);
          through = mark.through;
        },
      },
      clock,
      intervalMs: SECOND_MS,
      now: () => epochMs(clock.wallMs()),
      report: (event, { reason, error }) => reports.push(`${event}: ${String(reason ?? error)}`),
      version: "0",
      folder: ".",
    });
  };
  let writer = start();
  t.after(() => writer.stop());
  // Time runs as fast as the writer waits for it.
  const reach = async (holds: () => boolean): Promise<void> => {
    const signal = AbortSignal.timeout(20_000);
    while (!holds()) {
      signal.throwIfAborted();
      await clock.runTo(clock.wallMs() + 10, () => Promise.resolve());
      await new Promise(setImmediate);
    }
  };
  await reach(() => through === 10 * SECOND_MS);
  return {
    stored,
    taken,
    asked,
    metadata,
    exemplars,
    reports,
    requests: target.requests,
    reach,
    answer: (next: Answering) => (answer = next),
    counts: () => writer.counts,
    writer: () => writer,
    /** Moves to a tick and waits until everything until then was dealt with. */
    tick: async (seconds: number) => {
      stored.tickS = seconds;
      await reach(() => through === seconds * SECOND_MS);
    },
    restart: async () => {
      await writer.stop();
      writer = start();
    },
  };
}

function lines({ labels: own, samples }: DecodedWrite["series"][number]): string[] {
  return samples.map(
    ({ at, value }) =>
      `${formatLabels(own)} ${typeof value === "object" ? "native" : value} @${at / SECOND_MS}`,
  );
}

test("what is stored after the start is sent once, in the order of each series", async (t) => {
  const { stored, tick, taken, requests, metadata, counts } = await writing(t);
  stored.add({ x: "1" }, 5, 5);
  stored.add({ x: "1" }, 11, 1);
  stored.add({ x: "1" }, 12, 2);
  stored.add({ x: "2" }, 12, 3);
  await tick(12);
  stored.add({ x: "1" }, 13, "stale");
  stored.add({ x: "2" }, 13, NaN);
  await tick(13);
  await tick(14);
  assert.deepEqual(taken, [
    'a{x="1"} 5 @5',
    'a{x="1"} 1 @11',
    'a{x="1"} 2 @12',
    'a{x="2"} 3 @12',
    'a{x="1"} stale @13',
    'a{x="2"} NaN @13',
  ]);
  assert.deepEqual(metadata, [[METADATA]]);
  assert.deepEqual([counts().sent, counts().refused, counts().retries], [6, 0, 0]);
  const { headers, url } = requests.at(-1) ?? {};
  assert.deepEqual(
    [
      url,
      headers?.["content-type"],
      headers?.["content-encoding"],
      headers?.["x-prometheus-remote-write-version"],
    ],
    ["/write", "application/x-protobuf", "snappy", "0.1.0"],
  );
});

test("version 2.0 tells metadata with its series, and headers of the user's own are sent", async (t) => {
  const keys =
    "protobuf_message: io.prometheus.write.v2.Request, headers: { X-Scope: a }, basic_auth: { username: u, password: p }";
  const { stored, tick, taken, requests, metadata } = await writing(t, keys);
  stored.add({}, 11, 1);
  await tick(11);
  assert.deepEqual([taken, metadata], [["a 1 @11"], [[METADATA]]]);
  const { headers } = requests[0] ?? {};
  assert.deepEqual(
    [
      headers?.["content-type"],
      headers?.["x-prometheus-remote-write-version"],
      headers?.["x-scope"],
      headers?.authorization,
    ],
    ["application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0", "a", "Basic dTpw"],
  );
});

test("a series that always comes late is not behind the others' time", async (t) => {
  const { stored, tick, taken } = await writing(t);
  stored.add({ x: "late" }, 1, 1);
  stored.add({ x: "new" }, 11, 1);
  await tick(11);
  stored.add({ x: "late" }, 3, 3);
  stored.add({ x: "new" }, 12, 2);
  await tick(12);
  assert.deepEqual(taken.slice(2), ['a{x="late"} 3 @3', 'a{x="new"} 2 @12']);
});

test("what arrives from long before the last round is sent too, also after a restart", async (t) => {
  const { stored, tick, taken, writer, restart } = await writing(t);
  stored.add({ x: "cut off" }, 11, 1);
  await tick(11);
  stored.add({ x: "1" }, 1000, 1);
  await tick(1000);
  stored.add({ x: "cut off" }, 12, 2);
  writer().arrived(12 * SECOND_MS);
  stored.add({ x: "1" }, 1001, 2);
  await tick(1001);
  stored.add({ x: "cut off" }, 13, 3, "received");
  await restart();
  await tick(1002);
  assert.deepEqual(taken, [
    'a{x="cut off"} 1 @11',
    'a{x="1"} 1 @1000',
    'a{x="cut off"} 2 @12',
    'a{x="1"} 2 @1001',
    'a{x="cut off"} 3 @13',
  ]);
});

test("a batch has at most so many samples, and a long absence is caught up with in rounds", async (t) => {
  const { stored, tick, taken, asked } = await writing(
    t,
    "queue_config: { max_samples_per_send: 3 }, metadata_config: { send: false }",
  );
  for (let at = 11; at <= 17; at++) stored.add({}, at, at);
  stored.add({ x: "1" }, 17, 0);
  await tick(17);
  assert.equal(asked.length, 3);
  for (let at = 100; at <= 1000; at += 100) stored.add({}, at, at);
  await tick(1000);
  assert.deepEqual(
    taken.slice(8),
    Array.from({ length: 10 }, (_, i) => `a ${(i + 1) * 100} @${(i + 1) * 100}`),
  );
});

const retried: readonly (readonly [
  name: string,
  status: number,
  headers: Record<string, string>,
  wait: (ms: number) => boolean,
])[] = [
  ["an error of the remote", 500, {}, (ms) => ms >= 30 && ms < 1000],
  ["too many requests", 429, {}, (ms) => ms >= 30 && ms < 1000],
  ["too many requests, with a time to wait", 429, { "Retry-After": "7" }, (ms) => ms >= 7000],
  [
    "an unavailable remote, with a date",
    503,
    { "Retry-After": "Mon, 23 Nov 2026 00:00:09 GMT", Date: "Mon, 23 Nov 2026 00:00:00 GMT" },
    (ms) => ms >= 9000,
  ],
];
for (const [name, status, headers, waits] of retried) {
  test(`${name} is tried again until it is taken`, async (t) => {
    const { stored, tick, taken, asked, answer, counts, reports } = await writing(t);
    answer((_write, count) => (count === 1 ? { status, headers, body: "busy" } : { status: 200 }));
    stored.add({}, 11, 1);
    await tick(11);
    assert.deepEqual(taken, ["a 1 @11"]);
    assert.deepEqual([counts().sent, counts().retries], [1, 1]);
    assert.ok(waits((asked[1] ?? 0) - (asked[0] ?? 0)), asked.join());
    assert.deepEqual(reports, [
      `the remote is not reached; samples wait: answered ${status}: busy`,
    ]);
  });
}

test("pauses grow to max_backoff", async (t) => {
  const keys =
    "queue_config: { min_backoff: 100ms, max_backoff: 400ms }, metadata_config: { send: false }";
  const { stored, tick, asked, answer } = await writing(t, keys);
  answer((_write, count) => ({ status: count < 6 ? 500 : 204 }));
  stored.add({}, 11, 1);
  await tick(11);
  const pauses = asked.slice(1).map((at, i) => Math.floor((at - (asked[i] ?? 0)) / 100) * 100);
  assert.deepEqual(
    pauses.map((ms, i) => ms >= ([100, 200, 400, 400, 400][i] ?? Infinity) && ms <= 1000),
    [true, true, true, true, true],
  );
});

for (const status of [301, 401, 404, 413]) {
  test(`${status} drops the batch, is counted, and does not hold up the rest`, async (t) => {
    const { stored, tick, taken, answer, counts, reports } = await writing(
      t,
      "metadata_config: { send: false }",
    );
    answer((_write, count) => ({ status: count === 1 ? status : 200 }));
    stored.add({ x: "1" }, 11, 1);
    stored.add({ x: "2" }, 11, 1);
    await tick(11);
    stored.add({ x: "1" }, 12, 2);
    await tick(12);
    assert.deepEqual(taken, ['a{x="1"} 2 @12']);
    assert.deepEqual([counts().sent, counts().refused, counts().retries], [1, 2, 0]);
    assert.match(reports[0] ?? "", /the remote refused samples, which are dropped: answered/);
  });
}

test("what an answer repeats of the credentials is not told", async (t) => {
  const { stored, tick, answer, reports } = await writing(
    t,
    "authorization: { credentials: hidden-token }, metadata_config: { send: false }",
  );
  answer(() => ({ status: 401, body: "no such token:\nhidden-token" }));
  stored.add({}, 11, 1);
  await tick(11);
  assert.match(reports.join(), /answered 401: no such token: <secret>$/);
});

test("400 is taken apart, so that what is good of a batch arrives", async (t) => {
  const { stored, tick, taken, answer, counts } = await writing(t);
  const isBad = (write: DecodedWrite): boolean =>
    write.series.flatMap(lines).some((line) => line.includes("bad"));
  answer((write) => ({ status: isBad(write) ? 400 : 200 }));
  for (const x of ["1", "2", "bad", "3", "4"]) for (const at of [11, 12]) stored.add({ x }, at, at);
  await tick(12);
  assert.deepEqual(
    taken.toSorted(),
    ["1", "2", "3", "4"].flatMap((x) => [`a{x="${x}"} 11 @11`, `a{x="${x}"} 12 @12`]),
  );
  assert.deepEqual([counts().sent, counts().refused], [8, 2]);
});

test("what only bad parts are left of is given up after so many requests", async (t) => {
  const { stored, tick, asked, answer, counts } = await writing(
    t,
    "metadata_config: { send: false }",
  );
  answer(() => ({ status: 400 }));
  for (let x = 0; x < 500; x++) stored.add({ x: String(x) }, 11, 1);
  await tick(11);
  assert.equal(counts().refused, 500);
  assert.ok(asked.length <= 65, String(asked.length));
});

test("a restart goes on from the mark: nothing is lost, and nothing is sent twice", async (t) => {
  const { stored, tick, taken, restart } = await writing(t);
  for (const at of [11, 12]) stored.add({ x: "1" }, at, at);
  stored.add({ x: "late" }, 10, 10);
  await tick(12);
  await restart();
  stored.add({ x: "1" }, 13, 13);
  stored.add({ x: "late" }, 11, 11, "received");
  await tick(13);
  assert.deepEqual(taken, [
    'a{x="1"} 11 @11',
    'a{x="1"} 12 @12',
    'a{x="late"} 10 @10',
    'a{x="1"} 13 @13',
    'a{x="late"} 11 @11',
  ]);
});

for (const arrival of ["received", "point"] as const) {
  test(`what was applied between the mark and a crash is sent after it, late ones that were ${arrival} too`, async (t) => {
    const { stored, tick, taken, restart, answer, reach, asked } = await writing(t);
    stored.add({ x: "1" }, 11, 11);
    stored.add({ x: "late" }, 8, 8);
    await tick(11);
    answer(() => ({ status: 503 }));
    stored.add({ x: "late" }, 9, 9, arrival);
    stored.add({ x: "born" }, 11, 0);
    stored.add({ x: "born" }, 12, 1);
    stored.ticked(12);
    stored.add({ x: "1" }, 12, 12);
    stored.tickS = 12;
    const before = asked.length;
    await reach(() => asked.length > before);
    await restart();
    answer(() => ({ status: 200 }));
    await tick(12);
    const after = taken.slice(2).toSorted();
    assert.deepEqual(
      after.filter((line) => !line.endsWith('x="1"} 11 @11')),
      ['a{x="1"} 12 @12', 'a{x="born"} 0 @11', 'a{x="born"} 1 @12', 'a{x="late"} 9 @9'],
    );
  });
}

test("a crash between an answer and the mark sends again what was sent", async (t) => {
  const { stored, tick, taken, restart, answer, reach } = await writing(
    t,
    "metadata_config: { send: false }, queue_config: { max_samples_per_send: 1 }",
  );
  stored.add({ x: "1" }, 11, 1);
  stored.add({ x: "2" }, 11, 2);
  answer((_write, count) => ({ status: count === 1 ? 200 : 503 }));
  stored.tickS = 11;
  await reach(() => taken.length === 1);
  await restart();
  answer(() => ({ status: 200 }));
  await tick(11);
  assert.deepEqual(taken, ['a{x="1"} 1 @11', 'a{x="1"} 1 @11', 'a{x="2"} 2 @11']);
});

const NATIVE: NativeHistogram = {
  counterReset: "unknown",
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 1,
  count: 1,
  sum: 0,
  positiveSpans: [],
  positiveBuckets: [],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [],
};

test("what is not to be sent is counted by its reason", async (t) => {
  const keys =
    "write_relabel_configs: [{ action: drop, source_labels: [x], regex: no }], queue_config: { sample_age_limit: 5s }";
  const { stored, tick, taken, counts } = await writing(t, keys);
  stored.add({ x: "no" }, 20, 1);
  stored.add({ x: "yes" }, 11, 1);
  stored.add({ x: "yes" }, 20, 2);
  stored.add({ x: "end" }, 11, 1);
  stored.add({ x: "end" }, 20, "stale");
  stored.add({ x: "native" }, 20, NATIVE);
  await tick(20);
  assert.deepEqual(taken, ['a{x="yes"} 2 @20', 'a{x="end"} stale @20']);
  assert.deepEqual(
    [...counts().leftOut],
    [
      ["relabelled", 1],
      ["too-old", 2],
      ["native-histogram", 1],
    ],
  );
});

test("native histograms are sent where they are wanted", async (t) => {
  const { stored, tick, taken } = await writing(t, "send_native_histograms: true");
  stored.add({}, 11, NATIVE);
  await tick(11);
  assert.deepEqual(taken, ["a native @11"]);
});

for (const message of ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"]) {
  test(`exemplars are sent where they are wanted, in ${message}`, async (t) => {
    const { stored, tick, exemplars, counts } = await writing(
      t,
      `send_exemplars: true, protobuf_message: ${message}`,
    );
    stored.add({}, 11, 1);
    await tick(11);
    stored.add({}, 12, 1);
    await tick(12);
    assert.deepEqual(exemplars, ['a {trace_id="x"} 3 @11']);
    assert.equal(counts().exemplars, 1);
  });
}

test("a remote that is not there is waited for, and a stop does not wait", async (t) => {
  const { stored, reach, answer, writer, asked } = await writing(
    t,
    "metadata_config: { send: false }",
  );
  answer(() => ({ status: 503 }));
  stored.add({}, 11, 1);
  stored.tickS = 11;
  await reach(() => asked.length > 1);
  assert.equal(writer().lagMs, 1000);
  assert.match(writer().fault ?? "", /answered 503/);
  await writer().stop();
});
