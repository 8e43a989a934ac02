// The same real target, scraped by a real Prometheus and by us, gives the same series.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { compareLabels, formatLabels, labels } from "@naruko/core/model/labels";
import { boundText } from "@naruko/core/scrape/float-text";
import { hasPrometheus } from "../testing/prometheus-peer.ts";
import { startScraper } from "../testing/scraping.ts";
import { startPeer } from "../testing/start-peer.ts";

/** Scraping changes what is scraped: how often the two may be compared until they agree. */
const ATTEMPTS = 40;
const PATIENCE_MS = 30_000;

test("Prometheus' own page gives the same names, labels and count", async (t) => {
  if (!hasPrometheus(t)) return;
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-scrape-peer-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = path.join(folder, "prometheus.yml");
  writeFileSync(file, "");
  const storage = `--storage.tsdb.path=${path.join(folder, "tsdb")}`;
  const target = await startPeer(t, "prometheus", [
    `--config.file=${file}`,
    storage,
    "--web.enable-lifecycle",
  ]);
  const { host } = new URL(target);
  const job = `{ job_name: p, scrape_interval: 100ms, scrape_timeout: 100ms, static_configs: [{ targets: ["${host}"] }] }`;
  writeFileSync(file, `scrape_configs: [${job}]`);
  const reloaded = await fetch(`${target}/-/reload`, { method: "POST" });
  assert.equal(reloaded.status, 200);
  const own = job.replaceAll("100ms", "15s");
  const { batches, run } = await startScraper(t, `scrape_configs: [${own}]`);
  // Prometheus takes five seconds to begin with targets.
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while ((await seriesOf(target)).length === 0) {
    signal.throwIfAborted();
    await wait(100);
  }
  for (let attempt = 1; ; attempt++) {
    await run(15_000, attempt);
    const shown = batches.at(-1)?.series ?? [];
    const ours = shown
      .filter(({ samples }) => samples[0]?.value !== "stale")
      .map((one) => one.labels)
      .toSorted(compareLabels)
      .map(formatLabels);
    const theirs = await seriesOf(target);
    assert.ok(ours.length > 300, String(ours.length));
    if (attempt < ATTEMPTS && ours.join() !== theirs.join()) continue;
    assert.deepEqual(ours, theirs);
    return;
  }
});

/** The series with a sample at this moment; bounds as Prometheus 3 writes them, and 2 does not. */
async function seriesOf(prometheus: string): Promise<string[]> {
  const query = encodeURIComponent('{job="p"}');
  const answer = await fetch(`${prometheus}/api/v1/query?query=${query}`);
  const { data } = (await answer.json()) as {
    readonly data: { readonly result: readonly { readonly metric: Record<string, string> }[] };
  };
  return data.result
    .map(({ metric: { le, quantile, ...metric } }) =>
      labels({
        ...metric,
        ...(le === undefined ? {} : { le: boundText(Number(le.replace("Inf", "Infinity"))) }),
        ...(quantile === undefined ? {} : { quantile: boundText(Number(quantile)) }),
      }),
    )
    .toSorted(compareLabels)
    .map(formatLabels);
}
