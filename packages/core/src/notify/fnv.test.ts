import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { labels, NO_LABELS } from "../model/labels.ts";
import { fingerprintOf, fnv1a64 } from "./fnv.ts";

/** The same hash by arbitrary-precision arithmetic, straight from its definition. */
function naive(parts: readonly string[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const part of parts) {
    for (const byte of [...new TextEncoder().encode(part), 0xff]) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
  }
  return hash.toString(16).padStart(16, "0");
}

test("two words compute what 64 bits would", () => {
  const parts = fc.array(fc.string({ unit: "binary" }), { maxLength: 8 });
  fc.assert(fc.property(parts, (some) => assert.equal(fnv1a64(some), naive(some))));
});

test("labels have the fingerprint that Prometheus gives them", () => {
  assert.equal(fingerprintOf(NO_LABELS), "cbf29ce484222325");
  assert.equal(
    fingerprintOf(labels({ service: "chat", alertname: "A" })),
    naive(["alertname", "A", "service", "chat"]),
  );
});
