import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseYaml } from "../../../naruko/src/config/parse-yaml.ts";
import type { Transition } from "../model/engine-io.ts";
import { formatLabels } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { Limits } from "../model/limits.ts";
import { isStale, STALE } from "../model/sample.ts";
import type { EpochMs } from "../model/time.ts";
import { epochMs, HOUR_MS, MINUTE_MS } from "../model/time.ts";
import { parseSeriesLine } from "../promql/test-language/series-line.ts";
import { Store } from "../store/store.ts";
import type { TickResult } from "./rule-set.ts";
import { RuleSet } from "./rule-set.ts";
import { parseRuleFile } from "./rule-file.ts";

const TICK_MS = 30_000;
// A round time, so that minutes and hours fall on it.
const START = epochMs(1_700_000_000_000 - (1_700_000_000_000 % HOUR_MS));

function groupsOf(text: string) {
  const { groups, errors } = parseRuleFile(parseYaml("r.yml", text, "rule-file"));
  assert.deepEqual(errors, []);
  return groups;
}

function short(transition: Transition): string {
  return `${(transition.at - START) / 1000}s ${transition.state} ${formatLabels(transition.labels)}`;
}

/** Rules over a real store, one sample of each series a tick. */
class Run {
  readonly store = new Store(DEFAULT_LIMITS);
  rules = new RuleSet(TICK_MS);
  readonly told: string[] = [];
  readonly results: TickResult[] = [];
  readonly #series: readonly ReturnType<typeof parseSeriesLine>[];
  readonly #limits: Limits;
  #tick = 0;
  /** Moved on by gaps. */
  #offset = 0;

  constructor(text: string, series: readonly string[], limits: Partial<Limits> = {}) {
    this.#series = series.map((line) => parseSeriesLine(line));
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.rules.reload(groupsOf(text), START);
  }

  get now(): EpochMs {
    return epochMs(START + this.#tick * TICK_MS + this.#offset);
  }

  tick(count = 1): this {
    for (let i = 0; i < count; i++) {
      for (const { labels, values } of this.#series) {
        const value = values[this.#tick];
        if (value !== undefined) this.store.append(labels, this.now, value);
      }
      const context = {
        reader: () => this.store.snapshot(),
        // Rules never write a series twice at one time, not even its end.
        append: (...sample: Parameters<Store["append"]>) =>
          assert.equal(this.store.append(...sample), "appended", formatLabels(sample[0])),
        limits: this.#limits,
        externalUrl: "http://localhost:4320",
      };
      const work = this.rules.evaluate(this.now, context);
      let turn = work.next();
      while (turn.done !== true) turn = work.next();
      this.results.push(turn.value);
      this.told.push(...turn.value.transitions.map(short));
      this.#tick++;
    }
    return this;
  }

  gap(lengthMs: number): this {
    const from = epochMs(this.now - TICK_MS);
    this.#offset += lengthMs;
    this.told.push(...this.rules.gap(from, epochMs(from + lengthMs)).map(short));
    return this;
  }

  reload(text: string, waiting = false): this {
    this.told.push(...this.rules.reload(groupsOf(text), this.now, { waiting }).map(short));
    return this;
  }

  /** Times (s) and values of all series of a name, `stale` where one ends. */
  series(name: string): Record<string, string> {
    const all = this.store
      .snapshot()
      .select([{ name: "__name__", op: "=", value: name }], epochMs(0), epochMs(this.now));
    return Object.fromEntries(
      all.map(({ labels, times, values }) => {
        const shown = Array.from(times, (at, i) => {
          const value = isStale(values, i) ? STALE : String(values[i]);
          return `${(at - START) / 1000}:${value}`;
        });
        return [formatLabels(labels), shown.join(" ")];
      }),
    );
  }
}

function rule(body: string, group = ""): string {
  return `groups:\n- name: g\n${group}  rules:\n${body.replaceAll(/^/gm, "  ")}`;
}

const SLOW = `- alert: Slow
  expr: ttft > 5
  for: 1m
  labels: { severity: page }
  annotations: { summary: "{{ $labels.app }} {{ $value }}" }`;

test("a rule sees what the ones before it wrote, also in parts that rules have in common", () => {
  const body = `- record: before
  expr: count(seen)
- record: seen
  expr: x * 2
- record: after
  expr: count(seen)
- record: named_by_none
  expr: count({kind="seen"})
- record: seen_again
  expr: count({kind="seen"})
- alert: Any
  expr: count({app="a"}) > 0
  labels: { app: a }
- record: alerts
  expr: count({app="a"}) > 0`;
  const run = new Run(rule(body), ['x{kind="seen"} 1 1', 'x{kind="seen", app="a"} 1 1']).tick(2);
  assert.deepEqual(run.series("before"), { before: "30:2" });
  assert.deepEqual(run.series("after"), { after: "0:2 30:2" });
  assert.deepEqual(run.series("named_by_none"), { named_by_none: "0:4 30:4" });
  assert.deepEqual(run.series("seen_again"), { seen_again: "0:4 30:4" });
  // The alert's own two series come on top of the two that it looks at.
  assert.deepEqual(run.series("alerts"), { alerts: "0:4 30:4" });
});

test("an alert goes from pending to firing to resolved, with what Prometheus writes beside it", () => {
  const run = new Run(rule(SLOW), ['ttft{app="chat"} 1 9 9 9 1 1']).tick(6);
  const labels = 'alertname="Slow", app="chat", severity="page"';
  assert.deepEqual(run.told, [
    `30s pending {${labels}}`,
    `90s firing {${labels}}`,
    `120s resolved {${labels}}`,
  ]);
  assert.deepEqual(run.series("ALERTS"), {
    [`ALERTS{alertname="Slow", alertstate="firing", app="chat", severity="page"}`]:
      "90:1 120:stale",
    [`ALERTS{alertname="Slow", alertstate="pending", app="chat", severity="page"}`]:
      "30:1 60:1 90:stale",
  });
  const since = String(START / 1000 + 30);
  assert.deepEqual(Object.values(run.series("ALERTS_FOR_STATE")), [
    `30:${since} 60:${since} 90:${since} 120:stale`,
  ]);
});

test("each rule sees what the ones before it wrote at the same tick", () => {
  const body = `- record: a
  expr: m * 2
  labels: { of: rule, job: "" }
- record: b
  expr: a + 1
- alert: Both
  expr: b > 6`;
  const run = new Run(rule(body), ['m{job="x"} 1 2 3']).tick(3);
  assert.deepEqual(run.series("a"), { 'a{of="rule"}': "0:2 30:4 60:6" });
  assert.deepEqual(run.series("b"), { 'b{of="rule"}': "0:3 30:5 60:7" });
  assert.deepEqual(run.told, ['60s firing {alertname="Both", of="rule"}']);
});

test("a group is evaluated at multiples of its interval, with its query offset", () => {
  const text = rule("- record: a\n  expr: m", "  interval: 1m\n  query_offset: 30s\n");
  const run = new Run(text, ["m 1 2 3 4 5 6"]).tick(6);
  // At 0 s nothing is there yet: the value of 30 s before is asked for, and written there.
  assert.deepEqual(run.series("a"), { a: "30:2 90:4" });
});

test("a failing rule keeps its alerts, says why, and stops no other", () => {
  const body = `- alert: Pair
  expr: m / on (app) n > 0
- record: fine
  expr: m`;
  const run = new Run(rule(body), [
    'm{app="x"} 1 1 1',
    'n{app="x",i="1"} 1 1 1',
    'n{app="x",i="2"} _ 1 stale',
  ]);
  run.tick(2);
  const [pair, fine] = run.rules.rulesView()[0]?.rules ?? [];
  assert.equal(pair?.health, "err");
  assert.match(pair.lastError ?? "", /./);
  assert.equal(fine?.health, "ok");
  assert.equal(run.results[1]?.failures.length, 1);
  assert.equal(run.rules.alertsView()[0]?.state, "firing");
  run.tick();
  assert.equal(run.rules.rulesView()[0]?.rules[0]?.health, "ok");
  assert.deepEqual(run.told, ['0s firing {alertname="Pair", app="x"}']);
});

const failing: readonly (readonly [string, string, string])[] = [
  [
    "alerts of equal labels",
    '- alert: A\n  expr: m\n  labels: {i: ""}',
    'vector contains metrics with the same labelset after applying alert labels: {alertname="A"}',
  ],
  [
    "series of equal labels",
    "- record: a\n  expr: m\n  labels: {i: x}",
    'vector contains metrics with the same labelset after applying rule labels: a{i="x"}',
  ],
  [
    "a range vector",
    "- record: a\n  expr: m[5m]",
    "a rule needs a vector or a scalar, this is a matrix",
  ],
  [
    "a string",
    "- record: a\n  expr: '\"x\"'",
    "a rule needs a vector or a scalar, this is a string",
  ],
];
for (const [what, body, message] of failing) {
  test(`a rule fails: ${what}`, () => {
    const run = new Run(rule(body), ['m{i="1"} 1', 'm{i="2"} 1']).tick();
    assert.equal(run.rules.rulesView()[0]?.rules[0]?.lastError, message);
    assert.deepEqual(run.told, []);
  });
}

test("past its limit a recording rule writes nothing, an alerting rule drops its alerts", () => {
  const body = "- record: a\n  expr: m\n- alert: A\n  expr: m > 0\n  for: 30s";
  const series = ['m{i="1"} 1 1 1 1', 'm{i="2"} _ _ 1 stale'];
  const run = new Run(rule(body, "  limit: 1\n"), series).tick(4);
  assert.deepEqual(
    run.results[2]?.failures.map(({ message }) => message),
    ["exceeded limit of 1 with 2 series", "exceeded limit of 1 with 2 alerts"],
  );
  assert.deepEqual(run.told, [
    '0s pending {alertname="A", i="1"}',
    '30s firing {alertname="A", i="1"}',
    '60s resolved {alertname="A", i="1"}',
    '90s pending {alertname="A", i="1"}',
  ]);
  assert.deepEqual(run.series("a"), { 'a{i="1"}': "0:1 30:1 90:1" });
});

test("alertsPerRule stops a rule that matches everything", () => {
  const run = new Run(rule("- alert: A\n  expr: m"), ['m{i="1"} 1', 'm{i="2"} 1'], {
    alertsPerRule: 1,
  });
  run.tick();
  assert.equal(
    run.results[0]?.failures[0]?.message,
    "exceeded limit of 1 with 2 alerts (limit alertsPerRule)",
  );
});

test("labels and annotations are expanded at each evaluation; an empty label goes away", () => {
  const body = `- alert: A
  expr: m
  labels: { level: "{{ if gt $value 5.0 }}high{{ end }}", alertname: other }
  annotations: { up: '{{ query "up" | first | value }}', broken: "{{ .Nope }}", value: "{{ $value }}" }`;
  const run = new Run(rule(body), ['m{app="x"} 1 2 9', "up 1 0 1"]).tick(2);
  const [alert] = run.rules.alertsView();
  assert.equal(formatLabels(alert?.labels ?? assert.fail()), '{alertname="A", app="x"}');
  const annotations = alert?.annotations ?? assert.fail();
  assert.match(
    formatLabels(annotations),
    /broken="<error expanding template: .*can't evaluate field Nope/,
  );
  assert.match(formatLabels(annotations), /up="0", value="2"/);
  run.tick();
  assert.deepEqual(run.told.slice(1), [
    '60s resolved {alertname="A", app="x"}',
    '60s firing {alertname="A", app="x", level="high"}',
  ]);
});

const OTHER = SLOW.replace("for: 1m", "for: 2m");
const reloads: readonly (readonly [string, string, string, readonly string[]])[] = [
  ["nothing", SLOW, SLOW, []],
  ["annotations", SLOW, SLOW.replace("{{ $value }}", "now"), []],
  ["spaces of the expression", SLOW, SLOW.replace("ttft > 5", "ttft   >5"), []],
  [
    "the order of rules",
    `${SLOW}\n- record: a\n  expr: ttft`,
    `- record: a\n  expr: ttft\n${SLOW}`,
    [],
  ],
  ["for", SLOW, OTHER, ["120s resolved", "120s pending"]],
  ["the expression", SLOW, SLOW.replace("> 5", "> 6"), ["120s resolved", "120s pending"]],
  ["labels", SLOW, SLOW.replace("page", "info"), ["120s resolved", "120s pending"]],
  ["the name", SLOW, SLOW.replace("Slow", "Late"), ["120s resolved", "120s pending"]],
  ["removal", SLOW, "- record: a\n  expr: ttft", ["120s resolved"]],
];
for (const [what, before, after, expected] of reloads) {
  test(`reload with another: ${what}`, () => {
    const run = new Run(rule(before), ['ttft{app="chat"} 9x20']).tick(4);
    const told = run.told.length;
    run.reload(rule(after)).tick();
    assert.deepEqual(
      run.told.slice(told).map((line) => line.split(" ").slice(0, 2).join(" ")),
      expected,
    );
  });
}

test("series of a rule that is gone end stale, those that another rule goes on with do not", () => {
  const run = new Run(rule("- record: a\n  expr: m\n- record: b\n  expr: m"), ["m 1x9"]).tick(2);
  run.reload("groups:\n- name: other\n  rules:\n  - {record: a, expr: m + 0}").tick(2);
  assert.deepEqual(run.series("a"), { a: "0:1 30:1 60:1 90:1" });
  assert.deepEqual(run.series("b"), { b: "0:1 30:1 60:stale" });
});

test("a moved series is waited for until every group had its turn", () => {
  const run = new Run(rule("- record: a\n  expr: m\n- record: b\n  expr: m"), ["m 1x9"]).tick(3);
  // Due at whole minutes: 120 s is the first after the reload at 90 s.
  run.reload("groups:\n- name: other\n  interval: 1m\n  rules:\n  - {record: a, expr: m}");
  const saved = run.rules.save();
  run.rules.load(
    groupsOf("groups:\n- {name: other, interval: 1m, rules: [{record: a, expr: m}]}"),
    saved,
  );
  run.tick(3);
  assert.deepEqual(run.series("a"), { a: "0:1 30:1 60:1 120:1" });
  assert.deepEqual(run.series("b"), { b: "0:1 30:1 60:1 120:stale" });
});

test("the API sees health, states and times, also right after a reload", () => {
  const run = new Run(rule(SLOW, "  interval: 1m\n"), ['ttft{app="a"} 9x9']);
  const [fresh] = run.rules.rulesView();
  assert.deepEqual([fresh?.intervalMs, fresh?.lastEvaluatedAt], [MINUTE_MS, undefined]);
  assert.ok(fresh?.rules[0]?.kind === "alert");
  assert.deepEqual([fresh.rules[0].state, fresh.rules[0].health], ["unknown", "unknown"]);
  run.tick().reload(rule(SLOW));
  const [group] = run.rules.rulesView();
  assert.deepEqual([group?.intervalMs, group?.lastEvaluatedAt], [TICK_MS, START]);
  assert.ok(group?.rules[0]?.kind === "alert");
  assert.deepEqual([group.rules[0].state, group.rules[0].health], ["pending", "ok"]);
  assert.equal(group.rules[0].alerts[0]?.activeAt, START);
});

test("a rule added by reload waits until it is released", () => {
  const run = new Run("groups: []", ["m 1x9"]).tick();
  run
    .reload(
      rule("- record: a\n  expr: sum_over_time(m[10m] offset 5m)\n- record: b\n  expr: m"),
      true,
    )
    .tick();
  const waiting = run.rules.waitingRules();
  assert.deepEqual(
    waiting.map(({ reachMs }) => reachMs),
    [15 * MINUTE_MS, 5 * MINUTE_MS],
  );
  assert.deepEqual(run.series("b"), {});
  run.rules.release(waiting.slice(1).map(({ key }) => key));
  run.tick();
  assert.deepEqual(run.series("b"), { b: "60:1" });
  assert.equal(run.rules.rulesView()[0]?.rules[0]?.waiting, true);
});

test("memory must reach as far back as rules, offsets and queries in texts do", () => {
  const reach = (text: string): number => new Run(text, []).rules.reachMs() / MINUTE_MS;
  assert.equal(reach("groups: []"), 0);
  assert.equal(reach(rule("- record: a\n  expr: m")), 5);
  assert.equal(reach(rule("- record: a\n  expr: m[1h] offset 1d", "  query_offset: 1m\n")), 1501);
  const asking = (text: string): string =>
    rule(`- alert: A\n  expr: m\n  annotations: { a: '${text}' }`);
  assert.equal(reach(asking('{{ with (query "rate(m[1h])").x }}{{ end }}')), 60);
  assert.equal(reach(asking('{{ range $i := "rate(m[2h])" | query | len }}{{ end }}')), 120);
  assert.equal(reach(asking('{{ define "t" }}{{ query "m[3h" }}{{ end }}')), 5);
});

test("over a gap pending alerts keep the time served and firing ones go on", () => {
  const run = new Run(rule(SLOW), ['ttft{app="a"} 9x20', 'ttft{app="b"} _ _ 9x20']);
  run
    .tick(3)
    .gap(20 * MINUTE_MS)
    .tick(2);
  assert.deepEqual(
    run.told.slice(1).map((line) => line.replace(/, severity.*/, "")),
    [
      '60s firing {alertname="Slow", app="a"',
      '60s pending {alertname="Slow", app="b"',
      '1320s firing {alertname="Slow", app="b"',
    ],
  );
});

test("what keep_firing_for has left is counted in time that ran", () => {
  const body = "- alert: Kept\n  expr: m > 5\n  keep_firing_for: 1m";
  const run = new Run(rule(body), ["m 9 1 1 1 1"])
    .tick(2)
    .gap(10 * MINUTE_MS)
    .tick(3);
  assert.deepEqual(run.told, ['0s firing {alertname="Kept"}', '690s resolved {alertname="Kept"}']);
});

test("after more than an hour pending alerts start anew", () => {
  const run = new Run(rule(SLOW), ['ttft{app="a"} 9x20'])
    .tick(2)
    .gap(HOUR_MS + TICK_MS)
    .tick(3);
  assert.deepEqual(
    run.told.map((line) => line.split(" ").slice(0, 2).join(" ")),
    ["0s pending", "3660s inactive", "3690s pending", "3750s firing"],
  );
});

test("a rule that calls absent waits its longest range after a gap", () => {
  const body = "- alert: Gone\n  expr: absent_over_time(m[6m])\n- alert: Gone5\n  expr: absent(m)";
  const run = new Run(rule(body), ["m 1"])
    .tick()
    .gap(30 * MINUTE_MS)
    .tick(14);
  assert.deepEqual(run.told, [
    '2100s firing {alertname="Gone5"}',
    '2160s firing {alertname="Gone"}',
  ]);
});

test("saved and loaded at any tick, rules go on as if they had not stopped", () => {
  const text = rule(`${SLOW}
- alert: Keep
  expr: ttft > 7
  keep_firing_for: 1m
- record: a
  expr: ttft > 3
- alert: Gone
  expr: absent(ttft)
  for: 30s`);
  const values = fc.array(fc.constantFrom("1", "4", "6", "9", "NaN", "stale", "_"), {
    minLength: 12,
    maxLength: 12,
  });
  fc.assert(
    fc.property(values, values, fc.nat(11), (first, second, stop) => {
      const series = [`ttft{app="a"} ${first.join(" ")}`, `ttft{app="b"} ${second.join(" ")}`];
      const whole = new Run(text, series)
        .tick(stop)
        .gap(HOUR_MS / 2)
        .tick(12 - stop);
      const parted = new Run(text, series).tick(stop).gap(HOUR_MS / 2);
      const saved: unknown = JSON.parse(JSON.stringify(parted.rules.save()));
      parted.rules = new RuleSet(TICK_MS);
      parted.rules.load(groupsOf(text), saved as ReturnType<RuleSet["save"]>);
      parted.tick(12 - stop);
      assert.deepEqual(parted.told, whole.told);
      assert.deepEqual(parted.series("ALERTS"), whole.series("ALERTS"));
      assert.deepEqual(parted.series("a"), whole.series("a"));
      assert.deepEqual(parted.rules.rulesView(), whole.rules.rulesView());
    }),
    { numRuns: 60 },
  );
});

test("a snapshot of other rules is refused", () => {
  const { rules } = new Run(rule(SLOW), []);
  assert.throws(
    () => new RuleSet(TICK_MS).load(groupsOf(rule(OTHER)), rules.save()),
    /the snapshot has the state of a rule/,
  );
});
