import assert from "node:assert/strict";
import test from "node:test";
import { answerTo } from "../judge/testing/judged-calls.ts";
import type { EngineSetup } from "../model/engine-io.ts";
import type { Ask, JudgeAnswer, JudgeSetup } from "../model/judge.ts";
import { labelValue } from "../model/labels.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import { engineSetup, isGolden, JudgedRun, right } from "./testing/judged-run.ts";

const TICK_MS = 15 * SECOND_MS;
const ROUTING = `
route: { receiver: pager, group_wait: 0s, group_interval: 15s, group_by: [alertname] }
receivers: [{ name: pager }]
`;

type Rule = { readonly expr?: string; readonly severity?: string; readonly hold?: string };

function rulesOf({ expr = "llm_quality_score < 0.5", severity = "critical", hold = "0s" }: Rule) {
  return `
groups:
  - name: quality
    rules:
      - { record: "score:again", expr: "score:copy" }
      - { record: "score:copy", expr: "max by (model) (llm_quality_score)" }
      - alert: Low
        expr: ${JSON.stringify(expr)}
        for: ${hold}
        labels: { severity: ${severity} }
        annotations: { summary: low }
`;
}

function setupWith(rule: Rule, judge: Partial<JudgeSetup> = {}): EngineSetup {
  return {
    ...engineSetup({ concurrency: 100, ...judge }),
    ruleFiles: [{ name: "quality.yml", text: rulesOf(rule) }],
    routing: { name: "routing.yml", text: ROUTING },
    alertmanagers: ["am"],
  };
}

/** Finds every call bad; of golden items it thinks as it did. */
const steady = (ask: Ask): JudgeAnswer => (isGolden(ask) ? right(ask) : answerTo(ask, 0));
const strict = (ask: Ask): JudgeAnswer => answerTo(ask, 0);
const silent = (ask: Ask): JudgeAnswer | undefined => (isGolden(ask) ? undefined : steady(ask));

/** A quiet day, in which every golden item has its first verdict; then one bad call. */
function broken(
  setup: EngineSetup,
  answer: JudgedRun["answer"],
  options: { readonly restarts?: boolean } = {},
): JudgedRun {
  const run = new JudgedRun(setup, { intervalMs: TICK_MS });
  run.runTo(DAY_MS + MINUTE_MS);
  run.restarts = options.restarts ?? false;
  run.answer = answer;
  run.call(1);
  run.runTo(run.now + 6 * MINUTE_MS);
  return run;
}

/** How long after it began to fire the alert was told to each, in ms, and what it says of the judge. */
function told({ effects }: JudgedRun): Readonly<Record<string, readonly [number, string]>> {
  const firing = effects.flatMap((effect) =>
    effect.kind === "keep-transitions"
      ? effect.transitions.filter(({ state }) => state === "firing")
      : [],
  );
  const tellings: Record<string, readonly [number, string]> = {};
  for (const effect of effects) {
    if (effect.kind !== "deliver" && effect.kind !== "forward") continue;
    const { at, alerts } = effect.kind === "deliver" ? effect.delivery : effect;
    const notes = alerts.map(({ annotations }) => labelValue(annotations, "judge_check"));
    tellings[effect.kind] ??= [at - (firing[0]?.at ?? NaN), notes.join()];
  }
  return tellings;
}

/** Of pager and Alertmanager alike. */
const both = (ms: number, note: string) => ({ deliver: [ms, note], forward: [ms, note] });

test("a page that rests on verdicts waits for the golden set and says what it showed", () => {
  const counts = "Asked 0 min ago: faithfulness:";
  const rows: readonly (readonly [JudgedRun["answer"], number, string])[] = [
    [
      steady,
      TICK_MS,
      `No change of the judge is seen. ${counts} 40 of 40 golden answers right, 0 of 40 flipped to bad and 0 to good (p = 1).`,
    ],
    [
      strict,
      TICK_MS,
      `The judge itself has changed: stricter in faithfulness. ${counts} 20 of 40 golden answers right, 20 of 40 flipped to bad and 0 to good (p = 0.0000019).`,
    ],
    [
      silent,
      2 * MINUTE_MS,
      "Not known: the judge was asked about 40 golden answers 2 min ago and gave no verdict.",
    ],
  ];
  for (const [answer, ms, note] of rows) {
    const run = broken(setupWith({}), answer);
    assert.deepEqual(told(run), both(ms, note));
    const stopped = broken(setupWith({}), answer, { restarts: true });
    assert.deepEqual(stopped.effects, run.effects, "a restart while it waits changes nothing");
  }
});

test("what is pending has the golden set asked, so that the page need not wait", () => {
  const run = broken(setupWith({ hold: "5m" }), steady);
  const { deliver } = told(run);
  assert.ok(deliver);
  assert.equal(deliver[0], 0);
  assert.match(deliver[1], /^No change of the judge is seen\. Asked 5 min ago: /);
});

test("only pages wait that rest on verdicts, also by way of recorded series", () => {
  const waits: readonly (readonly [EngineSetup, boolean])[] = [
    [setupWith({ expr: "score:again < 0.5" }), true],
    [setupWith({ expr: '{__name__=~"llm_quality.*"} < 0.5' }), true],
    [setupWith({ expr: "naruko_quality_bad_share > 0.5" }), true],
    [setupWith({ expr: "sum(rate(naruko_evaluation_score_count[5m])) > 0" }), true],
    [setupWith({ severity: "page" }), true],
    [setupWith({ severity: "warning" }), false],
    [setupWith({ expr: "sum(increase(llm_token_usage_total[5m])) > 0" }), false],
    [{ ...setupWith({}), judge: setupWithoutGolden() }, false],
  ];
  for (const [setup, isWaiting] of waits) {
    const { deliver } = told(broken(setup, silent));
    const expr = setup.ruleFiles[0]?.text;
    assert.ok(deliver, expr);
    assert.equal(deliver[0], isWaiting ? 2 * MINUTE_MS : 0, expr);
    assert.equal(deliver[1] !== "", isWaiting, expr);
  }
});

function setupWithoutGolden(): JudgeSetup {
  const { golden: _golden, ...rest } = engineSetup().judge ?? assert.fail();
  return rest;
}

test("what ends while it waits is told to nobody", () => {
  const run = new JudgedRun(setupWith({}), { intervalMs: TICK_MS });
  run.answer = silent;
  run.call(1);
  run.runTo(MINUTE_MS);
  run.answer = (ask) => (isGolden(ask) ? undefined : right(ask));
  for (let number = 2; number < 10; number++) run.call(number);
  run.runTo(10 * MINUTE_MS);
  assert.deepEqual(states(run), ["firing", "resolved"]);
  assert.deepEqual(told(run), {});
});

test("a rule that goes while its page waits is told to nobody", () => {
  const run = new JudgedRun(setupWith({}), { intervalMs: TICK_MS });
  run.answer = silent;
  run.call(1);
  run.runTo(MINUTE_MS);
  run.take({ kind: "reload", setup: { ...setupWith({}), ruleFiles: [] } });
  run.runTo(10 * MINUTE_MS);
  assert.deepEqual(states(run), ["firing", "resolved"]);
  assert.deepEqual(told(run), {});
});

test("pages of one hour share what was asked before the first, and a later one asks anew", () => {
  const run = broken(setupWith({}), steady);
  const isRequested = (from: number): number => run.asks.slice(from).filter(isGolden).length;
  const before = run.asks.length;
  run.runTo(run.now + 20 * MINUTE_MS);
  run.call(2);
  run.runTo(run.now + MINUTE_MS);
  assert.ok(isRequested(before) < 5, "items whose turn it is, and no others");
  run.runTo(run.now + HOUR_MS);
  const later = run.asks.length;
  run.call(3);
  run.runTo(run.now + MINUTE_MS);
  assert.ok(isRequested(later) >= 40);
  assert.deepEqual(states(run), ["firing", "resolved", "firing", "resolved", "firing"]);
});

test("golden items leave half of the judge's places to calls, and no more money than a day has for them", () => {
  const run = new JudgedRun(setupWith({}, { concurrency: 64 }), { intervalMs: TICK_MS });
  run.runTo(DAY_MS);
  run.answer = silent;
  const before = run.asks.length;
  run.call(1);
  run.runTo(run.now + TICK_MS);
  assert.equal(run.asks.slice(before).filter(isGolden).length, 32);
  const poor = broken(setupWith({}, { usdPerDay: 0.002 }), steady);
  assert.match(told(poor)["deliver"]?.[1] ?? "", /^Not known: there was no money left/);
});

function states({ effects }: JudgedRun): readonly string[] {
  return effects.flatMap((effect) =>
    effect.kind === "keep-transitions" ? effect.transitions.map(({ state }) => state) : [],
  );
}
