import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import type { Input } from "@naruko/core/model/engine-io";
import type { Evaluation } from "@naruko/core/model/evaluation";
import { epochMs, MINUTE_MS } from "@naruko/core/model/time";
import { encodeEvaluations } from "../ask/encode-evaluations.ts";
import { databaseFileOf } from "../disk/data-dir.ts";
import { openDuckDbDisk } from "../disk/duckdb-disk.ts";
import { aCall, telemetryOf } from "../testing/any-input.ts";
import { judgingEndpoint, saidSpan } from "../testing/judging-endpoint.ts";
import { runNaruko } from "../testing/run-naruko.ts";
import { chatSpan, spanLine } from "../testing/span-line.ts";

const folder = mkdtempSync(path.join(tmpdir(), "naruko-replay-judge-"));
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

const START = Date.UTC(2026, 10, 2, 10);
const CALLS = 60;
const idOf = (i: number, length: number): string => (i + 1).toString(16).padStart(length, "0");
const endOf = (i: number): number => START + i * MINUTE_MS;

function evaluationLine(i: number, names: readonly string[], score: number): string {
  const records = names.map((name) => ({
    timeUnixNano: `${endOf(i) + 100}000000`,
    eventName: "gen_ai.evaluation.result",
    traceId: idOf(i, 32),
    spanId: idOf(i, 16),
    attributes: [
      { key: "gen_ai.evaluation.name", value: { stringValue: name } },
      { key: "gen_ai.evaluation.score.value", value: { doubleValue: score } },
    ],
  }));
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] };
  return JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: records }] }] });
}

function historyOf(names: readonly string[], score: number): string {
  const lines = Array.from({ length: CALLS }, (_, i) => [
    spanLine("shop", [chatSpan(epochMs(endOf(i)), "gpt-4o")], i + 1),
    evaluationLine(i, names, score),
  ]);
  return `${lines.flat().join("\n")}\n`;
}

const bad = write("bad.jsonl", historyOf(["safety", "toxicity"], 0.25));

/** Every score counts, whoever gave it: their number, and the worst of them. */
const counting = write(
  "counting.yml",
  `groups:
  - name: g
    rules:
      - alert: Scores
        expr: sum by (gen_ai_evaluation_name) (naruko_evaluation_score_count) > 0
        annotations: { summary: "{{ $value }}" }
`,
);

async function summaryOf(...args: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const { code, printed } = await runNaruko("replay", ...args, "--rules", counting, "--json");
  assert.equal(code, 0);
  return JSON.parse(printed.trimEnd().split("\n").at(-1) ?? "") as Record<string, number>;
}

test("off: evaluations count as sent by users, and nothing is paid", async () => {
  const { judged, judgeUsd, alerts } = await summaryOf(bad);
  assert.deepEqual({ judged, judgeUsd, alerts }, { judged: 0, judgeUsd: 0, alerts: 2 });
});

test("recorded: those that the sampler asks for are used and paid for", async () => {
  const first = await summaryOf(bad, "--judge", "recorded");
  const { judged = 0, judgeUsd = 0, alerts } = first;
  assert.ok(judged > 0 && judged < CALLS, `${judged} of ${CALLS}`);
  // Two looks at each; some hundred tokens at 0.15 and some ten at 0.60 dollars a million.
  assert.ok(judgeUsd > judged * 0.0001 && judgeUsd < judged * 0.002, `${judgeUsd}`);
  assert.equal(alerts, 2, "the judge's scores and users' own");
  assert.deepEqual(await summaryOf(bad, "--judge", "recorded"), first, "a replay repeats");
});

test("recorded: all of them at a rate of 1, with the configuration's price", async () => {
  const config = write(
    "all.yml",
    `judge:
  endpoint: { model: own, base_url: "http://127.0.0.1:1/v1" }
  price: { input: 0, output: 0 }
  rate: 1
`,
  );
  const { judged, judgeUsd } = await summaryOf(bad, "--judge", "recorded", "--config", config);
  assert.deepEqual({ judged, judgeUsd }, { judged: CALLS, judgeUsd: 0 });
});

test("recorded: more verdicts than may be held are refused, with the limit's name", async () => {
  const config = write("held.yml", `limits: { recordedVerdicts: ${CALLS - 1} }\n`);
  const { code, told } = await runNaruko("replay", bad, "--judge", "recorded", "--config", config);
  assert.equal(code, 1);
  assert.match(told, /\(limit recordedVerdicts\); replay less/);
});

for (const [capUsd, least] of [
  [0.005, 1],
  [0.001, 0],
] as const) {
  test(`recorded: a cap of $${capUsd} a day holds`, async () => {
    const config = write(
      "capped.yml",
      `judge:
  endpoint: { model: gpt-4o-mini, api_key: unused }
  rate: 1
  budget: { day_usd: ${capUsd} }
`,
    );
    const args = [bad, "--judge", "recorded", "--config", config, "--rules", counting];
    const { code, printed, told } = await runNaruko("replay", ...args);
    assert.equal(code, 0);
    const [, judged, usd] = /judged (\d+) for \$([\d.]+)/.exec(printed) ?? [];
    assert.ok(Number(judged) >= least && Number(judged) < CALLS && Number(usd) <= capUsd, printed);
    // What the most expensive answer could cost does not fit into the smaller one.
    if (least === 0) assert.match(told, /not judged: .*judge_missing_budget \d+/);
  });
}

test("recorded: nothing by any rubric", async () => {
  const file = write("other.jsonl", historyOf(["toxicity"], 0.5));
  const { code, told, printed } = await runNaruko("replay", file, "--judge", "recorded");
  assert.equal(code, 0);
  assert.match(told, /no usable evaluation by a rubric \(faithfulness, relevance, safety\)/);
  assert.match(printed, /judged 0 for \$0\.0000/);
});

test("a directory's own verdicts count with recorded alone", async () => {
  const data = path.join(folder, "data");
  mkdirSync(data);
  const opened = await openDuckDbDisk(databaseFileOf(data));
  assert.ok(opened.ok);
  const inputs = Array.from({ length: CALLS }, (_, i): Input & { kind: "telemetry" } => {
    const at = epochMs(endOf(i));
    const ids = { traceId: idOf(i, 32), spanId: idOf(i, 16) };
    const verdict: Evaluation = {
      ...ids,
      at,
      name: "safety",
      score: 1,
      service: "shop",
      judge: "gpt-4o-mini/1",
      weight: 20,
    };
    const telemetry = telemetryOf([aCall({ ...ids, startAt: at, endAt: at })], [verdict]);
    return { seq: i + 1, at, kind: "telemetry", telemetry };
  });
  await opened.value.commit(inputs);
  await opened.value.keep(inputs.map((input) => ({ ...input, kind: "keep" as const })));
  await opened.value.close();
  assert.deepEqual((await summaryOf(data))["alerts"], 0);
  const { judged = 0, alerts } = await summaryOf(data, "--judge", "recorded");
  assert.ok(judged > 0 && judged < CALLS, `${judged} of ${CALLS}`);
  assert.equal(alerts, 1);
});

test("live: the endpoint is asked about the calls drawn, and waited for where it is full", async (t) => {
  const endpoint = await judgingEndpoint(t, 1);
  const config = write(
    "live.yml",
    `capture: judge
judge:
  endpoint: { model: own, base_url: "${endpoint.url}" }
  price: { input: 1, output: 1 }
  rate: 1
`,
  );
  const lines = [0, 1, 2].map((i) => spanLine("shop", [saidSpan(epochMs(endOf(i)))], i + 1));
  const file = write("live.jsonl", lines.join("\n"));
  const { judged, judgeUsd } = await summaryOf(file, "--judge", "live", "--config", config);
  assert.deepEqual({ judged, judgeUsd }, { judged: 3, judgeUsd: 0.0033 });
  assert.equal(endpoint.asked.length, 3);
  for (const said of endpoint.asked) assert.match(said, /It is blue, on a clear day/);
});

test("verdicts that a judge exported count with recorded alone", async () => {
  const verdicts = Array.from({ length: CALLS }, (_, i): Evaluation => {
    const ids = { traceId: idOf(i, 32), spanId: idOf(i, 16) };
    const at = epochMs(endOf(i) + 100);
    return { ...ids, at, name: "safety", score: 1, service: "shop", judge: "m/1", weight: 20 };
  });
  const lines = verdicts.flatMap((verdict, i) => [
    spanLine("shop", [chatSpan(epochMs(endOf(i)), "gpt-4o")], i + 1),
    encodeEvaluations([verdict], "0"),
  ]);
  const file = write("exported.jsonl", lines.join("\n"));
  assert.equal((await summaryOf(file))["alerts"], 0);
  const { judged = 0, alerts } = await summaryOf(file, "--judge", "recorded");
  assert.ok(judged > 0 && judged < CALLS, `${judged} of ${CALLS}`);
  assert.equal(alerts, 1);
});

test("live: not without a judge, nor where nothing may be captured", async () => {
  const config = write(
    "blind.yml",
    'judge: { endpoint: { model: gpt-4o-mini, base_url: "http://127.0.0.1:1/v1" }, price: { input: 0, output: 0 } }',
  );
  const { code, told } = await runNaruko("replay", bad, "--judge", "live", "--config", config);
  assert.equal(code, 2);
  assert.match(told, /--judge live: capture is off.*write "capture: judge"/);
});
