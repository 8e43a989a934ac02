import assert from "node:assert/strict";
import test from "node:test";
import { labels } from "../model/labels.ts";
import { RowLists, RowMemo } from "./row-memo.ts";

const [a, b] = [labels({ n: "a" }), labels({ n: "b" })];

test("rows are the same list while the series are the same ones, owner by owner", () => {
  const lists = new RowLists();
  const owner = {};
  const first = lists.of(owner, [{ labels: a }, { labels: b }]);
  assert.deepEqual(first, [a, b]);
  assert.equal(lists.of(owner, [{ labels: a }, { labels: b }]), first);
  assert.notEqual(lists.of({}, [{ labels: a }, { labels: b }]), first);
  for (const others of [[a], [b, a], [a, b, a], [a, labels({ n: "b" })], []]) {
    const series = others.map((of) => ({ labels: of }));
    assert.deepEqual(lists.of(owner, series), others);
  }
});

test("what is derived from rows is derived again for another list, or another owner", () => {
  const memo = new RowMemo<number>();
  const owner = {};
  let asked = 0;
  const rows = [a, b];
  const ask = (of: object, list: readonly (typeof a)[]): number => memo.of(of, list, () => ++asked);
  assert.deepEqual([ask(owner, rows), ask(owner, rows)], [1, 1]);
  assert.deepEqual([ask(owner, [a, b]), ask({}, rows), ask(owner, rows)], [2, 3, 4]);
});
