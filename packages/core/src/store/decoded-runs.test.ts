import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { labels } from "../model/labels.ts";
import {
  isStale,
  type NativeHistogram,
  type SampleValue,
  STALE,
  type Stale,
} from "../model/sample.ts";
import { epochMs } from "../model/time.ts";
import type { SeriesSlice } from "../model/reader.ts";
import { ChunkList, ChunkPages } from "./chunk-list.ts";
import { decoded } from "./chunk-samples.ts";
import { decodedRuns } from "./decoded-runs.ts";
import { cutOut } from "./samples.ts";
import { Store } from "./store.ts";
import type { StoreReader } from "./store-reader.ts";
import { SampleEncoder, XOR_SAMPLES } from "./xor-samples.ts";

test("more chunks than are kept come back right, in any order", () => {
  const pages = new ChunkPages();
  const encoder = new SampleEncoder();
  const lists = Array.from({ length: 100 }, () => new ChunkList());
  const values = new Float64Array(500);
  for (const list of lists) {
    for (let n = 0; n < 100; n++) {
      const times = Float64Array.from(values, (_, i) => n * 1000 + i);
      const bytes = encoder.encode(times, values.fill(n), 0, 500);
      const [from, to] = [epochMs(n * 1000), epochMs(n * 1000 + 499)];
      list.push(from, to, pages.write({ from, to, count: 500, encoding: XOR_SAMPLES, bytes }));
    }
  }
  for (let n = 0; n < 20_000; n++) {
    const list = lists[(n * 7919) % 100] ?? new ChunkList();
    const first = (n * 31) % 98;
    const span = { list, first, end: first + 1 + (n % 2) };
    const range = { from: list.from(first) - 1, to: list.to(first) };
    const run = decodedRuns.of(span, undefined);
    const stretch = run.stretch(range, span.end, 0);
    assert.deepEqual(stretch && cutOut(stretch), decoded(list, first));
    assert.equal(decodedRuns.of(span, undefined), run);
  }
});

const HISTOGRAM: NativeHistogram = {
  counterReset: "unknown",
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 1,
  count: 1,
  sum: 0,
  positiveSpans: [],
  positiveBuckets: [],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [],
};

const STEP_MS = 15_000;
const SERIES = labels({ __name__: "a" });

type Seen = readonly [at: number, value: SampleValue | Stale];

function seenIn(slices: readonly SeriesSlice[]): readonly Seen[] {
  return slices.flatMap(({ times, values, histograms }) => {
    assert.ok(histograms === undefined || histograms.length === times.length);
    return Array.from(times, (at, i): Seen => {
      const value = histograms?.[i]?.count ?? (isStale(values, i) ? STALE : (values[i] ?? 0));
      return [at, value];
    });
  });
}

const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      count: fc.integer({ min: 1, max: 60 }),
      value: fc.constantFrom<("number" | "histogram" | Stale)[]>(
        "number",
        "number",
        "histogram",
        STALE,
      ),
    }),
  },
  fc.record({ do: fc.constant("late" as const), stepsAgo: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ do: fc.constant("drop" as const), stepsAgo: fc.integer({ min: 100, max: 600 }) }),
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      reader: fc.nat(),
      fromStepsAgo: fc.integer({ min: -5, max: 700 }),
      steps: fc.integer({ min: 1, max: 400 }),
    }),
  },
);

test("readers of different ages see what there was when they were taken, whatever was read before", () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 30, maxLength: 60 }), (actions) => {
      const store = new Store({ series: 1 });
      let kept: readonly Seen[] = [];
      let now = 0;
      let count = 0;
      const readers: { readonly reader: StoreReader; readonly kept: readonly Seen[] }[] = [];
      const append = (at: number, kind: "number" | "histogram" | Stale): void => {
        count++;
        const value =
          kind === "histogram" ? { ...HISTOGRAM, count } : kind === STALE ? STALE : count;
        const result = store.append(SERIES, epochMs(at), value);
        if (result !== "appended" && result !== "late") return;
        const seen: Seen = [at, kind === STALE ? STALE : count];
        kept = [...kept, seen].toSorted(([a], [b]) => a - b);
      };
      for (const act of actions) {
        if (act.do === "append") {
          for (let i = 0; i < act.count; i++) append((now += STEP_MS), act.value);
        } else if (act.do === "late") append(now - act.stepsAgo * STEP_MS + 1, "number");
        else if (act.do === "drop") {
          // Whole chunks go: what of them is left is told by the store itself.
          store.drop(epochMs(now - act.stepsAgo * STEP_MS));
          const all = store.snapshot().select([], epochMs(-1e12), epochMs(1e12));
          const from = all[0]?.times[0] ?? Infinity;
          kept = kept.filter(([at]) => at >= from);
        } else {
          readers.push({ reader: store.snapshot(), kept });
          const from = now - act.fromStepsAgo * STEP_MS;
          const to = from + act.steps * STEP_MS;
          for (const asked of [readers[act.reader % readers.length], readers.at(-1)]) {
            const slices = asked?.reader.select([], epochMs(from), epochMs(to)) ?? [];
            const expected = asked?.kept.filter(([at]) => at > from && at <= to);
            assert.deepEqual(seenIn(slices), expected);
          }
        }
      }
    }),
    { numRuns: 200 },
  );
});
