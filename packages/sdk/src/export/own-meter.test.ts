import assert from "node:assert/strict";
import test from "node:test";
import { fieldsOf, listOf } from "../unknown.ts";
import { OwnMeter } from "./own-meter.ts";

type Point = Readonly<Record<string, unknown>>;

function pointsOf(meter: OwnMeter): readonly Point[] {
  return meter.collect().flatMap((text) => {
    const { histogram, sum } = fieldsOf(JSON.parse(text));
    return listOf(fieldsOf(histogram ?? sum)["dataPoints"]).map((point) => fieldsOf(point));
  });
}

const advice = { explicitBucketBoundaries: [1, 2] };

/** value · the buckets that count it; a boundary belongs to the bucket below it */
const buckets: readonly (readonly [number, readonly string[] | undefined])[] = [
  [0, ["1", "0", "0"]],
  [1, ["1", "0", "0"]],
  [1.5, ["0", "1", "0"]],
  [2, ["0", "1", "0"]],
  [2.1, ["0", "0", "1"]],
  [-1, undefined],
  [NaN, undefined],
  [Infinity, undefined],
];

for (const [value, expected] of buckets) {
  test(`a histogram counts ${value}`, () => {
    const meter = new OwnMeter();
    meter.createHistogram("h", { advice }).record(value, { a: "b" });
    const [point] = pointsOf(meter);
    assert.deepEqual(point?.["bucketCounts"], expected);
    assert.equal(point?.["sum"], expected === undefined ? undefined : value);
  });
}

test("series are one by what their attributes say, whichever object says it", () => {
  const meter = new OwnMeter();
  const counter = meter.createCounter("c");
  const labels = { a: "1", b: "2" };
  counter.add(1, labels);
  counter.add(2, labels);
  counter.add(4, { b: "2", a: "1" });
  counter.add(8, { a: "1", b: 2 });
  counter.add(-1, labels);
  counter.add(NaN, labels);
  assert.deepEqual(
    pointsOf(meter).map((point) => point["asDouble"]),
    [7, 8],
  );
});

test("sums go on after they were collected", () => {
  const meter = new OwnMeter();
  const counter = meter.createCounter("c");
  counter.add(1);
  assert.equal(meter.changed, true);
  assert.equal(pointsOf(meter)[0]?.["asDouble"], 1);
  assert.equal(meter.changed, false);
  counter.add(1);
  assert.equal(pointsOf(meter)[0]?.["asDouble"], 2);
});

test("series beyond the limit are one, which says so", () => {
  const meter = new OwnMeter();
  const counter = meter.createCounter("c");
  for (let n = 0; n < 2500; n += 1) counter.add(1, { n });
  const points = pointsOf(meter);
  assert.equal(points.length, 2001);
  const [overflow] = points.filter(({ attributes }) =>
    JSON.stringify(attributes).includes("overflow"),
  );
  assert.equal(overflow?.["asDouble"], 500);
});

test("instruments without series are not told", () => {
  const meter = new OwnMeter();
  meter.createCounter("c");
  meter.createHistogram("h");
  assert.deepEqual(meter.collect(), []);
});
