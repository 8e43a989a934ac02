import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { epochMs } from "@naruko/core/model/time";
import { JUDGE_PATH } from "../listen/judge-api.ts";
import { saidSpan } from "../testing/judging-endpoint.ts";
import { runNaruko } from "../testing/run-naruko.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";
import { chatSpan, spanLine } from "../testing/span-line.ts";
import { compareRows, type JudgeReport } from "./judge-report.ts";

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-report-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Refuses every request: nothing is judged, and nothing is paid for. */
async function refusingEndpoint(t: TestContext): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(401, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

async function send(otlp: string): Promise<void> {
  const now = epochMs(Date.now());
  const chat = chatSpan(now, "gpt-4o");
  const spans = [0, 1, 2, 3].map(() => saidSpan(now));
  const embedding = {
    ...chatSpan(now, "text-embedding-3-small").attributes,
    "gen_ai.operation.name": "embeddings",
  };
  const others = [chatSpan(now, "gpt-4", "500"), { ...chat, attributes: embedding }];
  const answer = await fetch(`${otlp}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: spanLine("shop", [...spans, ...others], 1),
  });
  assert.equal(answer.status, 200);
}

test("from a server and from its directory: traffic, money, requests, and no secret", async (t) => {
  const folder = folderFor(t);
  const data = path.join(folder, "data");
  const config = path.join(folder, "naruko.yml");
  writeFileSync(
    config,
    `capture: judge
interval: 1s
judge:
  endpoint: { model: own, base_url: "${await refusingEndpoint(t)}", api_key: sk-secret-word }
  price: { input: 1, output: 2 }
  rate: 1
  budget: { month_usd: 20 }
`,
  );
  const server = await serveNaruko(t, "--config", config, "--data", data);
  await send(server.otlp);
  let report: JudgeReport | undefined;
  let text = "";
  // Ticks come by the clock of the machine.
  for (let tries = 0; tries < 200; tries++) {
    text = await (await fetch(server.http + JUDGE_PATH)).text();
    report = (JSON.parse(text) as { readonly data: JudgeReport }).data;
    if (report.traffic.length > 0 && report.standing?.missing["rejected"] === 12) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { judge, standing, traffic = [] } = report ?? {};
  assert.deepEqual(
    [judge?.model, judge?.rate, judge?.usdPerMonth, judge?.prompt.rubrics.length],
    ["own", 1, 20, 3],
  );
  assert.deepEqual(standing?.calls, { eligible: 4, drawn: 4 });
  assert.deepEqual(standing.requests, { rejected: 4 });
  assert.deepEqual([standing.missing, standing.verdicts], [{ rejected: 12 }, 0]);
  assert.equal(standing.totalUsd, 0);
  const [shop, ...others] = traffic;
  assert.deepEqual([shop?.service, shop?.provider, shop?.model], ["shop", "openai", "gpt-4o"]);
  assert.equal(others.length, 0);
  assert.doesNotMatch(text, /secret|127\.0\.0\.1|clear day/);
  const key = await runNaruko("judge", "--estimate", "--url", server.http);
  assert.match(key.printed, /Judge: own at \$1 and \$2 a million tokens.*as configured/);
  const held = await runNaruko("baseline", "--data", data);
  assert.match(held.printed, /Verdicts: 0; missing 12 \(100\.0 %\): rejected 12\./);
  assert.match(held.printed, /this month \$0\.00 of \$20\.00; forecast for the month \$0\.00/);

  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  for (const line of [
    'naruko_judge_requests_total{outcome="rejected"} 4',
    'naruko_judge_missing_total{reason="rejected"} 12',
    'naruko_judge_budget_usd{window="month"} 20',
    'naruko_judge_spent_usd{window="day"} 0',
    "naruko_judge_forecast_usd 0",
    "naruko_judge_waiting 0",
    "naruko_judge_under_way 0",
  ]) {
    assert.ok(metrics.split("\n").includes(line), line);
  }
  assert.doesNotMatch(metrics, /secret|naruko_judge_export/);

  const post = await fetch(server.http + JUDGE_PATH, { method: "POST" });
  assert.equal(post.status, 405);

  await server.stop();
  const stopped = await runNaruko("judge", "--estimate", "--data", data, "--json");
  assert.equal(stopped.code, 0);
  const estimate = JSON.parse(stopped.printed) as { readonly plan: { readonly rows: object[] } };
  assert.equal(estimate.plan.rows.length, 1);
});

test("a directory without a judge", async (t) => {
  const folder = folderFor(t);
  const config = path.join(folder, "naruko.yml");
  writeFileSync(config, "interval: 1s\n");
  const server = await serveNaruko(t, "--config", config, "--data", path.join(folder, "data"));
  const { code, printed } = await runNaruko("baseline", "--url", server.http);
  assert.equal(code, 0);
  assert.match(printed, /No judge is configured: naruko judge --estimate says/);
  const none = await runNaruko("judge", "--estimate", "--url", server.http);
  assert.equal(none.code, 1);
  assert.match(none.told, /no answer of a model was seen in the last day; naruko doctor/);
});

test("scores stand by service, a rubric's shortest window first", () => {
  const shared = { provider: "openai", model: "gpt-4o", score: 1, lower: 1, upper: 1, verdicts: 1 };
  const row = (service: string, rubric: string, window: string) => ({
    ...shared,
    service,
    rubric,
    window,
  });
  const rows = [
    row("shop", "faithfulness", "15m"),
    row("shop", "faithfulness", "1d"),
    row("shop", "faithfulness", "1h"),
    row("desk", "safety", "15m"),
  ];
  assert.deepEqual(
    rows.toSorted(compareRows).map(({ service, window }) => `${service} ${window}`),
    ["desk 15m", "shop 15m", "shop 1h", "shop 1d"],
  );
});
