import assert from "node:assert/strict";
import test from "node:test";
import { parseYaml } from "../../../naruko/src/config/parse-yaml.ts";
import type { Call } from "../model/call.ts";
import type { Effect, InputBody } from "../model/engine-io.ts";
import { labels, labelValue } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { Matcher } from "../model/reader.ts";
import { epochMs, SECOND_MS } from "../model/time.ts";
import { Engine, type EngineOptions } from "./engine.ts";

const TICK_MS = 15 * SECOND_MS;
const START = 1_700_000_000_000 - (1_700_000_000_000 % TICK_MS);
const OPTIONS: EngineOptions = {
  intervalMs: TICK_MS,
  limits: { ...DEFAULT_LIMITS, exemplars: 100 },
  parseYaml: (name, text) => parseYaml(name, text, "rule-file"),
};

const RULES = `groups:
- name: g
  rules:
  - alert: Slow
    expr: histogram_quantile(0.5, sum by (le, service_name)
      (rate(gen_ai_client_operation_duration_seconds_bucket[5m]))) > 4
  - alert: Failing
    expr: sum by (service_name)
      (rate(gen_ai_client_operation_duration_seconds_count{error_type!=""}[5m])) > 0
    annotations: {summary: "{{ $labels.service_name }}"}
  - {alert: Counted, expr: "sum(llm_operation_duration_seconds_count) > 0",
     annotations: {trace_ids: own}}
  - {alert: Constant, expr: vector(1)}
`;

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, "0");

function call(index: number, at: number, fields: Partial<Call>): Call {
  return {
    traceId: hex(index + 1, 32),
    spanId: hex(index + 1, 16),
    kind: "inference",
    operation: "chat",
    startAt: epochMs(at - 1000),
    endAt: epochMs(at),
    durationS: 1,
    service: "shop",
    provider: "openai",
    requestModel: "m",
    stream: false,
    finishReasons: [],
    usage: {},
    usageSource: "missing",
    weight: 1,
    dialect: "otel",
    ...fields,
  };
}

/** Calls by the second, and what became of them. */
class Driver {
  engine = new Engine(OPTIONS);
  readonly effects: Effect[] = [];
  readonly #restarts: boolean;
  #seq = 0;
  #calls = 0;

  /** @param restarts after every input */
  constructor(restarts: boolean) {
    this.#restarts = restarts;
    const ruleFiles = [{ name: "r.yml", text: RULES }];
    const setup = { ruleFiles, alertmanagers: [], externalUrl: "http://x", sources: {} };
    this.#apply(0, { kind: "reload", setup });
  }

  calls(atS: number, ...all: readonly Partial<Call>[]): this {
    const at = START + atS * SECOND_MS;
    const calls = all.map((fields) => call(this.#calls++, at, fields));
    this.#apply(atS, { kind: "telemetry", telemetry: { calls, points: [], evaluations: [] } });
    return this;
  }

  /** A verdict about the call of a number, which may come before it. */
  score(atS: number, about: number, score: number): this {
    const at = epochMs(START + atS * SECOND_MS);
    const own = { traceId: hex(about, 32), spanId: hex(about, 16), service: "shop" };
    const evaluations = [{ name: "faithfulness", at, score, ...own }];
    this.#apply(atS, { kind: "telemetry", telemetry: { calls: [], points: [], evaluations } });
    return this;
  }

  tick(atS: number): this {
    const steps = this.engine.advance({ ...this.#next(atS), kind: "tick" });
    for (let turn = steps.next(); ; turn = steps.next()) {
      if (turn.done !== true) continue;
      this.#done(turn.value);
      return this;
    }
  }

  /** Trace numbers and seconds of the exemplars, by their bucket. */
  exemplars(name: string): unknown {
    const matchers: readonly Matcher[] = [{ name: "__name__", op: "=", value: `${name}_bucket` }];
    const found = this.engine.exemplars.select([matchers], epochMs(0), epochMs(1e15));
    return found.map(({ labels: own, exemplars }) => [
      labelValue(own, "le"),
      exemplars.map(({ labels: of, at }) => [
        Number.parseInt(labelValue(of, "trace_id"), 16),
        (at - START) / SECOND_MS,
      ]),
    ]);
  }

  /** State and traces of what the rules told. */
  told(): unknown {
    const transitions = this.effects.flatMap((effect) =>
      effect.kind === "keep-transitions" ? effect.transitions : [],
    );
    return transitions.map(({ labels: of, state, annotations }) => {
      const ids = labelValue(annotations, "trace_ids").split(" ");
      const traces = ids.map((id) => (/^0+/.test(id) ? Number.parseInt(id, 16) : id));
      return [labelValue(of, "alertname"), state, ...traces];
    });
  }

  #apply(atS: number, body: Exclude<InputBody, { kind: "tick" }>): void {
    this.#done(this.engine.apply({ ...this.#next(atS), ...body }));
  }

  #next(atS: number) {
    return { seq: ++this.#seq, at: epochMs(START + atS * SECOND_MS) };
  }

  #done(effects: readonly Effect[]): void {
    this.effects.push(...effects);
    if (this.#restarts) this.engine = Engine.load(this.engine.save(), OPTIONS);
  }
}

function day(restarts: boolean): Driver {
  const driver = new Driver(restarts).calls(1, {}, { durationS: 100 }).tick(15);
  driver.calls(20, { durationS: 10 }, { durationS: 11 }, { durationS: 1.1 }).tick(30);
  driver.calls(50, { errorType: "timeout", durationS: 10 }, { service: "other" }).tick(60);
  driver.calls(61, { durationS: 10 }).score(62, 4, 0.1).score(63, 9, 0.2).tick(75);
  driver.calls(76, {});
  return driver.tick(90);
}

test("each bucket keeps one call a minute", () => {
  const found = day(false).exemplars("llm_operation_duration_seconds");
  // Failed calls are a series of their own; the last call came too early for its bucket.
  assert.deepEqual(found, [
    ["+Inf", [[2, 1]]],
    ["1", [[7, 50]]],
    [
      "1",
      [
        [1, 1],
        [9, 76],
      ],
    ],
    ["10", [[6, 50]]],
    ["10", [[3, 20]]],
    ["2", [[5, 20]]],
    ["30", [[4, 20]]],
  ]);
  const later = day(false).calls(110, { durationS: 10 }).calls(169, { durationS: 10 });
  const all = later.exemplars("llm_operation_duration_seconds") as [string, unknown][];
  const last = all.filter(([le]) => le === "10").at(-1);
  assert.deepEqual(last?.[1], [
    [3, 20],
    [10, 110],
  ]);
});

test("a firing alert has the traces of calls that broke its rule", () => {
  assert.deepEqual(day(false).told(), [
    ["Counted", "firing", "own"],
    ["Constant", "firing", ""],
    // Of the histogram's calls those above the limit of four seconds, the latest first.
    ["Slow", "firing", 3, 4, 2],
    ["Failing", "firing", 6],
  ]);
});

test("the traces of a firing alert stay until it ends", () => {
  const driver = day(false);
  const shown = (): unknown =>
    driver.engine.alerting
      .alertsView()
      .flatMap(({ rule, annotations }) =>
        rule === "Failing" ? [annotations.pairs.slice(0, 3)] : [],
      );
  const annotations = ["summary", "shop", "trace_ids"];
  assert.deepEqual(shown(), [annotations]);
  for (let at = 105; at <= 600; at += 15) driver.tick(at);
  assert.deepEqual(shown(), []);
  const told = driver.told() as unknown[][];
  assert.deepEqual(
    told.filter(([name]) => name === "Failing"),
    [
      ["Failing", "firing", 6],
      ["Failing", "resolved", 6],
    ],
  );
});

test("a verdict leads to its call, also where it came first", () => {
  const found = day(false).exemplars("naruko_evaluation_score") as [string, unknown][];
  assert.deepEqual(found, [
    ["0.1", [[4, 62]]],
    ["0.2", [[9, 76]]],
  ]);
});

test("a restart after every input changes nothing", () => {
  const [whole, restarted] = [day(false), day(true)];
  assert.deepEqual(restarted.effects, whole.effects);
  for (const name of ["gen_ai_client_operation_duration_seconds", "naruko_evaluation_score"]) {
    assert.deepEqual(restarted.exemplars(name), whole.exemplars(name));
  }
});

test("received exemplars are kept beside those of calls, within the same times", () => {
  const engine = new Engine(OPTIONS);
  const of = labels({ __name__: "vllm_seconds_bucket", le: "1" });
  const exemplar = (at: number, trace: string) => ({
    labels: labels({ trace_id: trace }),
    value: 0.5,
    at: epochMs(at),
  });
  const exemplars = [
    exemplar(START - 1000, "a"),
    exemplar(START - 1000, "a"),
    exemplar(START - 2000, "late"),
    exemplar(START + 3_600_000, "ahead"),
    exemplar(START, "x".repeat(121)),
    exemplar(START, "b"),
  ];
  const series = [{ labels: of, samples: [], exemplars }];
  const telemetry = { calls: [], points: [], evaluations: [], series };
  engine.apply({ seq: 1, at: epochMs(START), kind: "telemetry", telemetry });
  const all: readonly Matcher[] = [{ name: "le", op: "=", value: "1" }];
  const [found] = engine.exemplars.select([all], epochMs(0), epochMs(1e15));
  const kept = found?.exemplars.map(({ labels: own }) => labelValue(own, "trace_id"));
  assert.deepEqual(kept, ["a", "b"]);
  assert.equal(engine.seriesOutcome?.exemplars, 3);
  const counted = [...engine.counters()].filter(([name]) => name.startsWith("exemplars_"));
  assert.deepEqual(Object.fromEntries(counted), {
    "exemplars_out-of-order": 1,
    "exemplars_too-new": 1,
    "exemplars_labels-too-long": 1,
    exemplars_forgotten: 0,
  });
});
