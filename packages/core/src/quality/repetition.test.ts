import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { isRepetitive } from "./repetition.ts";

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  [
    "a sentence again and again",
    { text: { output: `Well. ${"It is what it is. ".repeat(20)}` } },
    true,
  ],
  ["one word", { text: { output: "no ".repeat(100) } }, true],
  ["one letter", { text: { output: "a".repeat(400) } }, true],
  ["Japanese", { text: { output: "それはとても大切です。".repeat(12) } }, true],
  [
    "cut inside of a round",
    { text: { output: `${"It is what it is. ".repeat(20)}It is wh` } },
    true,
  ],
  [
    "with numbers that change",
    {
      text: {
        output: Array.from({ length: 20 }, (_, i) => `${i}. Ask your doctor about it.`).join("\n"),
      },
    },
    true,
  ],
  [
    "a loop that ends",
    {
      text: {
        output: `${"the best screen, the best sound, ".repeat(20)}and that is all there is.`,
      },
    },
    true,
  ],
  [
    "four rounds",
    {
      text: {
        output: "It is what it is, said the old man to the sea and went home to sleep. ".repeat(4),
      },
    },
    false,
  ],
  ["short", { text: { output: "ha ha ha ha ha" } }, false],
  ["signs", { text: { output: "-=".repeat(300) } }, false],
  ["zeros", { text: { output: "0, ".repeat(300) } }, false],
  ["blanks", { text: { output: `a${" ".repeat(500)}b` } }, false],
  [
    "asked for",
    { text: { input: "Say it is what it is", output: "it is what it is\n".repeat(30) } },
    false,
  ],
  [
    "rows of data",
    {
      text: {
        output: Array.from(
          { length: 40 },
          (_, i) => `{"id": ${i}, "name": "user ${i}", "active": true}`,
        ).join(",\n"),
      },
    },
    false,
  ],
  ["a failed call", { text: { output: "no ".repeat(100) }, errorType: "x" }, false],
  ["no text", {}, false],
];

for (const [name, call, raised] of rows) {
  test(`repetition: ${name}`, () => {
    assert.equal(isRepetitive(inference(call)), raised);
  });
}

for (const length of [1, 2, 19, 20, 21, 40, 79, 80, 81, 160, 700]) {
  test(`repetition: a piece of ${length} signs, as often as makes a loop`, () => {
    const signs = Array.from({ length }, (_, i) => 0x4e00 + (((i * i * 7919) >>> 5) % 997));
    const piece = String.fromCharCode(...signs);
    const loop = piece.repeat(100).slice(0, Math.max(100, 5 * length));
    assert.ok(isRepetitive(inference({ text: { output: `それは別の話です。${loop}` } })));
  });
}
