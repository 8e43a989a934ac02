import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { InputError } from "../model/input-error.ts";
import { labels } from "../model/labels.ts";
import { compileMatchers, PatternCache } from "../model/matcher.ts";
import type { Matcher } from "../model/reader.ts";
import { LabelIndex } from "./label-index.ts";

const value = fc.constantFrom("", "a", "b", "ab");
const labelSet = fc.record({ __name__: value, x: value, y: value }).map((record) => labels(record));
const matcher: fc.Arbitrary<Matcher> = fc.record({
  name: fc.constantFrom("__name__", "x", "y", "z"),
  op: fc.constantFrom("=", "!=", "=~", "!~"),
  value: fc.constantFrom("", "a", "b", "a|b", "a|", ".*", ".+", "a.*", "[ab]", "c"),
});

test("finds what asking every series finds, at every time", () => {
  fc.assert(
    fc.property(
      fc.array(labelSet, { maxLength: 12 }),
      fc.array(labelSet, { maxLength: 4 }),
      fc.array(matcher, { maxLength: 3 }),
      (early, late, matchers) => {
        const index = new LabelIndex(new PatternCache());
        const all = [...early, ...late];
        const matches = compileMatchers(matchers);
        const expected = (upTo: number): readonly number[] =>
          all
            .flatMap((one, id) => (id < upTo && matches(one) ? [id] : []))
            .toSorted((a, b) => {
              const [left, right] = [all[a]?.key ?? "", all[b]?.key ?? ""];
              return left < right ? -1 : left > right ? 1 : a - b;
            });
        for (const one of early) index.add(one);
        assert.deepEqual(index.select(matchers, early.length), expected(early.length));
        for (const one of late) index.add(one);
        assert.deepEqual(index.select(matchers, all.length), expected(all.length));
        // A reader from before the late ones still asks for what it knew.
        assert.deepEqual(index.select(matchers, early.length), expected(early.length));
      },
    ),
    { numRuns: 2000 },
  );
});

test("a large index uses its lists and finds the same", () => {
  const index = new LabelIndex(new PatternCache());
  const matchers: readonly Matcher[] = [
    { name: "__name__", op: "=~", value: "m1|m2" },
    { name: "job", op: "=", value: "j3" },
    { name: "n", op: "!~", value: "0.*" },
    { name: "absent", op: "=", value: "" },
  ];
  for (let i = 0; i < 3000; i++) {
    // Asked on the way, the index goes on from where it was.
    if (i === 1500) index.select(matchers, i);
    index.add(labels({ __name__: `m${i % 10}`, job: `j${i % 7}`, n: String(i).padStart(4, "0") }));
  }
  const found = index.select(matchers, 3000);
  const expected: number[] = [];
  for (const digit of [1, 2]) {
    for (let i = 1000; i < 3000; i++) if (i % 10 === digit && i % 7 === 3) expected.push(i);
  }
  assert.deepEqual(found, expected);
});

test("a selection in turns is of the series that were there when it began", () => {
  const index = new LabelIndex(new PatternCache());
  const add = (i: number): number => index.add(labels({ n: String((i * 7919) % 30_011) }));
  for (let i = 0; i < 30_000; i++) add(i);
  const work = index.selecting([], 30_000);
  let turns = 0;
  let turn = work.next();
  for (; turn.done !== true; turn = work.next()) add(30_000 + turns++);
  assert.ok(turns > 10, `${turns} turns`);
  const expected = (count: number): number[] =>
    Array.from({ length: count }, (_, id) => id).toSorted((a, b) => {
      const [left, right] = [index.labels(a).key, index.labels(b).key];
      return left < right ? -1 : 1;
    });
  assert.deepEqual(turn.value, expected(30_000));
  assert.deepEqual(index.select([], 30_000 + turns), expected(30_000 + turns));
});

test("selections are kept up to a bound", () => {
  const index = new LabelIndex(new PatternCache());
  index.add(labels({ n: "1" }));
  const one: Matcher = { name: "n", op: "=", value: "1" };
  const first = index.select([one], 1);
  assert.equal(index.select([one], 1), first);
  for (let i = 0; i < 1000; i++) index.select([{ ...one, value: `other${i}` }], 1);
  assert.notEqual(index.select([one], 1), first);
  assert.deepEqual(index.select([one], 1), [0]);
});

test("a broken expression is refused even where no series asks for it", () => {
  const index = new LabelIndex(new PatternCache());
  index.add(labels({ n: "1" }));
  assert.throws(() => index.select([{ name: "n", op: "=~", value: "[" }], 1), InputError);
});

test("label texts are shared between series", () => {
  const index = new LabelIndex(new PatternCache());
  const ids = ["x", "y"].map((job) => index.add(labels({ __name__: "up", job })));
  assert.deepEqual(ids, [0, 1]);
  assert.deepEqual(index.labels(1), labels({ __name__: "up", job: "y" }));
});
