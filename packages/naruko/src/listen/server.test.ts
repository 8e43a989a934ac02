import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import test from "node:test";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { guard } from "./guard.ts";
import { HttpCounts } from "./http-counts.ts";
import { LimitCounts } from "./limit-counts.ts";
import { listen } from "./server.ts";
import type { Handler } from "./server.ts";

type Limits = typeof DEFAULT_LIMITS;

async function opened(limits: Partial<Limits> = {}, handler?: Handler) {
  const limitCounts = new LimitCounts();
  const counts = new HttpCounts("test");
  const broken: string[] = [];
  const show: Handler = (request, url) => ({
    status: 200,
    body: `${request.method} ${url.pathname}`,
  });
  const { port, close } = await listen({
    host: "127.0.0.1",
    port: 0,
    tlsFailed: () => undefined,
    guard: guard([], undefined),
    limits: { ...DEFAULT_LIMITS, ...limits },
    limitCounts,
    counts,
    handlers: [handler ?? show],
    refuse: (_request, status, reason) => ({ status, body: reason }),
    broke: (_error, where) => broken.push(where),
  });
  /** Sends bytes as they are and reads all that comes back. */
  const raw = (bytes: string): Promise<string> => {
    const socket = connect(port, "127.0.0.1");
    socket.write(bytes);
    return text(socket);
  };
  return { port, close, raw, limitCounts, counts, broken };
}

const END = "Host: localhost\r\nConnection: close\r\n\r\n";
const REQUESTS: readonly (readonly [string, string, RegExp])[] = [
  ["a path", `GET /a HTTP/1.1\r\n${END}`, /^HTTP\/1.1 200 [\s\S]*GET \/a$/],
  ["dots in a path", `GET /../../etc/passwd HTTP/1.1\r\n${END}`, /200 [\s\S]*GET \/etc\/passwd$/],
  ["another host in the path", `GET http://other/a HTTP/1.1\r\n${END}`, /^HTTP\/1.1 400 /],
  ["another host after slashes", `GET //other/a HTTP/1.1\r\n${END}`, /^HTTP\/1.1 400 /],
  ["a star", `OPTIONS * HTTP/1.1\r\n${END}`, /^HTTP\/1.1 400 /],
  ["a tunnel", `CONNECT other:443 HTTP/1.1\r\n${END}`, /^$/],
  ["an upgrade", `GET /a HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${END}`, /200 /],
  ["no host", "GET /a HTTP/1.1\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 400 /],
  ["two hosts", `GET /a HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n${END}`, /^HTTP\/1.1 403 /],
  [
    "a length and chunks at once",
    `POST /a HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n${END}0\r\n\r\n`,
    /^HTTP\/1.1 400 /,
  ],
  [
    "two lengths",
    `POST /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n${END}ab`,
    / 400 /,
  ],
  ["a bare line feed", `GET /a HTTP/1.1\nHost: localhost\n\n`, /^HTTP\/1.1 400 /],
  ["a folded header", `GET /a HTTP/1.1\r\nX: a\r\n b\r\n${END}`, /^HTTP\/1.1 400 /],
  ["no request", "hello\r\n\r\n", /^HTTP\/1.1 400 /],
  ["no body for HEAD", `HEAD /a HTTP/1.1\r\n${END}`, /^HTTP\/1.1 200 [\s\S]*\r\n\r\n$/],
];
for (const [name, bytes, answer] of REQUESTS) {
  test(`answered: ${name}`, async () => {
    const server = await opened();
    const got = await server.raw(bytes);
    await server.close();
    assert.match(got, answer);
    assert.deepEqual(server.broken, []);
  });
}

test("every answer forbids to embed, to guess and to read it from elsewhere", async () => {
  const server = await opened();
  for (const bytes of [`GET /a HTTP/1.1\r\n${END}`, `GET http://x/ HTTP/1.1\r\n${END}`]) {
    const answer = await server.raw(bytes.replace("\r\n", "\r\nOrigin: http://other\r\n"));
    assert.match(answer, /Content-Security-Policy: default-src 'none'/);
    assert.match(answer, /X-Content-Type-Options: nosniff/);
    assert.doesNotMatch(answer, /Access-Control/i);
  }
  await server.close();
});

test("headers past their limit are refused and counted", async () => {
  const server = await opened({ headerBytes: 1000 });
  const within = await server.raw(`GET /a HTTP/1.1\r\nX: ${"x".repeat(800)}\r\n${END}`);
  assert.match(within, /^HTTP\/1.1 200 /);
  const past = await server.raw(`GET /a HTTP/1.1\r\nX: ${"x".repeat(1000)}\r\n${END}`);
  assert.match(past, /^HTTP\/1.1 431 .*\(limit headerBytes\); send parameters as a form\n$/s);
  assert.equal(server.limitCounts.get("headerBytes"), 1);
  assert.deepEqual(
    [...server.counts.byStatus],
    [
      [200, 1],
      [431, 1],
    ],
  );
  await server.close();
});

test("a connection past the limit is closed and counted", async () => {
  const server = await opened({ connections: 1 });
  const first = connect(server.port, "127.0.0.1");
  await new Promise((resolve) => first.once("connect", resolve));
  assert.equal(await server.raw("").catch(() => ""), "");
  assert.equal(server.limitCounts.get("connections"), 1);
  first.destroy();
  await server.close();
});

test("a bug in a handler is told to the log, not to the client", async () => {
  const server = await opened({}, () => {
    throw new Error("secret detail");
  });
  const answer = await server.raw(`GET /a?token=x HTTP/1.1\r\n${END}`);
  assert.match(answer, /^HTTP\/1.1 500 /);
  assert.doesNotMatch(answer, /secret detail/);
  assert.deepEqual(server.broken, ["GET /a"]);
  await server.close();
});
