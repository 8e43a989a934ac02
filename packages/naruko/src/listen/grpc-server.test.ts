import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import test from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Limits } from "@naruko/core/model/limits";
import { callGrpc, framed } from "../testing/call-grpc.ts";
import type { GrpcCall } from "../testing/call-grpc.ts";
import { BodyBudget } from "./body-budget.ts";
import { listenGrpc } from "./grpc-server.ts";
import { GrpcCounts } from "./grpc-status.ts";
import type { GrpcMethod } from "./grpc-call.ts";
import { guard } from "./guard.ts";
import { LimitCounts } from "./limit-counts.ts";

type Changes = {
  readonly limits?: Partial<Limits>;
  readonly token?: string;
  readonly idleMs?: number;
  readonly method?: GrpcMethod;
};

const ECHO = "/test.Echo/Say";

/** A server with one method, which says back what it is told. */
async function opened(t: TestContext, changes: Changes = {}) {
  const limits = { ...DEFAULT_LIMITS, bodyBytes: 1000, inflatedBytes: 2000, ...changes.limits };
  const limitCounts = new LimitCounts();
  const counts = new GrpcCounts();
  const broken: string[] = [];
  const budget = new BodyBudget(limits.inFlightBytes);
  const echo: GrpcMethod = async (read) => {
    const share = budget.open();
    try {
      const body = await read(share);
      if (!("refusal" in body)) return { message: body.bytes };
      const { status, reason } = body.refusal;
      limitCounts.namedIn(reason);
      const code = status === 413 ? "RESOURCE_EXHAUSTED" : "INVALID_ARGUMENT";
      return { status: { code: status === 503 ? "UNAVAILABLE" : code, message: reason } };
    } finally {
      share.release();
    }
  };
  const { port, close } = await listenGrpc({
    host: "127.0.0.1",
    port: 0,
    tlsFailed: () => undefined,
    idleMs: changes.idleMs ?? 60_000,
    limits,
    limitCounts,
    counts,
    guard: guard([], changes.token),
    methods: new Map([[ECHO, changes.method ?? echo]]),
    uncoded: () => undefined,
    broke: (_error, where) => broken.push(where),
    elsewhere: () => "OTLP over HTTP is taken on port 4318",
  });
  t.after(close);
  const url = `http://127.0.0.1:${port}`;
  const say = (body: Buffer, headers: GrpcCall["headers"] = {}, path = ECHO) =>
    callGrpc(url, { path, body, headers });
  return { port, url, say, close, limitCounts, counts, broken, budget };
}

const HELLO = Buffer.from("hello");

const TAKEN: readonly (readonly [string, Buffer, GrpcCall["headers"], Buffer])[] = [
  ["as it is", framed(HELLO), {}, HELLO],
  ["of no bytes", framed(Buffer.alloc(0)), {}, Buffer.alloc(0)],
  ["of the limit's length", framed(Buffer.alloc(1000)), {}, Buffer.alloc(1000)],
  ["said to be identity", framed(HELLO), { "grpc-encoding": "identity" }, HELLO],
  ["that is not compressed after all", framed(HELLO), { "grpc-encoding": "gzip" }, HELLO],
  ["of gzip", framed(gzipSync(HELLO), 1), { "grpc-encoding": "gzip" }, HELLO],
  ["of deflate", framed(deflateSync(HELLO), 1), { "grpc-encoding": "deflate" }, HELLO],
  ["of zstd", framed(zstdCompressSync(HELLO), 1), { "grpc-encoding": "zstd" }, HELLO],
  ["of another subtype", framed(HELLO), { "content-type": "application/grpc+proto" }, HELLO],
];
for (const [name, body, headers, message] of TAKEN) {
  test(`a message is taken: ${name}`, async (t) => {
    const server = await opened(t);
    const answer = await server.say(body, headers);
    assert.deepEqual([answer.httpStatus, answer.code, answer.reason], [200, 0, ""]);
    assert.deepEqual(answer.message, message);
    assert.equal(answer.headers["content-type"], "application/grpc+proto");
    assert.equal(answer.headers["grpc-accept-encoding"], "identity,gzip,deflate,zstd");
    assert.equal(server.budget.bytes, 0);
    assert.deepEqual([...server.counts.byCode], [["OK", 1]]);
  });
}

const cut = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 4);

const REFUSED: readonly (readonly [string, Buffer, GrpcCall["headers"], number, RegExp])[] = [
  ["nothing", Buffer.alloc(0), {}, 3, /has no message/],
  ["part of a prefix", Buffer.alloc(4), {}, 3, /has no message/],
  ["garbage", Buffer.from("\0\0\0\0xgarbage"), {}, 3, /ends after 7 of 120 bytes/],
  ["less than announced", framed(HELLO, 0, 6), {}, 3, /ends after 5 of 6 bytes/],
  ["two messages", Buffer.concat([framed(HELLO), framed(HELLO)]), {}, 3, /one message of 5 bytes/],
  ["a flag that is none", framed(HELLO, 2), {}, 3, /flag 2; expected 0 or 1/],
  ["compressed nobody says how", framed(gzipSync(HELLO), 1), {}, 3, /no grpc-encoding says how/],
  [
    "gzip that is cut",
    framed(cut(gzipSync(HELLO)), 1),
    { "grpc-encoding": "gzip" },
    3,
    /not valid gzip/,
  ],
  ["gzip that is none", framed(HELLO, 1), { "grpc-encoding": "gzip" }, 3, /not valid gzip/],
  [
    "zstd that is cut",
    framed(cut(zstdCompressSync(HELLO)), 1),
    { "grpc-encoding": "zstd" },
    3,
    /valid zstd/,
  ],
  [
    "a byte too many",
    framed(Buffer.alloc(1001)),
    {},
    8,
    /more than 1000 bytes \(limit bodyBytes\)/,
  ],
  ["too many announced", framed(HELLO, 0, 2 ** 32 - 1), {}, 8, /limit bodyBytes/],
  [
    "a bomb",
    framed(gzipSync(Buffer.alloc(2001)), 1),
    { "grpc-encoding": "gzip" },
    8,
    /2000 bytes \(limit inflatedBytes\)/,
  ],
  [
    "snappy",
    framed(HELLO, 1),
    { "grpc-encoding": "snappy" },
    12,
    /"snappy" is not served; send gzip, deflate, zstd or identity/,
  ],
  ["large headers", framed(HELLO), { extra: "x".repeat(17_000) }, 8, /limit headerBytes/],
  [
    "an unknown name",
    framed(HELLO),
    { ":authority": "rebound.example" },
    7,
    /unknown Host "rebound\.example"/,
  ],
  ["two names", framed(HELLO), { ":authority": "localhost", host: "other" }, 7, /one Host header/],
  ["another page's origin", framed(HELLO), { origin: "http://other" }, 7, /another origin/],
];
for (const [name, body, headers, code, reason] of REFUSED) {
  test(`a call is refused: ${name}`, async (t) => {
    const server = await opened(t);
    const answer = await server.say(body, headers);
    assert.equal(answer.httpStatus, 200);
    assert.equal(answer.code, code, answer.reason);
    assert.match(answer.reason, reason);
    const [, limit] = /\(limit (\w+)\)/.exec(answer.reason) ?? [];
    if (limit !== undefined) assert.equal(server.limitCounts.get(limit as keyof Limits), 1);
    assert.equal(server.budget.bytes, 0);
    assert.deepEqual(server.broken, []);
    // Nothing that one sender does is felt by the next.
    assert.equal((await server.say(framed(HELLO))).code, 0);
  });
}

test("a method that there is not", async (t) => {
  const server = await opened(t);
  for (const path of ["/test.Echo/Shout", "/", "/v1/traces"]) {
    const answer = await server.say(framed(HELLO), {}, path);
    assert.deepEqual([answer.code, answer.reason], [12, `nothing is served at ${path}`]);
  }
});

test("what is no gRPC is answered in HTTP", async (t) => {
  const server = await opened(t);
  const json = await server.say(HELLO, { "content-type": "application/json" });
  const web = await server.say(HELLO, { "content-type": "application/grpc-web" });
  const get = await server.say(Buffer.alloc(0), { ":method": "GET" });
  assert.deepEqual([json.httpStatus, web.httpStatus, get.httpStatus], [415, 415, 405]);
  assert.equal(get.headers["allow"], "POST");
  assert.equal(json.code, undefined);
});

test("the token is wanted, whatever else is asked", async (t) => {
  const server = await opened(t, { token: "token-of-ingest" });
  const ask = (headers: GrpcCall["headers"], path = ECHO) =>
    server.say(framed(HELLO), headers, path);
  assert.equal((await ask({ authorization: "Bearer token-of-ingest" })).code, 0);
  for (const authorization of [undefined, "Bearer token-of-inges", "Basic token-of-ingest"]) {
    const answer = await ask(authorization === undefined ? {} : { authorization });
    assert.deepEqual(
      [answer.code, answer.reason],
      [16, "expected the header Authorization: Bearer <token>"],
    );
  }
  assert.equal((await ask({}, "/unknown")).code, 16);
});

test("a reason is written so that every client reads it", async (t) => {
  const message = "100 % 鳴子\n";
  const server = await opened(t, {
    method: () => Promise.resolve({ status: { code: "INTERNAL", message } }),
  });
  const answer = await server.say(framed(HELLO));
  assert.equal(answer.headers["grpc-message"]?.slice(0, 25), "100 %25 %E9%B3%B4%E5%AD%9");
  assert.equal(answer.reason, message);
});

test("a bug in a method is told to the log, not to the sender", async (t) => {
  const server = await opened(t, { method: () => Promise.reject(new Error("secret detail")) });
  const answer = await server.say(framed(HELLO));
  assert.equal(answer.code, 13);
  assert.doesNotMatch(answer.reason, /secret/);
  assert.deepEqual(server.broken, [ECHO]);
});

test("senders in hand share one room", async (t) => {
  const server = await opened(t, { limits: { inFlightBytes: 100 } });
  assert.equal((await server.say(framed(Buffer.alloc(95)))).code, 0);
  const refused = await server.say(framed(Buffer.alloc(96)));
  assert.deepEqual([refused.code, /limit inFlightBytes/.test(refused.reason)], [14, true]);
  assert.equal(server.budget.bytes, 0);
});

test("a call that does not come to its end is ended", async (t) => {
  const server = await opened(t, { limits: { requestMs: 50 } });
  const session = connectHttp2(server.url);
  t.after(() => {
    session.destroy();
  });
  const stream = session.request({
    ":method": "POST",
    ":path": ECHO,
    "content-type": "application/grpc",
  });
  stream.write(framed(HELLO, 0, 6));
  const [headers] = (await once(stream, "response")) as [Record<string, string>];
  assert.equal(headers["grpc-status"], "4");
  assert.match(decodeURIComponent(headers["grpc-message"] ?? ""), /limit requestMs/);
  assert.equal(server.limitCounts.get("requestMs"), 1);
  // Nobody waits for the rest of it.
  await once(stream, "close");
  assert.equal((await server.say(framed(HELLO))).code, 0);
  assert.deepEqual(Object.fromEntries(server.counts.byCode), { DEADLINE_EXCEEDED: 1, OK: 1 });
});

test("a call that has arrived has all the time that the disk takes", async (t) => {
  const server = await opened(t, {
    limits: { requestMs: 30 },
    idleMs: 30,
    method: async (read) => {
      await read({ setTo: () => true, release: () => undefined });
      await wait(100);
      return { message: HELLO };
    },
  });
  assert.deepEqual((await server.say(framed(HELLO))).message, HELLO);
});

test("what follows a refusal takes no room", async (t) => {
  let asked = 0;
  const server = await opened(t, {
    limits: { bodyBytes: 1_000_000 },
    method: async (read) => {
      const setTo = (): boolean => {
        asked += 1;
        return false;
      };
      const body = await read({ setTo, release: () => undefined });
      const message = "refusal" in body ? body.refusal.reason : "";
      return { status: { code: "UNAVAILABLE", message } };
    },
  });
  const answer = await server.say(framed(Buffer.alloc(500_000)));
  assert.match(answer.reason, /limit inFlightBytes/);
  assert.equal(asked, 1);
});

test("senders that break off with an error are no bug of ours", async (t) => {
  const server = await opened(t);
  const session = connectHttp2(server.url);
  const headers = { ":method": "POST", ":path": ECHO, "content-type": "application/grpc" };
  const stream = session.request(headers);
  stream.on("error", () => undefined);
  await new Promise((resolve) => stream.write(framed(HELLO, 0, 6), resolve));
  const closed = new Promise((resolve) => stream.once("close", resolve));
  stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  await closed;
  session.close();
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  socket.resetAndDestroy();
  assert.equal((await server.say(framed(HELLO))).code, 0);
  assert.deepEqual(server.broken, []);
});

test("a sender that gives up in the middle is counted, and is no bug", async (t) => {
  const server = await opened(t);
  const session = connectHttp2(server.url);
  const stream = session.request({
    ":method": "POST",
    ":path": ECHO,
    "content-type": "application/grpc",
  });
  stream.on("error", () => undefined);
  await new Promise((resolve) => stream.write(framed(HELLO, 0, 6), resolve));
  session.destroy();
  await once(session, "close");
  // The next call's answer comes after what the server has made of the one before.
  while (server.counts.byCode.get("CANCELLED") === undefined) await server.say(framed(HELLO));
  assert.deepEqual(server.broken, []);
  assert.equal(server.budget.bytes, 0);
});

/** Sends bytes as they are, and reads all that comes back. */
function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  return text(socket);
}

test("an exporter of OTLP over HTTP at the wrong port is told so", async (t) => {
  const server = await opened(t);
  const answer = await raw(server.port, "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n\r\n{}");
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.match(answer, /OTLP over HTTP is taken on port 4318\n$/);
  assert.match(await raw(server.port, "hello"), /^HTTP\/1\.1 400 /);
  const slow = connect({ port: server.port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve) => slow.write("P", resolve));
  await server.say(framed(HELLO));
  slow.write("OST / HTTP/1.1\r\n");
  assert.match(await text(slow), /^HTTP\/1\.1 400 /);
});

test("bytes that begin as HTTP/2 and are none end the connection", async (t) => {
  const server = await opened(t);
  await raw(server.port, `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${"\xff".repeat(100)}`);
  await raw(server.port, "PRI * HTTP/2.0 and on");
  assert.equal((await server.say(framed(HELLO))).code, 0);
  assert.deepEqual(server.broken, []);
});

test("a preface in pieces is one", async (t) => {
  const server = await opened(t);
  const socket = connect({ port: server.port, host: "127.0.0.1", noDelay: true });
  for (const byte of "PRI * HTTP/2.0") {
    await new Promise((resolve) => socket.write(byte, resolve));
    await new Promise(setImmediate);
  }
  socket.write("\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
  const [bytes] = (await once(socket, "data")) as [Buffer];
  assert.equal(bytes[3], 4, "a frame of settings");
  socket.destroy();
});

test("connections that say nothing, are idle, or are too many", async (t) => {
  const silent = await opened(t, { limits: { headersMs: 30 } });
  assert.equal(await raw(silent.port, ""), "");
  assert.equal(silent.limitCounts.get("headersMs"), 1);

  const idle = await opened(t, { idleMs: 30 });
  const session = connectHttp2(idle.url);
  const headers = { ":method": "POST", ":path": ECHO, "content-type": "application/grpc" };
  session.request(headers).end(framed(HELLO)).resume();
  const [code] = (await once(session, "goaway")) as [number];
  assert.equal(code, constants.NGHTTP2_NO_ERROR);
  await once(session, "close");

  const full = await opened(t, { limits: { connections: 1 } });
  const first = connectHttp2(full.url);
  await once(first, "connect");
  assert.equal(await raw(full.port, "").catch(() => ""), "");
  assert.equal(full.limitCounts.get("connections"), 1);
  first.destroy();
});

test("more calls at once than a connection may have wait for each other", async (t) => {
  const server = await opened(t, { limits: { callsPerConnection: 2 } });
  const session = connectHttp2(server.url);
  await once(session, "remoteSettings");
  assert.equal(session.remoteSettings.maxConcurrentStreams, 2);
  await new Promise((resolve) => session.ping(Buffer.alloc(8), resolve));
  assert.equal(session.state.remoteWindowSize, 1024 * 1024);
  const codes = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const stream = session.request({
        ":method": "POST",
        ":path": ECHO,
        "content-type": "application/grpc",
      });
      stream.end(framed(HELLO));
      stream.resume();
      const [trailers] = (await once(stream, "trailers")) as [Record<string, string>];
      return trailers["grpc-status"];
    }),
  );
  assert.deepEqual(new Set(codes), new Set(["0"]));
  assert.ok(server.limitCounts.get("callsPerConnection") > 0);
  session.close();
});

test("a stop lets the calls end that have begun", async (t) => {
  let answer: (answer: { message: Uint8Array }) => void = () => undefined;
  const server = await opened(t, {
    method: async (read) => {
      await read({ setTo: () => true, release: () => undefined });
      return new Promise((resolve) => (answer = resolve));
    },
  });
  const session = connectHttp2(server.url);
  const stream = session.request({
    ":method": "POST",
    ":path": ECHO,
    "content-type": "application/grpc",
  });
  stream.end(framed(HELLO));
  stream.resume();
  const goaway = once(session, "goaway");
  await once(session, "remoteSettings");
  await new Promise((resolve) => session.ping(Buffer.alloc(8), resolve));
  const closed = server.close();
  await goaway;
  answer({ message: HELLO });
  const [trailers] = (await once(stream, "trailers")) as [Record<string, string>];
  assert.equal(trailers["grpc-status"], "0");
  await closed;
});
