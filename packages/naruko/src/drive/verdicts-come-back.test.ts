import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { epochMs } from "@naruko/core/model/time";
import { judgingEndpoint, saidSpan } from "../testing/judging-endpoint.ts";
import { runNaruko } from "../testing/run-naruko.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";
import { spanLine } from "../testing/span-line.ts";

test("a reload turns the export on, and verdicts that come back count once", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-back-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const endpoint = await judgingEndpoint(t);
  const config = path.join(folder, "naruko.yml");
  const judge = `capture: judge
interval: 1s
judge:
  endpoint: { model: own, base_url: "${endpoint.url}" }
  price: { input: 1, output: 1 }
  rate: 1
`;
  writeFileSync(config, judge);
  const server = await serveNaruko(t, "--config", config, "--data", path.join(folder, "data"));
  writeFileSync(config, `${judge}  export: { url: "${server.otlp}" }\n`);
  assert.equal((await fetch(`${server.http}/-/reload`, { method: "POST" })).status, 200);

  const spans = [0, 1, 2, 3].map(() => saidSpan(epochMs(Date.now())));
  const body = spanLine("shop", spans, 1);
  const headers = { "content-type": "application/json" };
  await fetch(`${server.otlp}/v1/traces`, { method: "POST", headers, body });
  const metricsOf = async (): Promise<readonly string[]> =>
    (await (await fetch(`${server.http}/metrics`)).text()).split("\n");
  const wanted = [
    "naruko_judge_export_sent_total 12",
    'naruko_ignored_records_total{reason="own-verdict"} 12',
    "naruko_judge_verdicts_total 12",
    "naruko_judge_export_waiting 0",
    "naruko_judge_spent_usd_total 0.0044",
  ];
  // The exporter gathers by the clock of the machine, and rules are evaluated by it.
  let missing = wanted;
  for (let tries = 0; tries < 200 && missing.length > 0; tries++) {
    const metrics = await metricsOf();
    missing = wanted.filter((line) => !metrics.includes(line));
    if (missing.length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(missing, []);
  assert.equal(endpoint.asked.length, 4);
  const counted = await runNaruko(
    "query",
    "sum(naruko_evaluation_score_count)",
    "--url",
    server.http,
  );
  assert.match(counted.printed, /\b12\b/);
});
