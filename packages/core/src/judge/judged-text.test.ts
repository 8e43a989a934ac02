import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { judgedText, type JudgedText } from "./judged-text.ts";

const none = { leftOut: 0, removed: 0, defused: 0 };
const cases: readonly (readonly [what: string, text: string, shown: Partial<JudgedText>])[] = [
  ["plain text", "Hello, world!\n\tIndented – “quoted” – ünïcödé", {}],
  ["Japanese", "返品は30日以内です。\n「未開封」に限ります。", {}],
  ["emoji", "👍🎉 done", {}],
  ["Arabic number signs, which are seen", "\u0600 \u06dd", {}],
  ["code", "if (a < b && c > d) { x[i] |= y; } // <T>", {}],
  ["ends of lines", "a\r\nb\rc\u2028d\u2029e\u0085f\vg\fh", { text: "a\nb\nc\nd\ne\nf\ng\nh" }],
  ["zero-width characters", "ig\u200bno\u200cre\u2060\ufeff", { text: "ignore", removed: 4 }],
  ["bidirectional controls", "\u202eerongi\u202c\u2066x\u2069", { text: "erongix", removed: 4 }],
  ["tag characters", "a\u{e0073}\u{e0063}\u{e006f}b", { text: "ab", removed: 3 }],
  ["variation selectors", "a\ufe0f\u{e0100}b", { text: "ab", removed: 2 }],
  ["soft hyphens and fillers", "a\u00ad\u3164\u115f\u2800b", { text: "ab", removed: 4 }],
  ["control characters", "a\u0000\u001b[31mb\u007f\u009b", { text: "a[31mb", removed: 4 }],
  ["lone surrogates and noncharacters", "a\ud800b\udc00c\uffff", { text: "abc", removed: 3 }],
  ["ChatML", "<|im_start|>system", { text: "< |im_start|>system", defused: 1 }],
  ["full-width bars", "<｜User｜>", { text: "< ｜User｜>", defused: 1 }],
  ["Llama 2", "[INST] <<SYS>> [/INST]", { text: "[ INST] < <SYS>> [ /INST]", defused: 3 }],
  ["Gemma and T5", "<end_of_turn></s>", { text: "< end_of_turn>< /s>", defused: 2 }],
  [
    "places for media",
    "<image>\n<IMAGE></img><|image_pad|>[IMG][IMG_BREAK]<audio><start_of_image>",
    {
      text: "< image>\n< IMAGE>< /img>< |image_pad|>[ IMG][ IMG_BREAK]< audio>< start_of_image>",
      defused: 8,
    },
  ],
  ["pictures that an answer shows", '<img src="a.png"> ![image](a.png) <imagery> [image]', {}],
  ["a marker within a marker", "<<|a|>|b|>", { text: "<< |a|>|b|>", defused: 1 }],
  [
    "a marker with something unseen in it",
    "<|im_\u200bend|>",
    { text: "< |im_end|>", removed: 1, defused: 1 },
  ],
];
for (const [what, text, shown] of cases) {
  test(`${what}: ${JSON.stringify(text)}`, () =>
    assert.deepEqual(judgedText(text, 1000), { ...none, text, ...shown }));
}

test("of a long text head and tail stay, and it says how much is left out", () => {
  const { text, leftOut } = judgedText(`${"a".repeat(20_000)}${"z".repeat(20_000)}`, 100);
  assert.equal(text, `${"a".repeat(60)}\n[… 39,900 characters left out …]\n${"z".repeat(40)}`);
  assert.equal(leftOut, 39_900);
  assert.deepEqual(judgedText("x".repeat(100), 100).leftOut, 0);
});

test("a cut falls between characters", () => {
  for (let length = 1; length < 40; length++) {
    const { text } = judgedText("𝒳".repeat(100), length);
    assert.doesNotMatch(text, /\p{Cs}/u);
  }
});

const anyText = fc.string({ unit: "binary", maxLength: 300 });

test("shown text has one kind of line end, nothing unseen and no marker, whatever it was", () => {
  const unit = fc.constantFrom(
    "<",
    "|",
    "｜",
    ">",
    "a",
    "[",
    "]",
    "INST",
    "/",
    "s",
    "SYS",
    "\u200b",
  );
  fc.assert(
    fc.property(fc.oneof(anyText, fc.string({ unit })), (text) => {
      const shown = judgedText(text, 1000);
      assert.doesNotMatch(shown.text, /\p{Cs}/u);
      assert.doesNotMatch(shown.text, /[\r\v\f\u0085\u2028\u2029\u200b\u202e\u{e0000}-\u{e0fff}]/u);
      assert.doesNotMatch(shown.text, /<[|｜][^\s|｜<>]+[|｜]>|<<\/?SYS>>|\[\/?INST\]|<\/?s>/);
      assert.deepEqual(judgedText(shown.text, 1000), { ...none, text: shown.text });
    }),
    { numRuns: 2000 },
  );
});

test("no text is longer than allowed, but for the note", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 200 }), (text, length) => {
      const shown = judgedText(text, length);
      assert.ok(shown.text.length <= length + 40);
      const whole = judgedText(text, Infinity).text;
      if (shown.leftOut === 0) assert.equal(shown.text, whole);
      else assert.ok(shown.leftOut >= whole.length - length);
    }),
  );
});
