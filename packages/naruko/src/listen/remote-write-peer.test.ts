// Debian's Prometheus scrapes a target and writes what it has to a running server; afterwards both
// are asked the same, and are to answer the same.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { NativeExporter } from "../testing/native-exporter.ts";
import { hasPrometheus } from "../testing/prometheus-peer.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";
import { startPeer } from "../testing/start-peer.ts";

const PATIENCE_MS = 30_000;

type Answer = {
  readonly data: {
    readonly result: readonly {
      readonly value?: readonly [number, string];
      readonly values?: readonly unknown[];
    }[];
  };
};

async function ask(address: string, query: string, atMs: number): Promise<Answer> {
  const parameters = new URLSearchParams({ query, time: String(atMs / 1000) });
  const response = await fetch(`${address}/api/v1/query?${parameters.toString()}`);
  return (await response.json()) as Answer;
}

/** Waits until a condition holds; what is waited for happens in other processes. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!(await holds())) {
    assert.equal(signal.aborted, false, `${what} takes too long`);
    await wait(50);
  }
}

/** A Prometheus that scrapes the target again and again and writes to a server. */
async function startSender(
  context: TestContext,
  folder: string,
  addresses: { readonly target: string; readonly server: string },
): Promise<string> {
  const config = path.join(folder, "prometheus.yml");
  const scrape = {
    job_name: "test",
    scrape_interval: "300ms",
    scrape_timeout: "300ms",
    static_configs: [{ targets: [addresses.target] }],
  };
  const write = {
    url: `${addresses.server}/api/v1/write`,
    send_exemplars: true,
    send_native_histograms: true,
    queue_config: { batch_send_deadline: "100ms", min_backoff: "50ms", max_backoff: "200ms" },
    metadata_config: { send_interval: "1s" },
  };
  writeFileSync(config, JSON.stringify({ scrape_configs: [scrape], remote_write: [write] }));
  return startPeer(context, "prometheus", [
    `--config.file=${config}`,
    `--storage.tsdb.path=${path.join(folder, "tsdb")}`,
    "--storage.remote.flush-deadline=1s",
    "--enable-feature=native-histograms,exemplar-storage",
  ]);
}

/** How many samples an answer has in its first series. */
function samplesOf({ data }: Answer): number {
  return data.result[0]?.values?.length ?? 0;
}

/** What both have to answer alike: every sample as it is stored, and what is made of them. */
const QUERIES: readonly string[] = [
  "test_requests_total[1m]",
  "test_gauge[1m]",
  "up[1m]",
  "scrape_samples_scraped[1m]",
  "test_gauge",
  "count_over_time(test_requests_total[1m])",
  // The series began earlier: a rate that reaches before it is another in later versions.
  "rate(test_requests_total[1s])",
  "sum by (name) (max_over_time(test_gauge[1s]))",
  "test_seconds[1m]",
  "test_seconds",
  "histogram_count(test_seconds)",
  "histogram_sum(test_seconds)",
  "count_over_time(test_seconds[1m])",
  "count(test_gauge)",
];

test("what Prometheus writes is answered as by Prometheus itself, over ends and a restart", async (t) => {
  if (!hasPrometheus(t)) return;
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-remote-write-peer-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const exporter = new NativeExporter();
  const target = await exporter.listen(t);
  const args = ["--data", path.join(folder, "data")];
  const first = await serveNaruko(t, ...args);
  const server = first.http;
  const prometheus = await startSender(t, folder, { target, server });
  const scraped = async (count: number): Promise<void> => {
    const goal = exporter.scrapes + count;
    await until(`${goal} scrapes`, () => Promise.resolve(exporter.scrapes >= goal));
  };
  /** Asks both, once the server has what Prometheus has. */
  const compare = async (queries: readonly string[]): Promise<void> => {
    const newest = await ask(prometheus, "timestamp(up)", Date.now() - 1000);
    // No window of whole scrapes begins or ends at a sample: versions differ in which ends are inside.
    const at = Number(newest.data.result[0]?.value?.[1]) * 1000 + 150;
    const theirs = samplesOf(await ask(prometheus, "up[1m]", at));
    assert.ok(theirs > 0);
    await until("a sample on its way", async () => {
      return samplesOf(await ask(server, "up[1m]", at)) >= theirs;
    });
    for (const query of queries) {
      const [ours, expected] = [await ask(server, query, at), await ask(prometheus, query, at)];
      assert.ok(expected.data.result.length > 0, query);
      assert.deepEqual(sorted(ours), sorted(expected), query);
    }
  };

  await scraped(12);
  await compare(QUERIES);
  await t.test("metadata and exemplars", async () => {
    await until("metadata", async () => {
      const response = await fetch(`${server}/api/v1/metadata?metric=test_gauge`);
      const { data } = (await response.json()) as { data: unknown };
      return JSON.stringify(data).includes("What test_gauge is.");
    });
    const range = { start: String(Date.now() / 1000 - 60), end: String(Date.now() / 1000 - 1.5) };
    const parameters = new URLSearchParams({ query: "test_requests_total", ...range });
    const [ours, theirs] = await Promise.all(
      [server, prometheus].map(async (address) => {
        const response = await fetch(`${address}/api/v1/query_exemplars?${parameters.toString()}`);
        const answer: unknown = await response.json();
        return answer;
      }),
    );
    assert.deepEqual(ours, theirs);
  });
  await t.test("a series that ends, ends in both", async () => {
    exporter.gauges.delete("b");
    await scraped(8);
    await compare(QUERIES);
    assert.equal((await ask(server, "test_gauge", Date.now() - 1000)).data.result.length, 1);
  });
  await t.test("a restart loses nothing", async () => {
    const { port } = new URL(server);
    await first.stop();
    // Prometheus tries in vain meanwhile.
    await scraped(8);
    await serveNaruko(t, ...args, "--port", port);
    await scraped(10);
    await compare(QUERIES);
  });
});

/** Series in an order of their own: the two have no common one. */
function sorted({ data }: Answer): readonly string[] {
  return data.result.map((series) => JSON.stringify(series)).toSorted();
}
