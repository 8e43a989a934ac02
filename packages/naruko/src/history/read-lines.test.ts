import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { readLines } from "./read-lines.ts";

const folder = mkdtempSync(path.join(tmpdir(), "naruko-lines-"));
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function linesOf(bytes: Uint8Array, maxBytes = 1000): Promise<readonly string[]> {
  const file = path.join(folder, "input");
  writeFileSync(file, bytes);
  const lines: string[] = [];
  let read = 0;
  for await (const line of readLines(file, { maxBytes, onBytes: (count) => (read += count) })) {
    const shown = "fault" in line ? line.fault : Buffer.from(line.bytes).toString();
    lines.push(`${line.number}: ${shown}`);
  }
  assert.equal(read, bytes.length);
  return lines;
}

const text = (content: string): Buffer => Buffer.from(content);

const plain: readonly (readonly [string, string, readonly string[]])[] = [
  ["an empty file", "", []],
  ["a last line without its end", "a\nb", ["1: a", "2: b"]],
  ["a last line with its end", "a\nb\n", ["1: a", "2: b"]],
  ["empty lines are counted only", "\n a\n\r\n\t\nb\r\n", ["2:  a", "5: b\r"]],
  ["three bytes", "{}\n", ["1: {}"]],
];
for (const [name, content, expected] of plain) {
  test(name, async () => {
    assert.deepEqual(await linesOf(text(content)), expected);
  });
}

test("a line that is too long is a fault, and the next one is read", async () => {
  const content = text(`${"x".repeat(11)}\nab\n${"y".repeat(200_000)}`);
  assert.deepEqual(await linesOf(content, 10), [
    "1: the line has 11 bytes, more than 10",
    "2: ab",
    "3: the line has 200000 bytes, more than 10",
  ]);
});

test("a compressed file that was cut off gives what there is, then a fault", async () => {
  const content = text(
    Array.from({ length: 5000 }, (_, i) => `line ${i} ${(i * i) % 7919}`).join("\n"),
  );
  for (const bytes of [gzipSync(content), zstdCompressSync(content)]) {
    const lines = await linesOf(bytes.subarray(0, bytes.length - 20));
    assert.match(
      lines.at(-1) ?? "",
      /^\d+: the file is damaged from here on: unexpected end of file/,
    );
  }
});

test("a compressed file that is no such thing behind its first bytes", async () => {
  for (const magic of [
    [0x1f, 0x8b],
    [0x28, 0xb5, 0x2f, 0xfd],
  ]) {
    const [line, ...more] = await linesOf(
      Buffer.from([...magic, ...text("nonsense, and more of it")]),
    );
    assert.match(line ?? "", /^1: the file is damaged from here on: /);
    assert.deepEqual(more, []);
  }
});

test("a missing file is an error", async () => {
  const reading = readLines(path.join(folder, "none"), { maxBytes: 10 }).next();
  await assert.rejects(reading, /ENOENT/);
});

test("plain, gzip and zstd give the same lines, in however many parts they were compressed", async () => {
  const lines = fc.array(fc.string({ unit: fc.constantFrom("a", "b", " ", "ä"), maxLength: 60 }), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat({ max: 400 }), { maxLength: 3 }), async (all, cuts) => {
      const content = text(all.join("\n"));
      const expected = await linesOf(content);
      const borders = [0, ...cuts.map((cut) => Math.min(cut, content.length)), content.length];
      borders.sort((a, b) => a - b);
      const parts = borders.slice(1).map((to, i) => content.subarray(borders[i], to));
      for (const compress of [gzipSync, zstdCompressSync]) {
        const joined = Buffer.concat(parts.map((part) => compress(part)));
        assert.deepEqual(await linesOf(joined), expected);
      }
    }),
    { numRuns: 50 },
  );
});

test("a zstd file larger than any chunk, in several frames", async () => {
  const part = text(
    Array.from({ length: 30_000 }, (_, i) => `${i} ${(i * 7919) % 10_007}`).join("\n"),
  );
  const joined = Buffer.concat([zstdCompressSync(part), text(""), zstdCompressSync(part)]);
  const lines = await linesOf(joined);
  assert.equal(lines.length, 59_999);
  assert.equal(lines.at(-1), `59999: 29999 ${(29_999 * 7919) % 10_007}`);
});
