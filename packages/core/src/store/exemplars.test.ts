import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { Exemplar } from "../model/exemplar.ts";
import { labels } from "../model/labels.ts";
import type { Matcher } from "../model/reader.ts";
import { epochMs } from "../model/time.ts";
import { ExemplarStore } from "./exemplars.ts";

const bucket = (le: string) => labels({ __name__: "m_bucket", le });
const exemplar = (at: number, trace = `t${at}`, value = at): Exemplar => ({
  labels: labels({ trace_id: trace }),
  value,
  at: epochMs(at),
});
const all: readonly Matcher[] = [{ name: "__name__", op: "=~", value: ".+" }];
const of = (name: string, value: string): readonly Matcher[] => [
  { name: "__name__", op: "=", value: name },
  { name: "le", op: "=~", value },
];

function shown(store: ExemplarStore, sets = [all], from = 0, to = 1e9): unknown {
  return store
    .select(sets, epochMs(from), epochMs(to))
    .map(({ labels: own, exemplars }) => [own.pairs.at(-1), exemplars.map(({ at }) => at)]);
}

test("exemplars are found by matchers and time, both ends included", () => {
  const store = new ExemplarStore({ exemplars: 10 });
  for (const at of [10, 20, 30]) store.add(bucket("1"), exemplar(at));
  store.add(bucket("+Inf"), exemplar(20));
  assert.deepEqual(shown(store), [
    ["+Inf", [20]],
    ["1", [10, 20, 30]],
  ]);
  assert.deepEqual(shown(store, [of("m_bucket", "1")], 20, 30), [["1", [20, 30]]]);
  assert.deepEqual(shown(store, [of("m_bucket", "1"), of("m_bucket", "1|2")]), [
    ["1", [10, 20, 30]],
  ]);
  assert.deepEqual(shown(store, [of("other", ".*")]), []);
  assert.deepEqual(shown(store, [of("m_bucket", "1")], 31), []);
});

for (const [what, added, result] of [
  ["later", exemplar(30), "added"],
  ["at the same time, another one", exemplar(20, "other"), "added"],
  ["equal", exemplar(20), "duplicate"],
  ["earlier", exemplar(19), "out-of-order"],
  ["labels of 128 characters", exemplar(30, "😀".repeat(120)), "added"],
  ["labels of 129 characters", exemplar(30, "😀".repeat(121)), "labels-too-long"],
] as const) {
  test(`an exemplar is ${result}: ${what}`, () => {
    const store = new ExemplarStore({ exemplars: 10 });
    store.add(bucket("1"), exemplar(20));
    assert.equal(store.add(bucket("1"), added), result);
    assert.equal(store.size, result === "added" ? 2 : 1);
  });
}

const arrival = fc.record({
  le: fc.constantFrom("1", "2", "3"),
  at: fc.nat(20),
  value: fc.constantFrom(0, -0, NaN, Infinity, 0.1),
});

test("what is kept is the latest that were added, also over a restart", () => {
  fc.assert(
    fc.property(
      fc.array(arrival),
      fc.array(arrival),
      fc.integer({ min: 1, max: 8 }),
      (a, b, most) => {
        let store = new ExemplarStore({ exemplars: most });
        const added: (readonly [string, Exemplar])[] = [];
        const take = ({ le, at, value }: (typeof a)[number]): void => {
          const one = exemplar(at, `t${at}`, value);
          if (store.add(bucket(le), one) === "added") added.push([le, one]);
        };
        for (const one of a) take(one);
        store = ExemplarStore.load(JSON.parse(JSON.stringify(store.save())), { exemplars: most });
        for (const one of b) take(one);
        const kept = added.slice(-most);
        const expected = ["1", "2", "3"].flatMap((le) => {
          const own = kept.flatMap(([where, one]) => (where === le ? [one] : []));
          return own.length === 0 ? [] : [{ labels: bucket(le), exemplars: own }];
        });
        assert.deepEqual(store.select([all], epochMs(0), epochMs(99)), expected);
        assert.equal(store.size, kept.length);
      },
    ),
    { numRuns: 500 },
  );
});
