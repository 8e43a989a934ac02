import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import test from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { hasHungUp, sendAnswer, takesGzip } from "./send-answer.ts";
import type { Answer } from "./server.ts";

for (const [header, takes] of [
  ["gzip", true],
  ["deflate, gzip;q=1.0, *;q=0.5", true],
  [" GZIP ; q=0.1", true],
  ["gzip;q=0", false],
  ["gzip;q=0.000", false],
  ["x-gzip, br", false],
  ["", false],
  [undefined, false],
] as const) {
  test(`Accept-Encoding ${header}`, () => assert.equal(takesGzip(header), takes));
}

type Sent = { readonly fault: unknown; readonly gone: boolean };

/** A server that gives one answer, and what became of sending it. */
async function serving(context: TestContext, answer: Omit<Answer, "status">, stalledMs = 60_000) {
  let told: (sent: Sent) => void = () => undefined;
  const sent = new Promise<Sent>((resolve) => {
    told = resolve;
  });
  const server = createServer((request, response) => {
    const whole = { status: 200, ...answer, headers: {} };
    sendAnswer(request, response, whole, stalledMs).then(
      () => told({ fault: undefined, gone: hasHungUp(request) }),
      (fault: unknown) => told({ fault, gone: hasHungUp(request) }),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = async (headers: RequestOptions["headers"] = {}): Promise<IncomingMessage> => {
    const request = get({ port, headers, agent: false });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return response;
  };
  return { ask, sent };
}

const LONG = "a".repeat(5000);

for (const [what, answer, header, encoding] of [
  ["a long body", { body: LONG, compress: true }, "gzip", "gzip"],
  ["a short body", { body: "short", compress: true }, "gzip", undefined],
  ["a body for a client without gzip", { body: LONG, compress: true }, "br", undefined],
  ["a body that is not to be compressed", { body: LONG }, "gzip", undefined],
  ["a stream", { stream: ["a", "b".repeat(70_000), "c"], compress: true }, "gzip", "gzip"],
  ["a plain stream", { stream: ["a", "b", "c"], compress: true }, "", undefined],
  ["an empty stream", { stream: [] }, "", undefined],
] as const) {
  test(`sent: ${what}`, async (context) => {
    const { ask } = await serving(context, answer);
    const response = await ask({ "Accept-Encoding": header });
    const bytes = await buffer(response);
    const text = response.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
    const pieces = "stream" in answer ? answer.stream : [answer.body];
    assert.equal(text.toString(), pieces.join(""));
    assert.equal(response.headers["content-encoding"], encoding);
    assert.equal(response.headers.vary, "compress" in answer ? "Accept-Encoding" : undefined);
  });
}

/** Pieces without an end, counted as they are made. */
function endless(): { readonly stream: Iterable<string>; readonly made: () => number } {
  let made = 0;
  function* pieces(): Generator<string> {
    for (;;) {
      made++;
      yield "x".repeat(65_536);
    }
  }
  return { stream: pieces(), made: () => made };
}

test("a stream waits for whoever reads it, and ends when they hang up", async (context) => {
  const { stream, made } = endless();
  const { ask, sent } = await serving(context, { stream });
  const response = await ask();
  let before = -1;
  // Once the buffers on the way are full, no further piece is made.
  for (let still = 0; still < 1000; still = made() === before ? still + 1 : 0) {
    before = made();
    await turn();
  }
  assert.ok(before < 500, `${before} pieces of 64 KiB for a client that reads none`);
  response.destroy();
  assert.deepEqual(await sent, { fault: undefined, gone: true });
});

test("a client that takes nothing is hung up on", async (context) => {
  const { ask, sent } = await serving(context, { stream: endless().stream }, 200);
  const response = await ask();
  assert.deepEqual(await sent, { fault: undefined, gone: true });
  response.destroy();
});

test("a stream that breaks is told, and its client sees that the answer is not whole", async (context) => {
  function* broken(): Generator<string> {
    yield "a";
    throw new Error("bug");
  }
  const { ask, sent } = await serving(context, { stream: broken() });
  const response = await ask();
  await assert.rejects(buffer(response), /aborted/);
  assert.match(String((await sent).fault), /bug/);
});
