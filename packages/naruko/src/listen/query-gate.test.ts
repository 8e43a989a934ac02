import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import test from "node:test";
import { LimitCounts } from "./limit-counts.ts";
import { queryGate } from "./query-gate.ts";
import type { Answer } from "./server.ts";

const request = {} as IncomingMessage;
const ask = (path: string): [IncomingMessage, URL] => [request, new URL(path, "http://localhost")];

test("requests past the limit are refused until one ends, also one that fails", async () => {
  const counts = new LimitCounts();
  const ends: ((answer: Answer | Error) => void)[] = [];
  const gate = queryGate(
    () =>
      new Promise((resolve, reject) => {
        ends.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
      }),
    2,
    counts,
  );
  const first = gate(...ask("/api/v1/query"));
  const second = gate(...ask("/api/v1/query"));
  const third = await gate(...ask("/api/v1/query"));
  assert.equal(third?.status, 503);
  assert.equal(third.headers?.["Retry-After"], "1");
  assert.equal(counts.get("concurrentQueries"), 1);
  assert.equal(await gate(...ask("/metrics")), undefined);

  ends[0]?.(new Error("bug"));
  await assert.rejects(async () => first);
  const fourth = gate(...ask("/api/v1/query"));
  ends[1]?.({ status: 200 });
  ends[2]?.({ status: 422, body: `{"error":"touches too much (limit querySamples)"}` });
  assert.equal((await second)?.status, 200);
  assert.equal((await fourth)?.status, 422);
  assert.equal(counts.get("querySamples"), 1);
  assert.equal(counts.get("concurrentQueries"), 1);
});
