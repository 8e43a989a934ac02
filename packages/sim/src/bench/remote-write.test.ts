import assert from "node:assert/strict";
import test from "node:test";
import { labels } from "@naruko/core/model/labels";
import protobuf from "protobufjs";
import { writeRequest } from "./remote-write.ts";

const { root } = protobuf.parse(`
syntax = "proto3";
message WriteRequest { repeated TimeSeries timeseries = 1; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
`);

/** Reads blocks that hold literals alone. */
function unliteral(block: Uint8Array): Uint8Array {
  const reader = protobuf.Reader.create(block);
  const length = reader.uint32();
  const parts: Uint8Array[] = [];
  for (let at = reader.pos; at < block.length;) {
    assert.equal(block[at], 61 << 2);
    const count = (block[at + 1] ?? 0) + (block[at + 2] ?? 0) * 256 + 1;
    parts.push(block.subarray(at + 3, at + 3 + count));
    at += 3 + count;
  }
  const bytes = Buffer.concat(parts);
  assert.equal(bytes.length, length);
  return bytes;
}

test("a request holds each series with its samples, over more than one literal", () => {
  const count = 10_000;
  const times = Float64Array.from({ length: count }, (_, n) => 1_790_000_000_000 + n * 15_000);
  const values = Float64Array.from({ length: count }, (_, n) => n / 7);
  const of = labels({ __name__: "up", job: "höhe" });
  const block = writeRequest([{ labels: of, times, values }]);
  const message = root.lookupType("WriteRequest").decode(unliteral(block));
  const { timeseries } = root.lookupType("WriteRequest").toObject(message, { longs: Number });
  assert.equal(timeseries.length, 1);
  assert.deepEqual(timeseries[0].labels, [
    { name: "__name__", value: "up" },
    { name: "job", value: "höhe" },
  ]);
  assert.equal(timeseries[0].samples.length, count);
  assert.deepEqual(timeseries[0].samples.at(-1), { value: values.at(-1), timestamp: times.at(-1) });
});
