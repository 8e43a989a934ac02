import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { formatLabels, NO_LABELS } from "@naruko/core/model/labels";
import {
  linesOf,
  START_MS,
  startScraper,
  startTarget,
  until,
  type Shown,
} from "../testing/scraping.ts";

const job = (address: string, more = "") =>
  `{ job_name: a, scrape_interval: 15s, static_configs: [{ targets: ["${address}"] }], ${more} }`;
const config = (...jobs: readonly string[]) => `scrape_configs: [${jobs.join()}]`;

test("a target is scraped at its interval, and what it stops to show ends", async (t) => {
  const target = await startTarget(t, "# TYPE b counter\nb 1\nc 2\n");
  const { address } = target;
  const own = `instance="${address}", job="a"`;
  const { batches, run, scraper } = await startScraper(t, config(job(address)));
  assert.equal(scraper.targets.active()[0]?.health, "unknown");
  await run(15_000, 1);
  assert.deepEqual(linesOf(batches[0]), [`b{${own}} 1`, `c{${own}} 2`, `up{${own}} 1`]);
  assert.deepEqual(batches[0]?.metadata, [{ name: "b", type: "counter", help: "", unit: "" }]);
  target.page = "c 3\n";
  await run(15_000, 2);
  assert.deepEqual(linesOf(batches[1]), [`c{${own}} 3`, `b{${own}} stale`, `up{${own}} 1`]);
  const times = batches.map(({ series }) => Number(series?.[0]?.samples[0]?.at));
  assert.equal((times[1] ?? 0) - (times[0] ?? 0), 15_000);
  const [shown] = scraper.targets.active();
  assert.deepEqual(
    [shown?.pool, shown?.url, shown?.health, shown?.lastError, shown?.lastScrapeAt],
    ["a", `http://${address}/metrics`, "up", "", times[1]],
  );
  assert.equal(formatLabels(shown?.labels ?? NO_LABELS), `{${own}}`);
});

test("targets are spread over the interval by what they are", async (t) => {
  const target = await startTarget(t, "b 1\n");
  const names = Array.from(
    { length: 20 },
    (_, i) => `{ targets: ["${target.address}"], labels: { n: "${i}" } }`,
  );
  const text = `scrape_configs: [{ job_name: a, scrape_interval: 15s, static_configs: [${names.join()}] }]`;
  const { batches, run } = await startScraper(t, text);
  await run(15_000, 20);
  const offsets = batches.map(({ series }) => Number(series?.[0]?.samples[0]?.at) - START_MS);
  assert.ok(new Set(offsets).size > 15, offsets.join());
  assert.ok(offsets.every((offset) => offset >= 0 && offset <= 15_000));
  assert.ok(Math.min(...offsets) < 5000 && Math.max(...offsets) > 10_000, offsets.join());
});

const answer =
  (contentType: string, body: string | Uint8Array, status = 200, headers = {}): Shown =>
  (_request, response) => {
    response.writeHead(status, { "Content-Type": contentType, ...headers }).end(body);
  };
const TEXT = "text/plain; version=0.0.4; charset=utf-8";

const faults: readonly (readonly [name: string, page: Shown, fault: RegExp, more?: string])[] = [
  ["another status", answer(TEXT, "b 1\n", 503), /^the target answered 503$/],
  ["a broken page", "b 1\nc c\n", /^line 2, column 3: expected a value, not "c"$/],
  ["OpenMetrics that is cut off", answer("application/openmetrics-text", "b 1\n"), /# EOF/],
  [
    "no UTF-8",
    answer(TEXT, Buffer.from('b 1\nc{d="\xff"} 1\n', "latin1")),
    /^line 2: the page is not valid UTF-8$/,
  ],
  [
    "HTML",
    answer("text/html; charset=utf-8", "<p>"),
    /Content-Type "text\/html", which is no exposition; set fallback_/,
  ],
  ["no type", answer("", "b 1\n"), /answers with no Content-Type/],
  [
    "protobuf of another message",
    answer("application/vnd.google.protobuf", "b 1\n"),
    /which is no exposition/,
  ],
  [
    "broken protobuf",
    answer(
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
      "\u0005",
    ),
    /^byte 0: a message of 5 bytes/,
  ],
  ["broken gzip", answer(TEXT, "b 1\n", 200, { "Content-Encoding": "gzip" }), /not valid gzip/],
  [
    "a long page",
    answer(TEXT, `b 1\n#${"x".repeat(2048)}`),
    /more than 1024 bytes \(body_size_limit\)/,
    "body_size_limit: 1KB",
  ],
  [
    "a page that is long once inflated",
    answer(TEXT, gzipSync("#".repeat(4096)), 200, { "Content-Encoding": "gzip" }),
    /more than 1024 bytes \(body_size_limit\)/,
    "body_size_limit: 1KB",
  ],
  ["many samples", "b 1\nc 1\n", /^2 samples are more than sample_limit 1$/, "sample_limit: 1"],
  [
    "many targets",
    "b 1\n",
    /^2 targets are more than target_limit 1$/,
    "target_limit: 1, params: {}",
  ],
  [
    "no end of redirects",
    answer(TEXT, "", 302, { Location: "/metrics" }),
    /more than 10 redirects/,
  ],
  [
    "a redirect elsewhere",
    answer(TEXT, "", 302, { Location: "file:///etc/passwd" }),
    /redirected to what is no http address/,
  ],
  [
    "a redirect that is not followed",
    answer(TEXT, "", 302, { Location: "/m" }),
    /answered 302/,
    "follow_redirects: false",
  ],
  ["silence", () => undefined, /^no answer within 50 ms$/, "scrape_timeout: 50ms"],
  ["a hang-up", (request) => request.socket.destroy(), /socket hang up/],
];
for (const [name, page, fault, more = ""] of faults) {
  test(`a scrape fails by ${name}`, async (t) => {
    const { address } = await startTarget(t, page);
    const isMany = name === "many targets";
    const text = isMany
      ? job(`${address}", "${address.replace("127.0.0.1", "localhost")}`, more)
      : job(address, more);
    const { batches, run, scraper, counts } = await startScraper(t, config(text));
    await run(15_000, 1);
    assert.match(scraper.targets.active()[0]?.lastError ?? "", fault);
    assert.equal(scraper.targets.active()[0]?.health, "down");
    assert.deepEqual(
      linesOf(batches[0]).map((line) => line.replace(/\{.*\}/, "")),
      ["up 0"],
    );
    assert.equal(counts.scrapes.get("failed"), isMany ? 2 : 1);
  });
}

test("a target that is not there is down", async (t) => {
  const { scraper, run } = await startScraper(t, config(job("127.0.0.1:1")));
  await run(15_000, 1);
  assert.match(scraper.targets.active()[0]?.lastError ?? "", /ECONNREFUSED/);
});

test("what a limit of the program keeps out is told by its name", async (t) => {
  const { address } = await startTarget(t, `#${"x".repeat(2000)}`);
  const { run, limited } = await startScraper(t, config(job(address)), {
    limits: { scrapeBytes: 1000 },
  });
  await run(15_000, 1);
  assert.deepEqual(limited, ["the page has more than 1000 bytes (limit scrapeBytes)"]);
  const many = await startScraper(t, config(job(`${address}", "${address}0`)), {
    limits: { scrapeTargets: 1 },
  });
  assert.equal(many.scraper.targets.active().length, 1);
  assert.deepEqual(many.limited, ["too many targets (limit scrapeTargets)"]);
});

test("a page is asked for in the formats that are wanted, and inflated", async (t) => {
  const page = answer(
    "application/openmetrics-text; version=1.0.0",
    gzipSync('b_total 1 # {trace_id="x"} 2\n# EOF\n'),
    200,
    { "Content-Encoding": "gzip" },
  );
  const { address, requests } = await startTarget(t, page);
  const text = config(job(address, "scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0]"));
  const { batches, run } = await startScraper(t, text);
  await run(15_000, 1);
  assert.equal(batches[0]?.series?.[0]?.exemplars[0]?.value, 2);
  const { headers } = requests[0] ?? {};
  assert.deepEqual(
    [
      headers?.["accept-encoding"],
      headers?.["user-agent"],
      headers?.["x-prometheus-scrape-timeout-seconds"],
    ],
    ["gzip", "naruko/0", "10"],
  );
  assert.match(
    headers?.accept ?? "",
    /^application\/vnd\.google\.protobuf;.*q=0\.3,application\/openmetrics-text;version=1\.0\.0.*q=0\.2,\*\/\*;q=0\.1$/,
  );
});

test("a batch that cannot be committed is counted as lost and made good by the next", async (t) => {
  const target = await startTarget(t, "b 1\nc 1\n");
  const { batches, run, refuse, counts, limited } = await startScraper(
    t,
    config(job(target.address)),
  );
  await run(15_000, 1);
  refuse("too much is waiting (limit queueBytes)");
  target.page = "c 2\n";
  await run(15_000, 2);
  refuse(undefined);
  await run(15_000, 3);
  assert.deepEqual(
    [...counts.scrapes],
    [
      ["ok", 2],
      ["failed", 0],
      ["lost", 1],
    ],
  );
  assert.deepEqual(limited, ["too much is waiting (limit queueBytes)"]);
  assert.deepEqual(
    linesOf(batches[1]).map((line) => line.replace(/\{.*\}/, "")),
    ["c 2", "b stale", "up 1"],
  );
});

test("a reload leaves jobs that are as before alone, and ends what is gone", async (t) => {
  const target = await startTarget(t, "b 1\n");
  const kept = job(target.address);
  const gone = kept.replace("job_name: a", "job_name: gone");
  const { batches, run, reload, scraper } = await startScraper(t, config(kept, gone));
  await run(15_000, 2);
  await reload(config(kept));
  assert.equal(batches.length, 3);
  assert.deepEqual(
    linesOf(batches[2]).map((line) => line.replace(/instance="[^"]*", /, "")),
    ['b{job="gone"} stale', 'up{job="gone"} stale'],
  );
  assert.deepEqual(scraper.targets.pools(), ["a"]);
  assert.equal(scraper.targets.active()[0]?.health, "up");
  target.page = "";
  await run(15_000, 3);
  assert.deepEqual(
    linesOf(batches[3]).map((line) => line.replace(/\{.*\}/, "")),
    ["b stale", "up 1"],
  );
});

test("reloads that come together leave what the last one says, and nothing else", async (t) => {
  const first = await startTarget(t, "b 1\n");
  const last = await startTarget(t, "b 1\n");
  const { reload, run, scraper } = await startScraper(t, config(job("127.0.0.1:1")));
  const passing = job(first.address).replace("job_name: a", "job_name: b");
  await Promise.all([reload(config(passing)), reload(config()), reload(config(job(last.address)))]);
  assert.deepEqual(scraper.targets.pools(), ["a"]);
  for (const scrapes of [1, 2, 3]) await run(15_000, scrapes);
  assert.deepEqual([first.requests.length, last.requests.length], [0, 3]);
});

test("a stop waits for nothing and ends no series", async (t) => {
  const { address, requests } = await startTarget(t, () => undefined);
  const { batches, tick, scraper } = await startScraper(t, config(job(address)));
  await tick(15_000);
  await until(() => requests.length === 1);
  await scraper.stop();
  assert.deepEqual(batches, []);
});

test("what relabelling drops is shown, with its pool's configuration", async (t) => {
  const drop = 'relabel_configs: [{ action: drop, source_labels: [__address__], regex: "x:.*" }]';
  const { scraper } = await startScraper(t, config(job('x:1", "127.0.0.1:1', drop)));
  assert.deepEqual([...scraper.targets.droppedCounts()], [["a", 1]]);
  assert.equal(scraper.targets.dropped()[0]?.discoveredLabels.pairs[1], "x:1");
  assert.match(scraper.targets.poolConfig("a") ?? "", /^job_name: a\n/);
  assert.equal(scraper.targets.poolConfig("b"), undefined);
});
