// Alert states beside those of Prometheus itself: promtool evaluates the same rules over the same
// samples, and `ALERTS` and a recorded series are compared at every tick.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { parseYaml } from "../../../naruko/src/config/parse-yaml.ts";
import { formatLabels } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { epochMs } from "../model/time.ts";
import { evaluateNow } from "../promql/evaluate.ts";
import { parse } from "../promql/parser.ts";
import { parseSeriesLine } from "../promql/test-language/series-line.ts";
import { Store } from "../store/store.ts";
import { RuleSet } from "./rule-set.ts";
import { parseRuleFile } from "./rule-file.ts";

const found = spawnSync("promtool", ["--version"]).status === 0;
const required = process.env["NARUKO_REQUIRE_PEERS"] === "1";
const skip = found || required ? false : "promtool is not installed";

const TICK_MS = 30_000;
const TICKS = 40;

const RULES = {
  groups: [
    {
      name: "g",
      interval: "30s",
      rules: [
        { record: "doubled", expr: "m * 2", labels: { by: "rule" } },
        {
          alert: "AtOnce",
          expr: "m > 5",
          labels: { level: "{{ if gt $value 8.0 }}high{{ end }}" },
        },
        { alert: "Held", expr: "doubled > 10", for: "1m" },
        { alert: "Kept", expr: "m > 5", keep_firing_for: "1m" },
        { alert: "Both", expr: "m > 5", for: "1m", keep_firing_for: "90s" },
        { alert: "Known", expr: 'count(ALERTS{alertname="Held"}) > 1', for: "30s" },
        { alert: "Gone", expr: 'absent(m{i="0"})', for: "30s" },
      ],
    },
  ],
};

/** A small generator of Park and Miller's kind: the same numbers in every run. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state;
  }
}

function randomSeries(seed: number): { readonly series: string; readonly values: string }[] {
  const next = numbers(seed);
  const choices = ["1", "3", "6", "6", "9", "9", "_", "stale"];
  return Array.from({ length: 4 }, (_, i) => {
    // Runs of equal values, since a coin tossed at each tick would seldom let anything fire.
    const values: string[] = [];
    while (values.length < TICKS) {
      const value = choices[next.next().value % choices.length] ?? "_";
      values.push(...Array.from({ length: 1 + (next.next().value % 5) }, () => value));
    }
    return { series: `m{i="${i}"}`, values: values.slice(0, TICKS).join(" ") };
  });
}

/** Labels in braces, and the value. */
const SAMPLE = /(\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}) ([-+.\dEe]+)/g;

const ASKED = ["ALERTS", "doubled"];

function byPrometheus(inputs: ReturnType<typeof randomSeries>): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-promtool-"));
  try {
    const times = Array.from({ length: TICKS }, (_, i) => `${i * 30}s`);
    const asked = times.flatMap((eval_time) =>
      // A sample that nothing produces makes promtool print what it got, empty results included.
      ASKED.map((expr) => ({ expr, eval_time, exp_samples: [{ labels: "none", value: 1 }] })),
    );
    const tests = [{ interval: "30s", input_series: inputs, promql_expr_test: asked }];
    const file = { rule_files: ["rules.json"], evaluation_interval: "30s", tests };
    writeFileSync(path.join(folder, "rules.json"), JSON.stringify(RULES));
    writeFileSync(path.join(folder, "tests.json"), JSON.stringify(file));
    const options = { cwd: folder, encoding: "utf8" } as const;
    const { stdout, stderr } = spawnSync("promtool", ["test", "rules", "tests.json"], options);
    const answers = (stdout + stderr).matchAll(/expr: "(\w+)", time: [^]*?got: ([^\n]*)/g);
    return Array.from(answers, ([, expr, got = ""]) => {
      const samples = Array.from(
        got.matchAll(SAMPLE),
        ([, labels, value]) => `${labels} ${Number(value)}`,
      );
      return `${expr} ${samples.toSorted().join(", ")}`;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function byUs(inputs: ReturnType<typeof randomSeries>): string[] {
  const store = new Store(DEFAULT_LIMITS);
  const rules = new RuleSet(TICK_MS);
  const file = parseYaml("rules.json", JSON.stringify(RULES), "rule-file");
  rules.reload(parseRuleFile(file).groups, epochMs(0));
  const lines = inputs.map(({ series, values }) => parseSeriesLine(`${series} ${values}`));
  const context = {
    reader: () => store.snapshot(),
    append: (...sample: Parameters<Store["append"]>) => void store.append(...sample),
    limits: DEFAULT_LIMITS,
    externalUrl: "",
  };
  return Array.from({ length: TICKS }).flatMap((_, tick) => {
    const at = epochMs(tick * TICK_MS);
    for (const { labels, values } of lines) {
      const value = values[tick];
      if (value !== undefined) store.append(labels, at, value);
    }
    for (const work = rules.evaluate(at, context); work.next().done !== true;);
    return ASKED.map((expr) => {
      const span = { from: at, to: at, stepMs: 0, lookbackMs: 300_000, limits: DEFAULT_LIMITS };
      const { value } = evaluateNow(parse(expr), store.snapshot(), span);
      assert.ok(value.kind === "vector");
      const samples = value.series.map((labels, i) => {
        const name = `__name__="${expr}"`;
        const rest = formatLabels(labels).slice(expr.length + 1);
        return `{${name}, ${rest} ${value.values[i]}`;
      });
      return `${expr} ${samples.toSorted().join(", ")}`;
    });
  });
}

for (const seed of [1, 7, 42, 2026]) {
  test(`alerts change when Prometheus' do, seed ${seed}`, { skip }, () => {
    const inputs = randomSeries(seed);
    const theirs = byPrometheus(inputs);
    assert.equal(theirs.length, TICKS * ASKED.length, "promtool answered every question");
    assert.ok(
      theirs.some((answer) => answer.includes("firing")),
      "something fires",
    );
    assert.deepEqual(byUs(inputs), theirs);
  });
}
