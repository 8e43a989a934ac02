import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { utf8Bytes } from "../model/text.ts";
import { InternedText } from "./interned-text.ts";

test("what is read never depends on what was read before", () => {
  // Few letters and a single slot: most texts meet one that differs in a byte or in its length.
  const alike = fc.string({ unit: fc.constantFrom("a", "b", "é"), maxLength: 45 });
  const ends = fc.constantFrom("aaaa", "aaaaa", "aaaabaaaa", "aaaaaaaaa", "a".repeat(40));
  fc.assert(
    fc.property(fc.array(fc.oneof(alike, ends), { maxLength: 30 }), (texts) => {
      const interned = new InternedText(0);
      for (const text of texts) {
        const bytes = utf8Bytes(`<${text}>`);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        assert.equal(interned.read(bytes, view, 1, bytes.length - 1), text);
      }
    }),
  );
});
