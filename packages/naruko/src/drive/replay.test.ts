import assert from "node:assert/strict";
import test from "node:test";
import { Engine } from "@naruko/core/engine/engine";
import type { ChunkRow, Effect, EngineSetup } from "@naruko/core/model/engine-io";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { epochMs, MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import * as fc from "fast-check";
import { engineYaml } from "../config/setup.ts";
import { aCall, telemetryOf } from "../testing/any-input.ts";
import { Replay } from "./replay.ts";
import type { ReplayInput } from "./replay.ts";

const INTERVAL_MS = 15 * SECOND_MS;
const START = 1_793_613_600_000;
const OPTIONS = {
  intervalMs: INTERVAL_MS,
  limits: DEFAULT_LIMITS,
  parseYaml: engineYaml({}),
};

// `vector(time())` writes the time of every tick into the alert's value.
const SETUP: EngineSetup = {
  ruleFiles: [
    {
      name: "r.yml",
      text: JSON.stringify({
        groups: [
          {
            name: "g",
            rules: [
              { alert: "Tick", expr: `vector(time() - ${START / SECOND_MS})` },
              { alert: "Failing", for: "30s", expr: "rate(llm_errors_total[1m]) > 0" },
              { record: "calls", expr: "sum(increase(llm_operation_duration_seconds_count[5m]))" },
              { alert: "Busy", expr: "calls > 5", labels: { n: "{{ $value }}" } },
            ],
          },
        ],
      }),
    },
  ],
  alertmanagers: ["am"],
  externalUrl: "http://127.0.0.1:4320",
  sources: {},
};

type Timed = { readonly at: EpochMs; readonly body: ReplayInput };

function at(offsetMs: number): EpochMs {
  return epochMs(START + offsetMs);
}

function call(offsetMs: number, error?: string): Timed {
  const endAt = at(offsetMs);
  const fields = { spanId: String(offsetMs), startAt: epochMs(endAt - 100), endAt };
  const one = aCall(error === undefined ? fields : { ...fields, errorType: error });
  return { at: endAt, body: { kind: "telemetry", telemetry: telemetryOf([one]) } };
}

/** Seconds of the ticks at which rules were evaluated. */
function ticksOf(inputs: readonly Timed[]): readonly number[] {
  const ticks: number[] = [];
  const between = (engine: Engine): Engine => {
    const tick = engine.alerting.alertsView().find(({ rule }) => rule === "Tick")?.value;
    if (tick !== undefined && tick !== ticks.at(-1)) ticks.push(tick);
    return engine;
  };
  const engine = new Engine(OPTIONS);
  const replay = new Replay({
    engine,
    intervalMs: INTERVAL_MS,
    onEffect: () => undefined,
    between,
  });
  replay.take(at(0), { kind: "reload", setup: SETUP });
  for (const { at: time, body } of inputs) replay.take(time, body);
  replay.finish();
  return ticks;
}

const gap = (fromMs: number, toMs: number): Timed => ({
  at: at(toMs),
  body: { kind: "gap", from: at(fromMs), to: at(toMs) },
});

/** Inputs, then the seconds at which ticks run. */
const placed: readonly (readonly [string, readonly Timed[], readonly number[]])[] = [
  ["one at the time of the only input", [], [0]],
  ["the last at or after the last input", [call(1000)], [0, 15]],
  ["an input at a tick comes before it", [call(15_000)], [0, 15]],
  ["one just after it does not", [call(15_001)], [0, 15, 30]],
  ["every tick between two inputs", [call(1000), call(61_000)], [0, 15, 30, 45, 60, 75]],
  ["none within a gap", [call(1000), gap(15_000, 62_000), call(76_000)], [0, 15, 75, 90]],
  ["one at a gap's end", [call(1000), gap(15_000, 60_000)], [0, 15, 60]],
];
for (const [name, inputs, expected] of placed) {
  test(`ticks: ${name}`, () => {
    assert.deepEqual(ticksOf(inputs), expected);
  });
}

test("deliveries and posts succeed at once", () => {
  const engine = new Engine(OPTIONS);
  const kinds = new Set<string>();
  const replay = new Replay({
    engine,
    intervalMs: INTERVAL_MS,
    onEffect: ({ kind }) => kinds.add(kind),
  });
  replay.take(at(0), { kind: "reload", setup: SETUP });
  replay.take(at(5 * MINUTE_MS), { kind: "telemetry", telemetry: telemetryOf([]) });
  replay.finish();
  assert.ok(kinds.has("deliver") && kinds.has("forward"), [...kinds].join(" "));
  assert.deepEqual(engine.outstanding(), []);
  assert.equal(engine.alerting.deliveryCounts()[0]?.delivered, 1);
});

/** A few calls, some failing, and gaps; times ascend. */
const anyInputs = fc
  .array(
    fc.record({
      stepMs: fc.integer({ min: 1, max: 90 * SECOND_MS }),
      kind: fc.constantFrom("good", "good", "failed", "gap"),
    }),
    { maxLength: 40 },
  )
  .map((steps) => {
    const inputs: Timed[] = [{ at: at(0), body: { kind: "reload", setup: SETUP } }];
    let offset = 0;
    for (const { stepMs, kind } of steps) {
      const from = Math.floor(offset / INTERVAL_MS) * INTERVAL_MS;
      offset += kind === "gap" ? stepMs + 2 * INTERVAL_MS : stepMs;
      if (kind === "gap") inputs.push(gap(from, offset));
      else inputs.push(call(offset, kind === "failed" ? "500" : undefined));
    }
    return inputs;
  });

function effectsOf(inputs: readonly Timed[], isRestart: (n: number) => boolean): readonly Effect[] {
  const effects: Effect[] = [];
  const chunks: ChunkRow[] = [];
  let count = 0;
  let current = new Engine(OPTIONS);
  const replay = new Replay({
    engine: current,
    intervalMs: INTERVAL_MS,
    onEffect: (effect) => {
      if (effect.kind === "keep-chunks") chunks.push(...effect.chunks);
      effects.push(effect);
    },
    between: (engine) => {
      assert.equal(engine, current, "the engine that was handed back goes on");
      if (!isRestart(count++)) return engine;
      current = Engine.load(engine.save(), OPTIONS);
      current.adopt(chunks);
      return current;
    },
  });
  for (const { at: time, body } of inputs) replay.take(time, body);
  replay.finish();
  return effects;
}

test("a replay in pieces, saved and loaded between any of them, comes to the same", () => {
  fc.assert(
    fc.property(anyInputs, fc.integer({ min: 1, max: 9 }), (inputs, every) => {
      const whole = effectsOf(inputs, () => false);
      const pieces = effectsOf(inputs, (n) => n % every === 0);
      assert.deepEqual(pieces, whole);
    }),
    { numRuns: 15 },
  );
});
