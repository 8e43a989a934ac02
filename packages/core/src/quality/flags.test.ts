import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { Call } from "../model/call.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { inference } from "../testing/calls.ts";
import { FLAGS, flagsOf } from "./flags.ts";
import { LENGTH_HABIT } from "./length-habit.ts";

test("a plain answer raises none", () => {
  const text = { input: "Is 7 prime?", output: "Yes, 7 is prime." };
  assert.deepEqual(flagsOf(inference({ text })), []);
});

test("a call may raise several, in the order of the list", () => {
  const call = inference({
    text: { input: "Hi", output: "I'm sorry, but I can't help with that.<|im_end|>" },
    facts: { outputType: "json", tools: [], toolCalls: [] },
    finishReasons: ["length"],
  });
  assert.deepEqual(flagsOf(call), ["refusal", "cut-off", "invalid-json", "leaked-markup"]);
});

test("only a model's answers have flags", () => {
  for (const kind of ["embeddings", "tool", "agent"] as const)
    assert.deepEqual(flagsOf(inference({ kind, finishReasons: ["error"] })), []);
});

test("without text, what needs only metadata still runs", () => {
  assert.deepEqual(flagsOf(inference({ finishReasons: ["length", "error"] })), [
    "cut-off",
    "error-finish",
  ]);
  assert.deepEqual(flagsOf(inference({ usage: { outputTokens: 0 } })), ["empty"]);
});

test("every flag has a name of its own, and a sentence", () => {
  const names = FLAGS.map(({ flag }) => flag);
  assert.equal(new Set(names).size, names.length);
  assert.equal(names.at(-1), LENGTH_HABIT);
  for (const { flag, says } of FLAGS) {
    assert.match(flag, /^[a-z]+(-[a-z]+)*$/);
    assert.match(says, /^[A-Z].*\.$/);
  }
});

/** Pieces that signals look for, so that random texts get into every branch. */
const pieces = fc.constantFrom(
  ...'` ``` ~~~ ``` {{ }} {% %} <| |> </s> [INST] {" [ ] ( " \' „ 「 」 。 、 . ! ? , \n \t'.split(
    " ",
  ),
  "\n",
  " ",
  "\ud800",
  "\udfff",
  "the ",
  "和",
  "を",
  "I can't help ",
  "as an ai ",
  "User: ",
  "できません",
  "無",
  "{{ a }}",
  "</s>",
);
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join("")),
);
const optional = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(one, { nil: undefined });

const anyCall: fc.Arbitrary<Call> = fc
  .record({
    system: optional(anyText),
    input: optional(anyText),
    output: optional(anyText),
    outputType: fc.constantFrom(undefined, "json", "text", "image"),
    outputSchema: optional(fc.oneof(anyText, fc.json())),
    name: anyText,
    parameters: fc.oneof(anyText, fc.json()),
    finishReasons: fc.array(fc.constantFrom("stop", "length", "tool_call", "error"), {
      maxLength: 2,
    }),
    operation: fc.constantFrom("chat", "text_completion"),
  })
  .map(({ system, input, output, outputType, outputSchema, name, parameters, ...fields }) =>
    inference({
      ...fields,
      text: {
        ...(system !== undefined && { system }),
        ...(input !== undefined && { input }),
        ...(output !== undefined && { output }),
      },
      facts: {
        ...(outputType !== undefined && { outputType }),
        ...(outputSchema !== undefined && { outputSchema }),
        tools: [{ name, parameters }],
        toolCalls: [{ name, arguments: parameters }],
      },
    }),
  );

test("no text, not even half a surrogate pair, makes it throw; equal calls raise equal flags", () => {
  const known = new Set(FLAGS.map(({ flag }) => flag));
  fc.assert(
    fc.property(anyCall, (call) => {
      const flags = flagsOf(call);
      assert.ok(flags.every((flag) => known.has(flag)));
      assert.deepEqual(flagsOf(structuredClone(call)), flags);
    }),
    { numRuns: 1000 },
  );
});

/**
 * Texts on which an expression that goes back over what it read takes time with the square of the
 * length, at the longest length that there is: thousands of millions of steps for each such expression,
 * which the time that one test may take does not have.
 */
const hostile: readonly string[] = [
  ..."a A 0 ` ~ { [ ( < | : \" ' . , ! ? - * # _ \\ / 「 “ 。 、 の 的 é \ud83d \udc4d".split(" "),
  " ",
  "\n",
  "\t ",
  "a ",
  "a\n",
  "` ",
  "``` ",
  "`a`` ",
  "```\n",
  "{{",
  "{{a",
  "{{ a",
  "{% if ",
  "<|",
  "<|a",
  "</s>",
  "</s> ",
  "[INST",
  '{"',
  '[{"a":',
  "the ",
  "sorry, ",
  "but ",
  "i understand, ",
  "as an ai ",
  "i don't have personal ",
  "ich kann ihnen ",
  "我无法为您",
  "ユーザー:",
  "User: ",
  "\nUser:",
  "### ",
  '"a" ',
  "「あ",
  "1. ",
  "ab",
  "the cat and the dog ",
];

for (const piece of hostile) {
  test(`${JSON.stringify(piece)} as often as fits`, { timeout: 20_000 }, () => {
    const length = DEFAULT_LIMITS.textLength - 1;
    const full = piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
    for (const output of [full, `${full.slice(2)}x!`, `x ${full.slice(2)}`]) {
      const text = { system: full, input: full, output };
      flagsOf(inference({ text }));
      flagsOf(inference({ text: { ...text, input: "日本語" }, facts: { outputType: "json" } }));
    }
  });
}
