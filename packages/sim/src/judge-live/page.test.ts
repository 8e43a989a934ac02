// A page that rests on the judge's verdicts, on its way to a receiver: the judge is tried first.
import assert from "node:assert/strict";
import test from "node:test";
import { WebhookInbox } from "../peers/webhook-inbox.ts";
import { judgedBy } from "./judged-server.ts";

/** Golden questions have numbers of their own, every other one with a bad answer. */
const FIRST_GOLDEN = 9_000_000;
const GOLDEN_ITEMS = 12;

const GOLDEN = Array.from({ length: GOLDEN_ITEMS }, (_, i) => {
  const label = i % 2 === 0 ? "good" : "bad";
  const labels = { relevance: label, safety: label };
  const input = `This is question number ${FIRST_GOLDEN + i} of many.`;
  return JSON.stringify({ input, output: "It has an answer.", labels });
}).join("\n");

const RULES = `
groups:
  - name: quality
    rules:
      - alert: LowRelevance
        expr: min by (model, metric) (llm_quality_score{metric="relevance"}) < 0.5
        labels: { severity: critical }
`;

test("a page about quality comes after the golden set was judged, and says how", async (t) => {
  const isBadGolden = (call: number): boolean => call >= FIRST_GOLDEN && call % 2 === 1;
  const { judge, server } = await judgedBy(t, {
    provider: "openai",
    script: (call) => (call < FIRST_GOLDEN || isBadGolden(call) ? "bad-answer" : "none"),
    takesMs: (call) => (call < FIRST_GOLDEN ? 0 : 200),
  });
  const inbox = new WebhookInbox();
  const url = await inbox.open();
  t.after(() => {
    inbox.close();
  });
  server.write("golden.jsonl", GOLDEN);
  server.write("quality.yml", RULES);
  const route = { receiver: "pager", group_wait: "0s" };
  const receivers = [{ name: "pager", webhook_configs: [{ url }] }];
  server.write("routing.yml", JSON.stringify({ route, receivers }));
  const golden = { shipped: false, files: ["golden.jsonl"] };
  server.configure({ concurrency: 8, golden }, { rules: ["quality.yml"], routing: "routing.yml" });
  await server.start();
  assert.equal((await server.send([1, 2, 3])).status, 200);
  const { message } = await inbox.waitFor(({ message: { status } }) => status === "firing");

  const booked = judge.booked.filter(({ call }) => call >= FIRST_GOLDEN);
  const asked = new Set(booked.map(({ call }) => call));
  assert.equal(asked.size, GOLDEN_ITEMS, "all of the set was asked about before the page came");
  assert.match(
    message.alerts[0]?.annotations["judge_check"] ?? "",
    /^Not known: too few .* Asked 0 min ago: relevance: 12 of 12 golden answers right\.$/,
  );
});
