import assert from "node:assert/strict";
import test from "node:test";
import { DAY_MS, epochMs } from "../model/time.ts";
import { BurstBucket } from "./burst-bucket.ts";

const START = epochMs(20_000 * DAY_MS);
const PER_DAY = 10;
const near = (value: number, expected: number): void =>
  assert.ok(Math.abs(value - expected) < 1e-9, `${value}, not ${expected}`);

test("it holds three days' verdicts, gives them on one day at most, and fills by 40 % of a day's", () => {
  const bucket = new BurstBucket(START);
  bucket.fill(START);
  near(bucket.left(PER_DAY), 30);
  for (let i = 0; i < 30; i++) bucket.charge("shop", PER_DAY);
  near(bucket.left(PER_DAY), 0);
  bucket.fill(epochMs(START + DAY_MS / 2));
  // What came in since is for the next day.
  near(bucket.left(PER_DAY), 0);
  bucket.fill(epochMs(START + DAY_MS));
  near(bucket.left(PER_DAY), 4);
  assert.equal(bucket.isFull, false);
  bucket.fill(epochMs(START + 8 * DAY_MS));
  near(bucket.left(PER_DAY), 30);
  assert.equal(bucket.isFull, true);
});

test("an episode is spent after 1,500 verdicts, and begins anew once it ended", () => {
  const bucket = new BurstBucket(START);
  bucket.begin("shop");
  const last = Array.from({ length: 1500 }, () => bucket.charge("shop", 1e6));
  assert.equal(last.indexOf(true), 1499);
  bucket.begin("shop");
  assert.equal(bucket.isSpent("shop"), true);
  assert.equal(bucket.isSpent("desk"), false);
  bucket.end("shop");
  bucket.begin("shop");
  assert.equal(bucket.isSpent("shop"), false);
});
