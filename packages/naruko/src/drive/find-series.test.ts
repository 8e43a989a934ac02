import assert from "node:assert/strict";
import test from "node:test";
import { Engine } from "@naruko/core/engine/engine";
import { InputError } from "@naruko/core/model/input-error";
import { formatLabels, labels } from "@naruko/core/model/labels";
import type { Labels } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Matcher } from "@naruko/core/model/reader";
import { epochMs, HOUR_MS } from "@naruko/core/model/time";
import type { Disk } from "../disk/disk.ts";
import { findSeries } from "./find-series.ts";
import type { SeriesRequest } from "./find-series.ts";
import { QueryCanceled, QueryTimeout } from "./query.ts";
import type { QueryControl, QuerySources } from "./query.ts";

const DAY_MS = 24 * HOUR_MS;
const START = 1_700_000_000_000 - (1_700_000_000_000 % 15_000);

const of = (name: string, n: number): Labels => labels({ __name__: name, n: String(n) });
const named = (op: Matcher["op"], value: string): readonly Matcher[] => [
  { name: "__name__", op, value },
];

/** A day old: memory has the last hours alone. */
function engine(): Engine {
  const made = new Engine({
    intervalMs: 15_000,
    limits: DEFAULT_LIMITS,
    parseYaml: () => assert.fail("no files here"),
  });
  const at = epochMs(START + DAY_MS);
  const steps = made.advance({ seq: 1, at, kind: "tick" });
  while (steps.next().done !== true);
  const series = [of("b", 1), of("a", 2), of("a", 1)].map((own) => {
    return { labels: own, samples: [{ at, value: 1 }], exemplars: [] };
  });
  const telemetry = { calls: [], points: [], evaluations: [], series };
  made.apply({ seq: 2, at, kind: "telemetry", telemetry });
  return made;
}

type Stored = Disk["series"];

function sources(stored: Stored, more: Partial<QuerySources> = {}): QuerySources {
  return {
    engine: engine(),
    disk: { series: stored, chunks: () => assert.fail("no samples are read") },
    limits: DEFAULT_LIMITS,
    now: () => epochMs(START + DAY_MS),
    monotonicMs: () => 0,
    ...more,
  };
}

const onDisk: Stored = () =>
  Promise.resolve({ ok: true, value: [of("a", 1), of("a", 3), of("c", 1)] });
const nothing: Stored = () => assert.fail("memory has all of it");

const ALL: SeriesRequest = {
  sets: [],
  from: epochMs(START),
  to: epochMs(START + DAY_MS),
};
const recent = { ...ALL, from: epochMs(START + DAY_MS) };

for (const [what, request, stored, expected] of [
  ["all, each once, sorted", ALL, onDisk, ["a1", "a2", "a3", "b1", "c1"]],
  ["by a matcher", { ...ALL, sets: [named("=", "a")] }, onDisk, ["a1", "a2", "a3"]],
  [
    "by any of several sets",
    { ...ALL, sets: [named("=~", "b|c"), named("!=", "a")] },
    onDisk,
    ["b1", "c1"],
  ],
  ["of this moment, its beginning included", recent, nothing, ["a1", "a2", "b1"]],
  ["after all of it", { ...recent, from: epochMs(START + DAY_MS + 1) }, nothing, []],
] as const) {
  test(`series: ${what}`, async () => {
    const to = request.from > ALL.to ? request.from : request.to;
    const found = await findSeries({ ...request, to }, sources(stored));
    assert.deepEqual(
      found.map((own) => formatLabels(own).replaceAll(/[^a-z0-9]|n=/g, "")),
      expected,
    );
  });
}

const ends: readonly (readonly [string, Partial<QuerySources>, QueryControl, unknown])[] = [
  ["too many", { limits: { ...DEFAULT_LIMITS, querySeries: 4 } }, {}, InputError],
  ["nobody waits", {}, { isCanceled: () => true }, QueryCanceled],
  ["no time is left", {}, { timeoutMs: -1 }, QueryTimeout],
];
for (const [what, more, control, error] of ends) {
  test(`series are refused: ${what}`, async () => {
    const asked = findSeries(ALL, sources(onDisk, more), control);
    await assert.rejects(asked, (thrown: unknown) => {
      return typeof error === "function" && thrown instanceof error;
    });
  });
}

test("a disk that cannot be read is no answer", async () => {
  const broken: Stored = () => Promise.resolve({ ok: false, retry: false, reason: "gone" });
  await assert.rejects(findSeries(ALL, sources(broken)), /the disk cannot be read: gone/);
});
