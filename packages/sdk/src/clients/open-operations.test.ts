import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenOperations } from "./open-operations.ts";

test("beyond 1,024 operations that never end, the oldest is forgotten", () => {
  const forgotten: number[] = [];
  const open = new OpenOperations<number>((oldest) => forgotten.push(oldest));
  for (let id = 0; id < 1026; id += 1) open.set(id, id);
  assert.deepEqual(forgotten, [0, 1]);
  assert.ok(!open.has(1) && open.has(2) && open.has(1025));
  assert.equal(open.take(2), 2);
  assert.equal(open.take(2), undefined);
  open.set(2000, 2000);
  assert.deepEqual(forgotten, [0, 1]);
});

test("what is told anew of an operation replaces what was", () => {
  const open = new OpenOperations<string>();
  open.set("a", "first");
  open.set("a", "second");
  assert.equal(open.get("a"), "second");
  assert.deepEqual([...open.entries()], [["a", "second"]]);
});
