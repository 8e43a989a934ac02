import assert from "node:assert/strict";
import test from "node:test";
import type { EngineSetup } from "../model/engine-io.ts";
import { formatLabels, labels } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import { epochMs } from "../model/time.ts";
import { Engine } from "./engine.ts";
import { TypedLabels } from "./typed-labels.ts";

function family(name: string, type: MetricMetadata["type"], unit = ""): MetricMetadata {
  return { name, type, help: "", unit };
}

const families = new Map(
  [
    family("requests_total", "counter"),
    family("errors", "counter"),
    family("latency_seconds", "histogram", "seconds"),
    family("size", "summary"),
    family("depth", "gauge"),
    family("target", "info"),
    family("odd", "unknown", "bytes"),
  ].map((one) => [one.name, one]),
);

// A metric's name, and the type and the unit that its series get.
const cases: readonly (readonly [string, string, string])[] = [
  ["requests_total", "counter", ""],
  ["errors_total", "counter", ""],
  ["latency_seconds", "histogram", "seconds"],
  ["latency_seconds_bucket", "histogram", "seconds"],
  ["latency_seconds_sum", "histogram", "seconds"],
  ["latency_seconds_count", "histogram", "seconds"],
  ["size_count", "summary", ""],
  ["depth", "gauge", ""],
  ["target_info", "info", ""],
  ["odd", "", "bytes"],
  // These only look like series of a family.
  ["depth_total", "sent", "sent"],
  ["size_bucket", "sent", "sent"],
  ["nothing", "sent", "sent"],
];
for (const [name, type, unit] of cases) {
  test(`${name} is of type "${type}" and unit "${unit}"`, () => {
    const sent = labels({ __name__: name, __type__: "sent", __unit__: "sent", job: "api" });
    const expected = labels({ __name__: name, __type__: type, __unit__: unit, job: "api" });
    assert.equal(new TypedLabels(families).of(sent).key, expected.key);
  });
}

test("labels follow what is known, and are made once", () => {
  const known = new Map(families);
  const typed = new TypedLabels(known);
  const sent = labels({ __name__: "depth" });
  assert.equal(formatLabels(typed.of(sent)), 'depth{__type__="gauge"}');
  assert.equal(typed.of(sent), typed.of(sent));
  known.set("depth", family("depth", "gauge", "meters"));
  assert.equal(formatLabels(typed.of(sent)), 'depth{__type__="gauge", __unit__="meters"}');
});

test("an engine types what it receives where its setup says so", () => {
  const setup: EngineSetup = {
    ruleFiles: [],
    alertmanagers: [],
    externalUrl: "http://127.0.0.1:4320",
    sources: {},
  };
  const held = (features: EngineSetup["features"]): readonly string[] => {
    const parseYaml = (): never => assert.fail("no files here");
    const engine = new Engine({ intervalMs: 15_000, limits: DEFAULT_LIMITS, parseYaml });
    const at = epochMs(3_600_000);
    engine.apply({
      seq: 1,
      at,
      kind: "reload",
      setup: features === undefined ? setup : { ...setup, features },
    });
    const of = labels({ __name__: "depth" });
    const series = [{ labels: of, samples: [{ at, value: 1 }], exemplars: [] }];
    const metadata = [family("depth", "gauge", "meters")];
    const telemetry = { calls: [], points: [], evaluations: [], series, metadata };
    engine.apply({ seq: 2, at, kind: "telemetry", telemetry });
    const slices = engine.readerAt(at).select([], epochMs(0), at);
    return slices.map((slice) => formatLabels(slice.labels));
  };
  assert.deepEqual(held(undefined), ["depth"]);
  assert.deepEqual(held(["type-and-unit-labels"]), ['depth{__type__="gauge", __unit__="meters"}']);
});
