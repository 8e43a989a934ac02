import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import test from "node:test";
import { recordEvaluation } from "./evaluation.ts";
import { type Running, start } from "./start.ts";

/** Callers without types hand in what they like. */
const startWith = (options: unknown): Running => Reflect.apply(start, undefined, [options]);

test("an address may be a URL, and a header that the environment does not have is none", async (t) => {
  const got: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    got.push(`${request.url ?? ""} ${request.headers.authorization ?? "unauthorized"}`);
    response.end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const endpoint = new URL(`http://127.0.0.1:${port}`);
  const running = startWith({ endpoint, headers: { authorization: undefined } });
  recordEvaluation({ name: "relevance", score: 1 });
  await running.shutdown();
  assert.deepEqual(got, ["/v1/logs unauthorized"]);
});

for (const options of [
  null,
  5,
  "shop",
  { serviceName: 5n },
  { headers: 5 },
  { endpoint: "ftp:" },
]) {
  const named = JSON.stringify(options, (_, value: unknown) => String(value));
  test(`started with ${named}, it is flushed and stopped all the same`, async () => {
    const running = startWith(options);
    recordEvaluation({ name: "relevance", score: 1 });
    await running.flush();
    await running.shutdown();
    assert.equal(typeof running.counts().faults, "number");
  });
}
