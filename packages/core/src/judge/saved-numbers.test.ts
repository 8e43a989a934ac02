import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { NumberReader, NumberWriter } from "./saved-numbers.ts";

const aNumber = fc.oneof(fc.constantFrom(0, -0), fc.double());

test("numbers are read as they were written, sparse lists without their last zeros", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(aNumber, fc.array(aNumber, { maxLength: 32 })), { maxLength: 200 }),
      (written) => {
        const writer = new NumberWriter();
        for (const one of written)
          if (typeof one === "number") writer.add(one);
          else writer.addSparse(one);
        const reader = new NumberReader(writer.numbers);
        for (const one of written) {
          if (typeof one === "number") {
            assert.deepEqual(reader.next(), one);
            continue;
          }
          const list = reader.nextSparse();
          const zeros = one.slice(list.length);
          assert.ok(zeros.every((zero) => Object.is(zero, 0)));
          assert.deepEqual([...list, ...zeros], one);
        }
        reader.end();
      },
    ),
  );
});

test("zeros take no room", () => {
  const writer = new NumberWriter();
  for (let i = 0; i < 2000; i++) writer.addSparse([0, 0, 0, 1.5, 0]);
  assert.equal(writer.numbers.length, 4000);
});
