import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "node:test";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { BodyBudget } from "./body-budget.ts";
import { readBody } from "./body.ts";

const MB = 1024 * 1024;
const LIMITS = { bodyBytes: 1000, inflatedBytes: 10 * MB };

/** Sends a body to a server that reads it by these limits; what it read, and what the budget held. */
async function sent(body: Buffer, headers: Record<string, string>, inFlightBytes = 100 * MB) {
  const budget = new BodyBudget(inFlightBytes);
  const server = createServer((request, response) => {
    const share = budget.open();
    const answer = async (): Promise<void> => {
      const read = await readBody(request, LIMITS, share);
      const held = budget.bytes;
      share.release();
      const told = "bytes" in read ? { length: read.bytes.length } : read.refusal;
      response.end(JSON.stringify({ ...told, held }));
    };
    void answer();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: "POST", body, headers });
    const result = (await answer.json()) as { readonly held: number } & Record<string, unknown>;
    return { ...result, left: budget.bytes };
  } finally {
    server.close();
  }
}

const gzip = { "Content-Encoding": "gzip" };
const zstd = { "Content-Encoding": "zstd" };

/** A frame of zstd, written as a stream, whose window has this power of two bytes. */
function wide(windowLog: number): Buffer {
  // Magic number, no length, the window's exponent above 10 in five bits, an empty last block.
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, 1, 0, 0]);
}

const bomb = (bytes: number): Buffer => gzipSync(Buffer.alloc(bytes), { level: 9 });

const PACKED: readonly (readonly [string, (bytes: number) => Buffer])[] = [
  ["gzip", bomb],
  ["deflate", (bytes) => deflateSync(Buffer.alloc(bytes))],
  ["zstd", (bytes) => zstdCompressSync(Buffer.alloc(bytes))],
];

const WITHIN: readonly (readonly [string, Buffer, Record<string, string>, number])[] = [
  ["a body of the limit's length", Buffer.alloc(1000), {}, 1000],
  ["no body", Buffer.alloc(0), {}, 0],
  ["zstd of the largest window", wide(23), zstd, 0],
  ["zstd", zstdCompressSync("abc"), { "Content-Encoding": "zstd" }, 3],
  ["deflate", deflateSync("abc"), { "Content-Encoding": "deflate" }, 3],
  ["gzip, whatever its case", gzipSync("abc"), { "Content-Encoding": "GZIP" }, 3],
];
for (const [name, body, headers, length] of WITHIN) {
  test(`taken: ${name}`, async () => {
    assert.deepEqual(await sent(body, headers), { length, held: length, left: 0 });
  });
}

const REFUSED: readonly (readonly [string, Buffer, Record<string, string>, number, RegExp])[] = [
  ["one byte more", Buffer.alloc(1001), {}, 413, /limit bodyBytes/],
  ["gzip that is none", Buffer.from("x"), gzip, 400, /not valid gzip/],
  ["gzip that is cut", gzipSync("abc").subarray(0, 15), gzip, 400, /not valid gzip/],
  ["zstd that is none", Buffer.from("x"), zstd, 400, /not valid zstd/],
  ["zstd that is cut", zstdCompressSync("abc").subarray(0, 9), zstd, 400, /not valid zstd/],
  ["zstd of a window that no sender may ask for", wide(24), zstd, 400, /too much memory/],
  ["zstd of nothing", Buffer.alloc(0), zstd, 400, /not valid zstd/],
  ["zstd that wants much memory", wide(27), zstd, 400, /not valid zstd: .*too much memory/],
  [
    "another encoding",
    Buffer.from("x"),
    { "Content-Encoding": "br" },
    415,
    /send gzip, deflate, zstd or none/,
  ],
  ["two encodings", gzipSync("a"), { "Content-Encoding": "gzip, gzip" }, 415, /send gzip/],
];
for (const [name, body, headers, status, reason] of REFUSED) {
  test(`refused: ${name}`, async () => {
    const answer = await sent(body, headers);
    assert.ok("status" in answer && "reason" in answer);
    assert.equal(answer.status, status);
    assert.match(String(answer.reason), reason);
    assert.equal(answer.left, 0);
  });
}

for (const [coding, pack] of PACKED) {
  test(`what a small body of ${coding} inflates to is bounded, here and on another thread`, () =>
    boundsInflated(coding, pack));
}

async function boundsInflated(coding: string, pack: (bytes: number) => Buffer): Promise<void> {
  const limits = { bodyBytes: 100_000, inflatedBytes: 5 * MB };
  const budget = new BodyBudget(100 * MB);
  const read = async (bytes: number) => {
    const request = Object.assign(asBody(pack(bytes)), { headers: { "content-encoding": coding } });
    const share = budget.open();
    const result = await readBody(request as never, limits, share);
    share.release();
    return "bytes" in result ? result.bytes.length : result.refusal.reason;
  };
  assert.equal(await read(4 * MB), 4 * MB);
  assert.equal(await read(4 * MB + 1), 4 * MB + 1);
  assert.equal(await read(5 * MB), 5 * MB);
  assert.match(String(await read(5 * MB + 1)), /limit inflatedBytes/);
}

function asBody(bytes: Buffer): AsyncIterable<Buffer> {
  return {
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
  };
}

test("a body for which there is no room is to be sent again", async () => {
  assert.equal((await sent(Buffer.alloc(800), {}, 800)).held, 800);
  const refused = await sent(Buffer.alloc(801), {}, 800);
  assert.deepEqual({ ...refused, reason: "" }, { status: 503, reason: "", held: 0, left: 0 });
});

test("inflating keeps room for the most that may come out of it", async () => {
  const body = gzipSync(Buffer.alloc(100_000));
  assert.equal((await sent(body, gzip, 100_000)).held, 100_000);
  assert.match(JSON.stringify(await sent(body, gzip, 99_999)), /limit inFlightBytes/);
  // Above what is inflated at once, for the largest that there may be.
  const large = zstdCompressSync(Buffer.alloc(5 * MB));
  assert.equal((await sent(large, zstd, large.length + 10 * MB)).held, 5 * MB);
  assert.match(JSON.stringify(await sent(large, zstd, 10 * MB)), /limit inFlightBytes/);
});

test("shares come out of one budget, and go back into it once", () => {
  const budget = new BodyBudget(10);
  const [a, b] = [budget.open(), budget.open()];
  assert.ok(a.setTo(6));
  assert.ok(!b.setTo(5));
  assert.ok(b.setTo(4));
  assert.ok(!a.setTo(7));
  assert.equal(budget.bytes, 10);
  a.release();
  a.release();
  assert.equal(budget.bytes, 4);
  assert.ok(b.setTo(10));
});
