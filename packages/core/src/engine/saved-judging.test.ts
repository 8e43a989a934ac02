import assert from "node:assert/strict";
import test from "node:test";
import { parseYaml } from "../../../naruko/src/config/parse-yaml.ts";
import { callOf, setupOf } from "../judge/testing/judged-calls.ts";
import type { InputBody } from "../model/engine-io.ts";
import { InputError } from "../model/input-error.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { epochMs } from "../model/time.ts";
import { Engine, type EngineOptions, type EngineSnapshot } from "./engine.ts";
import { packSections, unpackSections } from "./sections.ts";

const START = 1_800_000_000_000;
const RUBRIC = `---
name: faithfulness
---
Is it borne out?
`;

const OPTIONS: EngineOptions = {
  intervalMs: 15_000,
  limits: DEFAULT_LIMITS,
  parseYaml: (name, text) => parseYaml(name, text, "rule-file"),
};

/** An engine that waits for the verdict on one call; of a conversation, so that its draw is remembered. */
function waiting(): Engine {
  const engine = new Engine(OPTIONS);
  const judge = setupOf({ rate: 1, rubricFiles: [{ name: "faithfulness.md", text: RUBRIC }] });
  const call = callOf(1, { startAt: epochMs(START - 1000), endAt: epochMs(START) });
  const bodies: readonly InputBody[] = [
    {
      kind: "reload",
      setup: {
        ruleFiles: [],
        alertmanagers: [],
        externalUrl: "http://127.0.0.1:4320",
        sources: {},
        capture: "judge",
        judge,
      },
    },
    { kind: "telemetry", telemetry: { calls: [call], points: [], evaluations: [] } },
  ];
  for (const [i, body] of bodies.entries())
    engine.apply({ seq: i + 1, at: epochMs(START), ...body });
  return engine;
}

/** The state as JSON that can be changed. */
type State = { judging: Record<string, unknown> };

function changed(snapshot: EngineSnapshot, change: (state: State) => void): EngineSnapshot {
  const state = JSON.parse(snapshot.state) as State;
  change(state);
  return { ...snapshot, state: JSON.stringify(state) };
}

function lastSection({ heads }: EngineSnapshot): Uint8Array {
  const last = unpackSections(heads).at(-1);
  assert.ok(last);
  return last;
}

function withLastSection(snapshot: EngineSnapshot, last: Uint8Array): EngineSnapshot {
  const sections = unpackSections(snapshot.heads).slice(0, -1);
  return { ...snapshot, heads: packSections([...sections, last]) };
}

test("a state of version 1, whose last section is the sampler's words alone, is gone on from", () => {
  const engine = waiting();
  const snapshot = engine.save();
  const [words] = unpackSections(lastSection(snapshot));
  assert.ok(words && words.length > 0);
  const none = { scores: [], rubrics: [], awaited: [], notAwaited: 0 };
  const before = changed(snapshot, ({ judging }) => {
    delete judging["sections"];
    Object.assign(judging, { scores: none, badShares: none });
  });
  const loaded = Engine.load({ ...withLastSection(before, words), version: 1 }, OPTIONS);
  assert.deepEqual(loaded.askedKeys(), engine.askedKeys());
  assert.deepEqual(unpackSections(lastSection(loaded.save()))[0], words);
});

const snapshot = waiting().save();
const inner = unpackSections(lastSection(snapshot));
for (const [what, broken, message] of [
  ["of a later program", { ...snapshot, version: 3 }, /has version 3, 1 to 2 are known/],
  ["of no version", { ...snapshot, version: 0 }, /has version 0/],
  [
    "whose scores are missing",
    withLastSection(snapshot, packSections(inner.slice(0, 1))),
    /the scores are cut off/,
  ],
  [
    "whose scores end within a number",
    withLastSection(
      snapshot,
      packSections([...inner.slice(0, 1), ...inner.slice(1).map((bytes) => bytes.slice(0, -1))]),
    ),
    /a section is cut off/,
  ],
] as const) {
  test(`a state ${what} is refused`, () => {
    assert.throws(
      () => Engine.load(broken, OPTIONS),
      (error) =>
        error instanceof InputError && error.kind === "snapshot" && message.test(error.message),
    );
  });
}
