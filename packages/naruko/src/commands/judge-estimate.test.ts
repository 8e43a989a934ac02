import assert from "node:assert/strict";
import test from "node:test";
import { DAY_MS, epochMs, HOUR_MS } from "@naruko/core/model/time";
import type { JudgedTraffic, JudgeReport } from "../drive/judge-report.ts";
import { runNaruko } from "../testing/run-naruko.ts";
import { estimateOf } from "./judge-estimate.ts";

const AT = epochMs(Date.UTC(2026, 10, 2, 10));

function segment(fields: Partial<JudgedTraffic>): JudgedTraffic {
  return {
    service: "shop",
    provider: "openai",
    model: "gpt-4o",
    calls: 10_000,
    inputTokens: 9_000_000,
    outputTokens: 1_000_000,
    seenMs: DAY_MS,
    ...fields,
  };
}

const JUDGE: NonNullable<JudgeReport["judge"]> = {
  provider: "openai",
  model: "judge",
  rate: 0.05,
  serviceRates: { bot: 0.5 },
  price: { inputUsdPerMillion: 1, outputUsdPerMillion: 10 },
  prompt: { rubrics: ["a", "b"], first: 600, second: 200, shownMax: 24_000 },
};

function report(fields: Partial<JudgeReport> = {}): JudgeReport {
  return { at: AT, judge: JUDGE, rates: [], scores: [], traffic: [segment({})], ...fields };
}

/** 1600 tokens and two verdicts of 120; a twentieth of the calls again, 1200 and one of 120. */
const USD = (1600 + 60 + 10 * (240 + 6)) / 1e6;

test("what a judged call costs, and how many there are", () => {
  const { plan, isConfigured, seenMs } = estimateOf(report());
  assert.deepEqual([isConfigured, seenMs], [true, DAY_MS]);
  const [row] = plan.rows;
  assert.deepEqual(
    [row?.inputTokens, row?.outputTokens, row?.usdPerJudged, row?.judgedPerDay],
    [1660, 246, USD, 500],
  );
  assert.equal(plan.usdPerDay, 500 * USD);
  assert.equal(plan.usdPerMonth.toFixed(6), ((500 * USD * 365.25) / 12).toFixed(6));
});

test("traffic of hours is scaled to a day; services have shares of their own, and floors", () => {
  const traffic = [
    segment({ calls: 1000, seenMs: 6 * HOUR_MS }),
    segment({ service: "bot", calls: 100 }),
    segment({ service: "small", calls: 40 }),
  ];
  const { rows } = estimateOf(report({ traffic })).plan;
  assert.deepEqual(
    rows.map(({ callsPerDay, share }) => [callsPerDay, share]),
    [
      [4000, 0.05],
      [100, 0.5],
      [40, 0.5],
    ],
  );
});

test("a budget decides in place of the rate: the one configured, and the one asked about", () => {
  const traffic = [segment({}), segment({ service: "long", inputTokens: 99_000_000 })];
  const judge = { ...JUDGE, usdPerDay: 1, usdPerMonth: 1000 };
  const { plan, capped } = estimateOf(report({ traffic, judge }), 90);
  assert.equal(plan.capUsdPerMonth?.toFixed(2), "30.44");
  assert.ok(Math.abs(plan.usdPerDay - 1) < 0.01, `${plan.usdPerDay}`);
  assert.ok(Math.abs((capped?.usdPerMonth ?? 0) - 90) < 1, `${capped?.usdPerMonth}`);
});

test("more money than calls judges all of them", () => {
  const { capped } = estimateOf(report(), 1e6);
  assert.equal(capped?.judgedPerDay, 10_000);
});

test("a judge that has judged tells what a call costs", () => {
  const standing = {
    dayUsd: 0,
    monthUsd: 0,
    // Golden sets, and calls that a cap broke off, are in the total and in what was drawn.
    totalUsd: 900,
    calls: { drawn: 5000 },
    forecastUsd: 0,
    isOutOfMoney: false,
    waiting: 0,
    underWay: 0,
    requests: {},
    verdicts: 0,
    missing: {},
  };
  const after = (paidCalls: number, usdPerCall: number) =>
    estimateOf(report({ standing: { ...standing, paidCalls, usdPerCall } })).plan.rows[0];
  assert.equal(after(100, 0.02)?.usdPerJudged, 0.02);
  assert.equal(after(49, 0.02)?.usdPerJudged, USD);
  assert.equal(after(100, 0)?.usdPerJudged, USD, "what cost nothing so far was not asked yet");
});

test("a very long call is shown in part", () => {
  const [row] = estimateOf(report({ traffic: [segment({ inputTokens: 1e12 })] })).plan.rows;
  assert.equal(row?.inputTokens, 600 + 24_000 + 0.05 * (200 + 24_000));
});

test("without a judge: the default settings, at the prices of gpt-4o-mini", () => {
  const { judge: _judge, ...none } = report();
  const { isConfigured, model, price, rubrics, plan } = estimateOf(none);
  assert.deepEqual([isConfigured, model], [false, "gpt-4o-mini"]);
  assert.deepEqual(price, { inputUsdPerMillion: 0.15, outputUsdPerMillion: 0.6 });
  assert.deepEqual(rubrics, ["faithfulness", "relevance", "safety"]);
  assert.equal(plan.rows[0]?.share, 0.05);
});

const refused: readonly (readonly [readonly string[], number, RegExp])[] = [
  [["judge"], 2, /expected judge --estimate or judge calibrate\n/],
  [["judge", "--estimate", "calibrate"], 2, /judge --estimate takes no "calibrate"/],
  [["judge", "--estimate", "--max-usd", "1"], 2, /--max-usd does not go with --estimate/],
  [["judge", "calibrate", "x", "--month-usd", "1"], 2, /--month-usd does not go with calibrate/],
  [["judge", "--estimate", "--month-usd", "0"], 2, /--month-usd: expected US dollars, more than 0/],
  [["judge", "--estimate", "--month-usd", "-5"], 2, /month-usd/],
  [["judge", "--estimate", "--url", "http://x", "--data", "y"], 2, /give one of them/],
  [["judge", "--estimate", "--data", "nowhere"], 1, /nowhere is no data directory/],
  [["judge", "--estimate", "--url", "http://127.0.0.1:1"], 1, /is `naruko serve` running there/],
  [["baseline", "now"], 2, /baseline takes no "now"/],
  [["baseline", "--data", "nowhere"], 1, /nowhere is no data directory/],
];
for (const [args, code, told] of refused) {
  test(`refuses ${args.join(" ")}`, async () => {
    const ran = await runNaruko(...args);
    assert.equal(ran.code, code);
    assert.match(ran.told, told);
    assert.equal(ran.printed, "");
  });
}
