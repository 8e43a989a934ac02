import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { ChunkRow } from "../model/engine-io.ts";
import { type Labels, labels } from "../model/labels.ts";
import type { SeriesSlice } from "../model/reader.ts";
import { isStale, STALE, type Stale } from "../model/sample.ts";
import { type EpochMs, epochMs, HOUR_MS, MINUTE_MS } from "../model/time.ts";
import { type AppendResult, Store } from "./store.ts";
import type { StoreReader } from "./store-reader.ts";

const START = epochMs(1_700_000_000_000);
const FOREVER = epochMs(Number.MAX_SAFE_INTEGER);
const NEVER = epochMs(0);
const limits = { series: 100 };
const up = labels({ __name__: "up", job: "api" });

function at(offsetMs: number): EpochMs {
  return epochMs(START + offsetMs);
}

function shown({ times, values }: SeriesSlice): readonly (readonly [number, number | Stale])[] {
  return Array.from(times, (time, i) => [
    time - START,
    isStale(values, i) ? STALE : (values[i] ?? 0),
  ]);
}

function all(reader: StoreReader, from = NEVER, to = FOREVER): Record<string, unknown> {
  return Object.fromEntries(
    reader.select([], from, to).map((slice) => [slice.labels.key, shown(slice)]),
  );
}

function fill(store: Store, count: number, series: Labels = up): void {
  for (let i = 0; i < count; i++) {
    assert.equal(store.append(series, at(i * 15_000), i), "appended");
  }
}

/** Offsets in ms of what is appended to a series in turn, and what becomes of the last one. */
const appends: readonly (readonly [string, readonly number[], AppendResult])[] = [
  ["the first", [0], "appended"],
  ["a later one", [0, 1], "appended"],
  ["one at the same time", [0, 0], "duplicate"],
  ["an earlier one inside the window", [0, 100, 50], "late"],
  ["one before the first", [100, 0], "late"],
  ["a late one twice", [0, 100, 50, 50], "duplicate"],
  ["one at the window's end", [300_000, 0], "late"],
  ["one past the window", [300_001, 0], "too-old"],
  ["one past the window that is there already", [0, 300_001, 0], "too-old"],
];
for (const [name, offsets, result] of appends) {
  test(`${name} is ${result}`, () => {
    const store = new Store(limits);
    const results = offsets.map((offset, i) => store.append(up, at(offset), i));
    assert.equal(results.at(-1), result);
    assert.deepEqual(
      all(store.snapshot())[up.key],
      offsets
        .flatMap((offset, i) =>
          results[i] === "appended" || results[i] === "late" ? [[offset, i] as const] : [],
        )
        .toSorted((a, b) => a[0] - b[0]),
    );
  });
}

test("a further series is refused at the limit, the others go on", () => {
  const store = new Store({ series: 1 });
  assert.equal(store.append(up, START, 1), "appended");
  assert.equal(store.append(labels({ __name__: "down" }), START, 1), "series-limit");
  assert.equal(store.append(up, at(1), 1), "appended");
  assert.equal(store.stats().series, 1);
});

test("the same sample again is a repeat, also a stale marker and a NaN", () => {
  const store = new Store(limits);
  const values: readonly (number | Stale)[] = [1, NaN, STALE];
  for (const [i, value] of values.entries()) {
    assert.equal(store.append(up, at(i), value), "appended");
    assert.equal(store.append(up, at(i), value), "repeat");
    assert.equal(store.append(up, at(i), 2), "duplicate");
  }
});

test("stale markers and NaN stay apart, open and sealed", () => {
  const store = new Store(limits);
  for (let i = 0; i < 200; i++) store.append(up, at(i * 15_000), i % 3 === 0 ? STALE : NaN);
  assert.ok(store.takeSealed().length > 0);
  const [slice] = store.snapshot().select([], NEVER, FOREVER);
  const stale = Array.from({ length: 200 }, (_none, i) => slice && isStale(slice.values, i));
  assert.deepEqual(
    stale,
    Array.from({ length: 200 }, (_none, i) => i % 3 === 0),
  );
});

test("a NaN that carries the stale marker's payload is stored as a plain NaN", () => {
  const payload = new DataView(new ArrayBuffer(8));
  payload.setUint32(0, 0x7ff00000);
  payload.setUint32(4, 2);
  const store = new Store(limits);
  store.append(up, START, payload.getFloat64(0));
  const [slice] = store.snapshot().select([], NEVER, FOREVER);
  assert.equal(slice && isStale(slice.values, 0), false);
});

test("chunks have about 120 samples, and only such as no late sample can precede", () => {
  const store = new Store({ series: 1000 });
  const counts: number[] = [];
  for (let i = 0; i < 50; i++) fill(store, 160, labels({ n: String(i) }));
  for (const row of store.takeSealed()) {
    counts.push(row.count);
    assert.equal(row.from, START);
    assert.ok(row.to < at(159 * 15_000 - 5 * MINUTE_MS));
  }
  assert.ok(Math.min(...counts) >= 104 && Math.max(...counts) <= 135, String(counts));
  assert.ok(new Set(counts).size > 10, "series seal at different times");
  assert.deepEqual(store.takeSealed(), []);
});

test("a range is open at its start and closed at its end, over chunks and head", () => {
  const store = new Store(limits);
  fill(store, 500);
  const reader = store.snapshot();
  const steps = Array.from({ length: 502 }, (_none, i) => i - 1);
  for (const from of steps) {
    for (const to of [from, from + 1, from + 130, from + 300]) {
      const slices = reader.select([], at(from * 15_000), at(to * 15_000));
      const expected = steps.filter((i) => i > from && i <= to && i >= 0 && i < 500);
      assert.deepEqual(
        slices.flatMap((slice) => [...slice.values]),
        expected,
      );
      assert.equal(slices.length, expected.length === 0 ? 0 : 1);
      // Labels are told by spans: an empty range inside of a chunk is not asked for.
      const told = reader.series([], at(from * 15_000), at(to * 15_000));
      if (to > from) assert.equal(told.length, expected.length === 0 ? 0 : 1);
    }
  }
});

test("what is sealed is older than the window, to the millisecond", () => {
  const store = new Store(limits);
  for (let i = 0; i < 1000; i++) {
    store.append(up, at(i * MINUTE_MS), i);
    for (const row of store.takeSealed()) assert.equal(row.to, at((i - 6) * MINUTE_MS));
  }
  assert.ok(store.stats().samples === 1000);
});

test("labels are told for the range that is asked", () => {
  const store = new Store(limits);
  store.append(labels({ __name__: "a", job: "x" }), at(0), 1);
  store.append(labels({ __name__: "b", job: "y", zone: "1" }), at(HOUR_MS), 1);
  const reader = store.snapshot();
  assert.deepEqual(reader.labelNames([], NEVER, FOREVER), ["__name__", "job", "zone"]);
  assert.deepEqual(reader.labelNames([], at(-1), at(0)), ["__name__", "job"]);
  assert.deepEqual(reader.labelNames([], at(0), at(1)), []);
  assert.deepEqual(reader.labelValues("job", [], NEVER, FOREVER), ["x", "y"]);
  const onlyB = [{ name: "__name__", op: "=", value: "b" }] as const;
  const onlyX = [{ name: "job", op: "=", value: "x" }] as const;
  assert.deepEqual(reader.labelValues("job", [onlyB], NEVER, FOREVER), ["y"]);
  assert.deepEqual(reader.labelValues("none", [onlyB], NEVER, FOREVER), []);
  const names = reader.series([onlyB, onlyX, onlyB], NEVER, FOREVER).map((one) => one.pairs[1]);
  assert.deepEqual(names, ["a", "b"]);
});

test("what is past the horizon goes by whole chunks, and series with it", () => {
  const store = new Store(limits);
  const ended = labels({ __name__: "ended" });
  fill(store, 20, ended);
  fill(store, 1000);
  store.takeSealed();
  const before = store.snapshot();
  const horizon = at(500 * 15_000);
  const dropped = store.drop(horizon);
  assert.equal(dropped.series, 1);
  assert.ok(dropped.chunks >= 4);
  // The open samples of the series that ended were never sealed: they leave for the disk here.
  const rows = store.takeSealed();
  assert.deepEqual(
    rows.map((row) => [row.labels.key, row.from, row.count]),
    [[ended.key, START, 20]],
  );
  assert.equal(before.select([], NEVER, FOREVER).length, 2);
  const [kept, ...others] = store.snapshot().select([], NEVER, FOREVER);
  assert.deepEqual([kept?.labels.key, others.length], [up.key, 0]);
  const first = kept?.times[0] ?? 0;
  assert.ok(first <= horizon && first > horizon - 135 * 15_000);
  assert.equal(store.stats().series, 1);
});

test("an index that lost most of its series is made anew, snapshots keep theirs", () => {
  const store = new Store({ series: 2000 });
  for (let i = 0; i < 1500; i++) store.append(labels({ n: String(i) }), START, i);
  fill(store, 200);
  const before = store.snapshot();
  assert.equal(store.drop(at(1)).series, 1500);
  assert.equal(store.append(labels({ n: "7" }), at(HOUR_MS), 7), "appended");
  assert.equal(store.append(up, at(HOUR_MS), 1), "appended");
  assert.deepEqual(store.snapshot().labelValues("n", [], NEVER, FOREVER), ["7"]);
  assert.equal(store.snapshot().select([], at(HOUR_MS - 1), FOREVER).length, 2);
  assert.equal(before.select([], NEVER, FOREVER).length, 1501);
});

test("a series that is idle can be sealed, and goes on after what is sealed", () => {
  const store = new Store(limits);
  fill(store, 10);
  store.sealIdle(at(9 * 15_000 - 1));
  assert.deepEqual(store.takeSealed(), []);
  store.sealIdle(at(9 * 15_000));
  assert.deepEqual(
    store.takeSealed().map((row) => [row.from, row.to, row.count]),
    [[START, at(9 * 15_000), 10]],
  );
  assert.equal(store.append(up, at(9 * 15_000 - 1), 1), "too-old");
  const other = Store.load(store.save(), limits);
  assert.equal(other.append(up, at(9 * 15_000), 1), "too-old");
  other.drop(at(9 * 15_000 - 1));
  assert.equal(other.stats().series, 1, "its chunks can still be adopted");
  assert.equal(store.append(up, at(10 * 15_000), 10), "appended");
  assert.equal(store.snapshot().select([], NEVER, FOREVER)[0]?.times.length, 11);
});

/** The store without compression, chunks, index or snapshots. */
class Twin {
  readonly series = new Map<string, Map<number, number | Stale>>();

  append(key: string, time: number, value: number | Stale): AppendResult {
    const samples = this.series.get(key) ?? new Map<number, number | Stale>();
    this.series.set(key, samples);
    if (time < Math.max(...samples.keys()) - 5 * MINUTE_MS) return "too-old";
    if (samples.has(time)) return Object.is(samples.get(time), value) ? "repeat" : "duplicate";
    const isLate = time < Math.max(...samples.keys());
    samples.set(time, value);
    return isLate ? "late" : "appended";
  }

  drop(before: number): void {
    for (const [key, samples] of this.series) {
      if (Math.max(...samples.keys()) <= before) this.series.delete(key);
    }
  }

  all(from: number, to: number): Record<string, unknown> {
    const shownSeries = [...this.series].map(([key, samples]) => {
      const inside = [...samples].filter(([time]) => time > from && time <= to);
      const sorted = inside.toSorted((a, b) => a[0] - b[0]);
      return [key, sorted.map(([time, value]) => [time - START, value])] as const;
    });
    return Object.fromEntries(shownSeries.filter(([, samples]) => samples.length > 0));
  }
}

const names = [0, 1, 2].map((n) => labels({ __name__: "m", n: String(n) }));
const run = fc.record({
  do: fc.constant("run" as const),
  series: fc.constantFrom(...names),
  count: fc.integer({ min: 1, max: 150 }),
  stepMs: fc.constantFrom(1000, 15_000, 60_000, 61_234),
  value: fc.oneof(fc.double(), fc.constantFrom<(number | Stale)[]>(STALE, 1, 1)),
});
const late = fc.record({
  do: fc.constant("late" as const),
  series: fc.constantFrom(...names),
  earlierMs: fc.oneof(fc.integer({ min: 0, max: 400_000 }), fc.constantFrom(15_000, 300_000)),
  value: fc.double(),
});
const step = fc.oneof(
  { arbitrary: run, weight: 6 },
  { arbitrary: late, weight: 6 },
  fc.record({ do: fc.constant("snapshot" as const) }),
  fc.record({ do: fc.constant("restart" as const) }),
  fc.record({ do: fc.constant("drop" as const), agoMs: fc.integer({ min: 0, max: 4 * HOUR_MS }) }),
);

test("the store equals its naive twin over late samples, restarts, and drops", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.nat(), (steps, pick) => {
      let store = new Store(limits);
      const twin = new Twin();
      const rows: ChunkRow[] = [];
      const kept: [StoreReader, Record<string, unknown>][] = [];
      let now: number = START;
      let horizon: number = NEVER;
      for (const one of steps) {
        if (one.do === "run") {
          for (let i = 0; i < one.count; i++) {
            now += one.stepMs;
            const value: number | Stale = typeof one.value === "number" ? one.value + i : one.value;
            const result = store.append(one.series, epochMs(now), value);
            assert.equal(result, twin.append(one.series.key, now, value));
          }
        } else if (one.do === "late") {
          const time = epochMs(now - one.earlierMs);
          // What a dropped series knew is forgotten; only what is past the horizon is compared.
          if (time <= horizon) continue;
          const result = store.append(one.series, time, one.value);
          assert.equal(result, twin.append(one.series.key, time, one.value));
        } else if (one.do === "snapshot") {
          kept.push([store.snapshot(), all(store.snapshot())]);
        } else if (one.do === "drop") {
          horizon = Math.max(horizon, now - one.agoMs);
          store.drop(epochMs(horizon));
          twin.drop(horizon);
        } else {
          rows.push(...store.takeSealed());
          const before = store.stats();
          store = Store.load(store.save(), limits);
          for (const row of rows) if (row.to > horizon) store.adoptChunk(row);
          const { series, samples } = store.stats();
          assert.deepEqual([series, samples], [before.series, before.samples]);
        }
        rows.push(...store.takeSealed());
      }
      const reader = store.snapshot();
      const from = epochMs(Math.max(horizon, now - (pick % (now - START + 1))));
      assert.deepEqual(all(reader, epochMs(horizon)), twin.all(horizon, FOREVER));
      assert.deepEqual(all(reader, from, epochMs(now - 30_000)), twin.all(from, now - 30_000));
      for (const [snapshot, then] of kept) assert.deepEqual(all(snapshot), then);
    }),
    { numRuns: 300 },
  );
});

test("a live reader sees what came since, a snapshot does not", () => {
  const store = new Store(limits);
  const [live, snapshot] = [store.live(), store.snapshot()];
  store.append(labels({ __name__: "a" }), START, 1);
  assert.deepEqual(
    [live, snapshot].map((reader) => all(reader)),
    [all(store.snapshot()), {}],
  );
  assert.notDeepEqual(all(live), {});
});
