import assert from "node:assert/strict";
import test from "node:test";
import { epochMs } from "@naruko/core/model/time";
import { mergeByTime } from "./history.ts";
import type { History, HistoryInput } from "./history.ts";

const closed: string[] = [];

/** A source whose inputs are told apart by the dialect of a call. */
async function* source(name: string, times: readonly number[]): History {
  try {
    for (const at of times) {
      if (Number.isNaN(at)) throw new Error(`${name} breaks`);
      yield {
        at: epochMs(at),
        telemetry: { calls: [], points: [], evaluations: [], name } as never,
      };
    }
  } finally {
    closed.push(name);
  }
}

function shown({ at, telemetry }: HistoryInput): string {
  return `${at}${(telemetry as { name?: string }).name}`;
}

const cases: readonly (readonly [string, Record<string, number[]>, string])[] = [
  ["nothing", {}, ""],
  ["one", { a: [1, 1, 2] }, "1a 1a 2a"],
  ["by time", { a: [1, 4], b: [2, 3, 5] }, "1a 2b 3b 4a 5b"],
  ["equal times in the order given", { a: [2, 2], b: [1, 2], c: [2] }, "1b 2a 2a 2b 2c"],
  ["one is empty", { a: [], b: [1] }, "1b"],
];
for (const [name, sources, expected] of cases) {
  test(name, async () => {
    const merged = mergeByTime(Object.entries(sources).map(([key, times]) => source(key, times)));
    const all: string[] = [];
    for await (const input of merged) all.push(shown(input));
    assert.equal(all.join(" "), expected);
  });
}

test("a source that breaks closes the others", async () => {
  closed.length = 0;
  const merged = mergeByTime([source("a", [1, 5]), source("b", [2, NaN])]);
  await assert.rejects(async () => {
    for await (const input of merged) shown(input);
  }, /b breaks/);
  assert.deepEqual(closed.toSorted(), ["a", "b"]);
});
