import assert from "node:assert/strict";
import test from "node:test";
import type { ChunkRow } from "../model/engine-io.ts";
import { InputError } from "../model/input-error.ts";
import { labels } from "../model/labels.ts";
import { utf8Bytes } from "../model/text.ts";
import { epochMs, MINUTE_MS } from "../model/time.ts";
import { ByteWriter } from "./byte-stream.ts";
import { type AdoptResult, Store } from "./store.ts";
import { SampleEncoder } from "./xor-samples.ts";

const START = epochMs(1_700_000_000_000);
const limits = { series: 100 };
const up = labels({ __name__: "up", job: "日本" });

/** A minute's distance: the window keeps the last five open. */
function filled(count: number): Store {
  const store = new Store(limits);
  for (let i = 0; i < count; i++) store.append(up, epochMs(START + i * MINUTE_MS), i);
  return store;
}

function values(store: Store): readonly number[] {
  const slices = store.snapshot().select([], epochMs(0), epochMs(START * 2));
  return slices.flatMap((slice) => [...slice.values]);
}

const counting = (count: number): readonly number[] =>
  Array.from({ length: count }, (_none, i) => i);

test("a restart seals the same chunks as a store that went on", () => {
  const store = filled(130);
  const rows = [...store.takeSealed()];
  const other = Store.load(store.save(), limits);
  const continued: ChunkRow[][] = [store, other].map((one) => {
    for (let i = 130; i < 500; i++) one.append(up, epochMs(START + i * MINUTE_MS), i);
    return [...one.takeSealed()];
  });
  assert.ok((continued[0]?.length ?? 0) >= 2);
  assert.deepEqual(continued[1], continued[0]);
  for (const row of rows) other.adoptChunk(row);
  assert.deepEqual(values(other), counting(500));
});

test("chunks sealed after a save are left to the inputs that come again", () => {
  const store = filled(100);
  assert.deepEqual(store.takeSealed(), []);
  const saved = store.save();
  for (let i = 100; i < 300; i++) store.append(up, epochMs(START + i * MINUTE_MS), i);
  const rows = store.takeSealed();
  const other = Store.load(saved, limits);
  assert.deepEqual(
    rows.map((row) => other.adoptChunk(row)),
    rows.map((): AdoptResult => "ahead"),
  );
  for (let i = 100; i < 300; i++) {
    assert.equal(other.append(up, epochMs(START + i * MINUTE_MS), i), "appended");
  }
  assert.deepEqual(other.takeSealed(), rows);
  assert.deepEqual(values(other), counting(300));
});

/** An empty store for which everything up to a time lies in the past. */
function behind(time: number): Store {
  const store = new Store(limits);
  store.drop(epochMs(time));
  return store;
}

test("a store at its beginning leaves every chunk to the inputs", () => {
  const store = new Store(limits);
  for (const row of filled(300).takeSealed()) assert.equal(store.adoptChunk(row), "ahead");
  assert.equal(store.stats().series, 0);
});

test("what was dropped can come back, also to a series that began again", () => {
  const store = filled(600);
  const rows = store.takeSealed();
  const end = epochMs(START + 599 * MINUTE_MS);
  store.drop(epochMs(START + 400 * MINUTE_MS));
  const half = store.stats().samples;
  const reloaded = Store.load(store.save(), limits);
  for (const one of [store, reloaded]) for (const row of rows) one.adoptChunk(row);
  assert.ok(half < 600);
  assert.deepEqual([values(store), values(reloaded)], [counting(600), counting(600)]);
  store.drop(end);
  const last = store.takeSealed();
  assert.equal(store.stats().series, 0);
  const later = Store.load(store.save(), limits);
  for (const row of rows) assert.equal(later.adoptChunk(row), "adopted");
  store.append(up, epochMs(end + MINUTE_MS), 600);
  for (const row of [...last, ...rows]) assert.equal(store.adoptChunk(row), "adopted");
  assert.deepEqual(values(store), counting(601));
});

test("chunks are adopted in any order and repeated", () => {
  const source = filled(600);
  const rows = source.takeSealed();
  assert.ok(rows.length >= 4);
  const store = behind(START + 600 * MINUTE_MS);
  assert.deepEqual(
    [...rows.toReversed(), ...rows].map((row) => store.adoptChunk(row)),
    [...rows.map(() => "adopted"), ...rows.map(() => "known")],
  );
  const sealed = rows.reduce((sum, row) => sum + row.count, 0);
  assert.deepEqual(values(store), counting(sealed));
  assert.equal(store.append(up, rows.at(-1)?.to ?? START, 0), "too-old");
  assert.equal(store.append(up, epochMs(START + sealed * MINUTE_MS), sealed), "appended");
  assert.deepEqual(values(store), counting(sealed + 1));
});

test("an overlapping chunk adds what was not there, and memory wins", () => {
  const whole = filled(300).takeSealed();
  const [first] = whole;
  assert.ok(first);
  // Another store whose samples begin later and differ in value: its first chunk overlaps the first two.
  const shifted = new Store(limits);
  for (let i = 50; i < 300; i++) shifted.append(up, epochMs(START + i * MINUTE_MS), -i);
  const [overlapping] = shifted.takeSealed();
  assert.ok(overlapping);
  const store = behind(overlapping.to);
  assert.equal(store.adoptChunk(first), "adopted");
  assert.equal(store.adoptChunk(overlapping), "adopted");
  const end = 50 + overlapping.count;
  const expected = counting(end).map((i) => (i < first.count ? i : -i));
  assert.deepEqual(values(store), expected);
  assert.equal(store.stats().samples, end);
});

test("a chunk that overlaps the open samples is joined with them", () => {
  const [row] = filled(300).takeSealed();
  assert.ok(row);
  const store = behind(row.to);
  const middle = row.count - 10;
  for (const i of [middle, middle + 3]) store.append(up, epochMs(START + i * MINUTE_MS), -i);
  const before = store.snapshot();
  assert.equal(store.adoptChunk(row), "adopted");
  const expected = counting(row.count).map((i) => (i === middle || i === middle + 3 ? -i : i));
  assert.deepEqual(values(store), expected);
  assert.equal(before.select([], epochMs(0), epochMs(START * 2))[0]?.times.length, 2);
});

test("a chunk of a further series is refused at the limit", () => {
  const [row] = filled(300).takeSealed();
  assert.ok(row);
  const store = new Store({ series: 1 });
  store.drop(row.to);
  store.append(labels({ __name__: "other" }), START, 1);
  assert.equal(store.adoptChunk(row), "series-limit");
});

test("a save that would lose sealed chunks is our bug", () => {
  assert.throws(() => filled(300).save(), /sealed chunks are taken before a save/);
});

/** How a good chunk is changed, and what the refusal says. */
const damagedChunks: readonly (readonly [Partial<ChunkRow>, RegExp])[] = [
  [{ encoding: 9 }, /encoding 9 is not known/],
  [{ count: 0 }, /cannot be/],
  [{ count: 60_000 }, /cannot be/],
  [{ count: 70_000 }, /cannot be/],
  [{ count: 1.5 }, /cannot be/],
  [{ from: epochMs(START + 1e12) }, /cannot be/],
  [{ from: epochMs(NaN) }, /cannot be/],
  [{ to: epochMs(START + 1e9) }, /cannot be/],
  [{ bytes: new Uint8Array(7) }, /cannot be/],
];
for (const [change, message] of damagedChunks) {
  test(`a chunk with another ${Object.keys(change).join()} is refused: ${message.source}`, () => {
    const [row] = filled(300).takeSealed();
    assert.ok(row);
    const refusal = { name: "InputError", kind: "snapshot", message };
    assert.throws(() => new Store(limits).adoptChunk({ ...row, ...change }), refusal);
  });
}

test("a save of another kind, a later version, or a damaged one is refused by name", () => {
  const saved = filled(50).save();
  const changed = (index: number, byte: number): Uint8Array => saved.with(index, byte);
  const refused: readonly (readonly [Uint8Array, RegExp])[] = [
    [new Uint8Array(), /ends too early/],
    [changed(0, 0), /not a save of series/],
    [changed(4, 3), /format 3 is not known to this version, which reads up to 2/],
    [changed(5, 255).with(6, 255).with(7, 255), /a time is none/],
    [
      Uint8Array.from([...saved.slice(0, 13), 255, 255, 255, 255, 127]),
      /longer than what holds it/,
    ],
    [Uint8Array.from([...saved.slice(0, 13), ...Array<number>(8).fill(255), 1]), /too long/],
    [Uint8Array.from([...saved, 0]), /behind its end/],
  ];
  for (const [bytes, message] of refused) {
    assert.throws(() => Store.load(bytes, limits), {
      name: "InputError",
      kind: "snapshot",
      message,
    });
  }
});

test("a save of the version before, which knew numbers alone, is read", () => {
  const writer = new ByteWriter();
  writer.raw(Uint8Array.from([0x4e, 0x4b, 0x53, 0x54, 1]));
  writer.double(-Infinity);
  writer.number(2);
  for (const text of ["__name__", "up"]) writer.block(utf8Bytes(text));
  writer.number(1);
  for (const number of [2, 0, 1]) writer.number(number);
  writer.double(START - 1);
  writer.number(2);
  writer.double(START);
  const times = Float64Array.of(START, START + 1);
  writer.block(new SampleEncoder().encode(times, Float64Array.of(7, 8), 0, 2));
  const store = Store.load(writer.written(), limits);
  assert.deepEqual(values(store), [7, 8]);
  assert.equal(store.append(labels({ __name__: "up" }), epochMs(START - 1), 1), "too-old");
});

/** Whether work refuses its input; every other error fails the test. */
function isRefused(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    assert.ok(error instanceof InputError, String(error));
    return true;
  }
}

test("a save or chunk with a damaged byte is refused or read, and never crashes otherwise", () => {
  const saved = filled(50).save();
  const [row] = filled(300).takeSealed();
  assert.ok(row);
  let refused = 0;
  for (let i = 0; i < saved.length; i++) {
    for (const byte of [0, 0x7f, 0xff]) {
      if (isRefused(() => Store.load(saved.with(i, byte), limits))) refused++;
    }
  }
  for (let i = 0; i < row.bytes.length; i++) {
    const bytes = row.bytes.with(i, 0xff);
    if (isRefused(() => behind(row.to).adoptChunk({ ...row, bytes }))) refused++;
  }
  assert.ok(refused > 100, `${refused} refused`);
});

test("a save that was cut anywhere is refused, and never crashes otherwise", () => {
  const saved = filled(50).save();
  for (let length = 0; length < saved.length; length++) {
    assert.throws(() => Store.load(saved.slice(0, length), limits), InputError);
  }
});
