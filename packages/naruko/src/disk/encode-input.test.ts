import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { InputError } from "@naruko/core/model/input-error";
import { decodeInput, encodeInput } from "./encode-input.ts";
import { anyInput, telemetryInput, aCall } from "../testing/any-input.ts";

test("an input comes back exactly as it was encoded", () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { seq, at, kind } = input;
      assert.deepStrictEqual(decodeInput({ seq, at, kind, bytes: encodeInput(input) }), input);
    }),
    { numRuns: 500 },
  );
});

test("bytes that begin anywhere in a larger buffer decode alike", () => {
  const input = telemetryInput(7, [aCall({ durationS: 1.5 })]);
  const bytes = encodeInput(input);
  for (let offset = 0; offset < 9; offset++) {
    const larger = new Uint8Array(bytes.length + offset);
    larger.set(bytes, offset);
    const decoded = decodeInput({ ...input, bytes: larger.subarray(offset) });
    assert.deepStrictEqual(decoded, input);
  }
});

test("what another version or a torn write left behind is refused", () => {
  const input = telemetryInput(7, [aCall({})]);
  const foreign = encodeInput(input);
  foreign[0] = 9;
  assert.throws(() => decodeInput({ ...input, bytes: foreign }), {
    name: "InputError",
    message: /encoding 9, this version reads 1/,
  });
  assert.throws(
    () => decodeInput({ ...input, bytes: encodeInput(input).subarray(0, 40) }),
    InputError,
  );
});
