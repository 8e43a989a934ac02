import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import {
  decodeGroup,
  encodeGroup,
  GROUP_HEAD_BYTES,
  hasGroup,
  isWhole,
  readGroupHead,
} from "./input-groups.ts";

const anyRow = fc.record(
  {
    seq: fc.maxSafeNat(),
    at: fc.maxSafeNat(),
    kind: fc.constantFrom("telemetry", "tick", "鳴子"),
    bytes: fc.uint8Array({ maxLength: 200 }),
  },
  { noNullPrototype: true },
);
const anyRows = fc.array(anyRow, { minLength: 1, maxLength: 5 });

test("inputs come back from their group exactly, and its head tells the last one", () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const group = encodeGroup(rows);
      const head = readGroupHead(group);
      const body = group.subarray(GROUP_HEAD_BYTES);
      assert.ok(head !== undefined && isWhole(head, body));
      assert.equal(head.bodyBytes, body.length);
      assert.deepEqual([head.lastSeq, head.lastAt], [rows.at(-1)?.seq, rows.at(-1)?.at]);
      assert.deepStrictEqual(decodeGroup(body), rows);
    }),
  );
});

test("a group that was cut off anywhere, or has any bit turned over, is not whole", () => {
  fc.assert(
    fc.property(anyRows, fc.nat(), fc.nat(7), (rows, where, bit) => {
      const group = encodeGroup(rows);
      const place = where % group.length;
      assert.equal(hasGroup(group.subarray(0, place)), false);
      group[place] = (group[place] ?? 0) ^ (1 << bit);
      assert.equal(hasGroup(group), false);
    }),
  );
});

test("a group is found behind whatever is there", () => {
  const group = encodeGroup([{ seq: 1, at: 2, kind: "tick", bytes: Uint8Array.of(3) }]);
  for (const before of ["", "INPT", "INPTINP", "\0".repeat(99)]) {
    assert.equal(hasGroup(Buffer.concat([Buffer.from(before), group])), true);
  }
});
