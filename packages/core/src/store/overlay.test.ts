import assert from "node:assert/strict";
import test from "node:test";
import { labels } from "../model/labels.ts";
import type { Reader } from "../model/reader.ts";
import { isStale, STALE } from "../model/sample.ts";
import { epochMs } from "../model/time.ts";
import { overlay, withCurrent } from "./overlay.ts";
import { Store } from "./store.ts";

const START = epochMs(1_700_000_000_000);
const NEVER = epochMs(0);
const FOREVER = epochMs(START * 2);
const limits = { series: 100 };
const a = labels({ __name__: "m", n: "a" });
const b = labels({ __name__: "m", n: "b" });

function filled(from: number, to: number, sign = 1): Store {
  const store = new Store(limits);
  for (const one of [b, a]) {
    for (let i = from; i < to; i++) store.append(one, epochMs(START + i * 15_000), sign * i);
  }
  return store;
}

function shown(reader: Reader, from = NEVER, to = FOREVER): Record<string, readonly number[]> {
  return Object.fromEntries(
    reader.select([], from, to).map((slice) => [slice.labels.key, [...slice.values]]),
  );
}

const counting = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_none, i) => from + i);

test("rows from disk stand before what memory has, each sample once, memory first", () => {
  const rows = filled(0, 1000).takeSealed();
  const memory = filled(500, 1000, -1).snapshot();
  const reader = overlay(memory, rows.toReversed());
  const whole = [...counting(0, 500), ...counting(500, 1000).map((i) => -i)];
  assert.deepEqual(shown(reader), { [a.key]: whole, [b.key]: whole });
  const range = [epochMs(START + 490 * 15_000), epochMs(START + 510 * 15_000)] as const;
  assert.deepEqual(shown(reader, ...range)[a.key], whole.slice(491, 511));
  assert.deepEqual(
    Object.keys(shown(reader)),
    Object.keys(shown(memory)),
    "the order of series is the store's",
  );
});

test("a series that memory lacks is read from rows alone, in its place of the order", () => {
  const rows = filled(0, 300).takeSealed();
  const memory = new Store(limits);
  memory.append(b, epochMs(START + 1e9), 5);
  const reader = overlay(
    memory.snapshot(),
    rows.filter((row) => row.labels.key === a.key),
  );
  assert.deepEqual(Object.keys(shown(reader)), [a.key, b.key]);
  const only = reader.select([{ name: "n", op: "=~", value: "a" }], NEVER, FOREVER);
  assert.deepEqual(
    only.map((slice) => slice.labels.key),
    [a.key],
  );
  assert.deepEqual(reader.select([], epochMs(1), epochMs(2)), []);
});

test("rows that repeat or overlap count once", () => {
  const rows = filled(0, 400).takeSealed();
  const overlapping = filled(60, 400).takeSealed();
  const reader = overlay(new Store(limits).snapshot(), [...overlapping, ...rows, ...rows]);
  const length = Math.max(...[...rows, ...overlapping].map((row) => (row.to - START) / 15_000)) + 1;
  for (const values of Object.values(shown(reader))) {
    assert.deepEqual(values, counting(0, values.length));
    assert.ok(values.length <= length && values.length > 300);
  }
});

test("a row of an unknown encoding is refused", () => {
  const [row] = filled(0, 300).takeSealed();
  assert.ok(row);
  assert.throws(() => overlay(new Store(limits).snapshot(), [{ ...row, encoding: 2 }]), {
    name: "InputError",
  });
});

test("current values stand at their time, unless memory has one there", () => {
  const memory = filled(0, 3).snapshot();
  const now = epochMs(START + 30_001);
  const c = labels({ __name__: "m", n: "c" });
  const reader = withCurrent(memory, [
    { labels: a, at: now, value: 9 },
    { labels: b, at: epochMs(START + 30_000), value: 9 },
    { labels: c, at: now, value: STALE },
  ]);
  const seen = shown(reader);
  assert.deepEqual(
    [seen[a.key], seen[b.key]],
    [
      [0, 1, 2, 9],
      [0, 1, 2],
    ],
  );
  const [, , third] = reader.select([], NEVER, FOREVER);
  assert.equal(third && isStale(third.values, 0), true);
  assert.deepEqual(shown(reader, NEVER, epochMs(START + 30_000))[a.key], [0, 1, 2]);
  assert.equal(withCurrent(memory, []), memory);
});
