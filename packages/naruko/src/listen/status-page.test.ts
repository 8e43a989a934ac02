import assert from "node:assert/strict";
import test from "node:test";
import { epochMs, MINUTE_MS } from "@naruko/core/model/time";
import { statusPage } from "./status-page.ts";
import type { ShownAlert, StatusPage } from "./status-page.ts";
import { trafficOf } from "./traffic.ts";

const FLOWING = { kind: "flowing", forMs: 2000 } as const;
const QUIET: StatusPage = {
  version: "0.1.0",
  isDemo: false,
  troubles: [],
  isBlind: false,
  otlpUrl: "http://127.0.0.1:4318",
  needsToken: false,
  traffic: FLOWING,
  scores: FLOWING,
  calls: 7,
  series: 80,
  rules: 14,
  brokenRules: [],
  alerts: [],
  judge: { kind: "off" },
};

function alert(changes: Partial<ShownAlert>): ShownAlert {
  return {
    name: "LLMHighLatency",
    state: "firing",
    layer: "L2",
    severity: "warning",
    summary: "slow",
    runbook: "docs/runbooks/LLMHighLatency.md",
    since: "2026-11-02 10:04:00",
    forMs: 3 * MINUTE_MS,
    labels: "",
    ...changes,
  };
}

/** The verdict and the three layers, a line each, as somebody reads them who sees no colour. */
function read(page: Partial<StatusPage>): readonly string[] {
  const text = statusPage({ ...QUIET, ...page });
  const parts = [...text.matchAll(/<div class="(?:verdict|layer) ([\w-]+)">(.*?)<\/div>/gs)];
  return parts.map(([, tone = "", body = ""]) => {
    const words = body.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
    return `${tone}: ${words.trim()}`;
  });
}

test("no data, no traffic, quiet, pending, firing and broken read differently", () => {
  const none = { kind: "no-data" } as const;
  const stopped = { kind: "no-traffic", forMs: 65 * MINUTE_MS } as const;
  const rule = { name: "Slow", layer: "L2", error: "many-to-many" };
  const rows: readonly (readonly [Partial<StatusPage>, readonly string[]])[] = [
    [
      {},
      [
        "quiet: Quiet: traffic flows, and no alert is active",
        "quiet: L1 Infrastructure quiet",
        "quiet: L2 Application quiet",
        "quiet: L3 Quality quiet",
      ],
    ],
    [
      { traffic: none, scores: none },
      [
        "no-data: No data: nothing has been sent yet",
        "no-data: L1 Infrastructure no data",
        "no-data: L2 Application no data",
        "no-data: L3 Quality blind: nobody judges",
      ],
    ],
    [
      { traffic: none, scores: none, judge: ON },
      [
        "no-data: No data: nothing has been sent yet",
        "no-data: L1 Infrastructure no data",
        "no-data: L2 Application no data",
        "no-data: L3 Quality no data: no scores yet",
      ],
    ],
    [
      { traffic: stopped, scores: { kind: "no-traffic" } },
      [
        "no-traffic: No traffic for 1 h 5 min",
        "no-traffic: L1 Infrastructure no traffic for 1 h 5 min",
        "no-traffic: L2 Application no traffic for 1 h 5 min",
        "no-traffic: L3 Quality no scores since the start",
      ],
    ],
    [
      { alerts: [alert({}), alert({ state: "pending", layer: "L1" })], scores: none },
      [
        "firing: 1 firing, 1 pending",
        "pending: L1 Infrastructure 1 pending",
        "firing: L2 Application 1 firing",
        "no-data: L3 Quality blind: nobody judges",
      ],
    ],
    [
      { troubles: ["the disk is full"], isBlind: true, alerts: [alert({})], brokenRules: [rule] },
      [
        "broken: Naruko itself is in trouble; 1 firing the disk is full A rule cannot be evaluated, see below",
        "broken: L1 Infrastructure not evaluated",
        "firing: L2 Application 1 rule broken, 1 firing, not evaluated",
        "broken: L3 Quality not evaluated",
      ],
    ],
    [
      { troubles: ["a receiver is not reached"] },
      [
        "broken: Naruko itself is in trouble a receiver is not reached",
        "quiet: L1 Infrastructure quiet",
        "quiet: L2 Application quiet",
        "quiet: L3 Quality quiet",
      ],
    ],
    [
      { brokenRules: [rule] },
      [
        "broken: Naruko itself is in trouble A rule cannot be evaluated, see below",
        "quiet: L1 Infrastructure quiet",
        "broken: L2 Application 1 rule broken, quiet",
        "quiet: L3 Quality quiet",
      ],
    ],
  ];
  for (const [page, expected] of rows) assert.deepEqual(read(page), expected);
});

test("whatever comes from outside is text, wherever it is shown", () => {
  const evil = `<script>alert(1)</script>"'&`;
  const text = statusPage({
    ...QUIET,
    version: evil,
    troubles: [evil],
    otlpUrl: evil,
    brokenRules: [{ name: evil, layer: "L1", error: evil }],
    alerts: [
      alert({
        name: evil,
        summary: evil,
        labels: `{model="${evil}"}`,
        severity: evil,
        since: evil,
      }),
      alert({ runbook: `https://example.org/${evil}` }),
      alert({ runbook: `javascript:alert(1)//${evil}` }),
    ],
  });
  assert.doesNotMatch(text, /<script/);
  assert.match(text, /&lt;script&gt;alert\(1\)&lt;\/script&gt;&quot;&#39;&amp;/);
  const links = [...text.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
  assert.ok(links.some((href) => href?.startsWith("https://example.org/&lt;script&gt;")));
  assert.ok(!links.some((href) => href?.startsWith("javascript:")));
});

test("a page of thousands of alerts lists some and counts the rest", () => {
  const text = statusPage({ ...QUIET, alerts: Array.from({ length: 1000 }, () => alert({})) });
  assert.equal(text.match(/<tr class="firing">/g)?.length, 200);
  assert.match(text, /800 more are active/);
});

test("a demo says so in the title and on the page", () => {
  const demo = statusPage({ ...QUIET, isDemo: true });
  assert.match(demo, /<title>Naruko demo<\/title>/);
  assert.match(demo, /Nothing of it is real/);
  assert.doesNotMatch(statusPage(QUIET), /simulated|Naruko demo/);
});

test("traffic has stopped after five minutes without any", () => {
  const now = epochMs(100 * MINUTE_MS);
  const ago = (ms: number): ReturnType<typeof epochMs> => epochMs(now - ms);
  assert.deepEqual(trafficOf(undefined, false, now), { kind: "no-data" });
  assert.deepEqual(trafficOf(undefined, true, now), { kind: "no-traffic" });
  assert.deepEqual(trafficOf(ago(5 * MINUTE_MS), true, now), {
    kind: "flowing",
    forMs: 5 * MINUTE_MS,
  });
  assert.equal(trafficOf(ago(5 * MINUTE_MS + 1), true, now).kind, "no-traffic");
  // Stamps of requests under way may be a little ahead of the page's.
  assert.deepEqual(trafficOf(ago(-3), true, now), { kind: "flowing", forMs: 0 });
});

const ON = {
  kind: "on",
  model: "gpt-4o-mini",
  dayUsd: 0.031,
  monthUsd: 4,
  forecastUsd: 12.5,
  isOutOfMoney: false,
  waiting: 2,
  verdicts: 990,
  missing: 10,
} as const;

const judges: readonly (readonly [StatusPage["judge"], string])[] = [
  [
    { kind: "off" },
    "judge: The judge is off; “capture: judge” and “judge: { endpoint: { model: … } }” in naruko.yml switch it on, and “naruko judge --estimate” says what judging this traffic would cost.",
  ],
  [
    { kind: "blind", why: "capture-off", mute: 0 },
    "judge broken: The judge is blind: capture is off, so no text may be shown to it; “capture: judge” in naruko.yml changes that.",
  ],
  [
    { kind: "blind", why: "no-text", mute: 7 },
    "judge broken: The judge is blind: 7 calls came without text; senders have to be told to send it.",
  ],
  [
    ON,
    "judge: The judge is on: gpt-4o-mini, spent $0.03 today and $4.00 this month (forecast $12.50); 990 verdicts, 10 missing (1.0 %), 2 calls waiting.",
  ],
  [
    { ...ON, dayUsd: 0, dayCapUsd: 1, monthCapUsd: 20, missing: 0, isOutOfMoney: true },
    "judge broken: The judge is out of budget: gpt-4o-mini, spent $0.00 of $1.00 today and $4.00 of $20.00 this month (forecast $12.50); 990 verdicts, 0 missing, 2 calls waiting.",
  ],
];
for (const [judge, expected] of judges) {
  test(`the judge's line: ${expected.slice(0, 40)}`, () => {
    const [, tone, line = ""] =
      /<p class="(judge[^"]*)">([\s\S]*?)<\/p>/.exec(statusPage({ ...QUIET, judge })) ?? [];
    const words = line.replaceAll(/<[^>]*>/g, "").replaceAll(/\s+/g, " ");
    assert.equal(`${tone}: ${words.trim()}`, expected);
  });
}
