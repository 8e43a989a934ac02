// Holds the parser against the grammar that Prometheus' own editor uses. That one knows neither
// kinds nor features, so that only the syntax is compared.
import assert from "node:assert/strict";
import test from "node:test";
import { parser as lezer } from "@prometheus-io/lezer-promql";
import * as fc from "fast-check";
import { InputError } from "../model/input-error.ts";
import { FUNCTIONS } from "./functions.ts";
import { parseSyntax } from "./parser.ts";

function lezerTakes(text: string): boolean {
  let taken = true;
  lezer.parse(text).iterate({
    enter: ({ type }) => {
      if (type.isError) taken = false;
    },
  });
  return taken;
}

/** Refusals of the parser that are about meaning, where a grammar for editors has no opinion. */
const MEANING: readonly RegExp[] = [
  /must (?:follow|stand)/,
  /is set twice/,
  /only allowed on a selector/,
  /not possible on a subquery/,
  /exclude each other/,
  /duration must be greater than 0/,
  /(?:division|modulo) by zero/,
  /is too long|out of range|is no duration/,
  /the step of a subquery/,
  /takes \d arguments?, not \d/,
  /metric name is already/,
  /bad label name|bad regular expression/,
];

/** "taken", "refused for its meaning", or the message of a refusal for the syntax. */
function verdictOf(text: string): string {
  try {
    parseSyntax(text);
    return "taken";
  } catch (error) {
    assert.ok(error instanceof InputError);
    const { message } = error;
    return MEANING.some((about) => about.test(message)) ? "refused for its meaning" : message;
  }
}

// Where the two differ on purpose: what Prometheus' server does, counts. The last column says
// whether the editor's grammar takes it.
const differences: readonly (readonly [string, string, boolean])[] = [
  ["offset", "a metric may be called offset", false],
  ["min_of(1, 2)", "a function that the editor does not know", false],
  ["max_of(1, 2)", "a function that the editor does not know", false],
  ["sum by (a:b) (foo)", "a label in a list may have a colon", false],
  ["a + fill(+1) b", "a sign may stand before a fill value", true],
  ["1.", "a number may end with its point", false],
  ["0X1f", "hexadecimal may be written in capitals", false],
  ["0x_1f", "an underscore may stand behind 0x", false],
  ['"\\"', "a string needs its closing quote", true],
  ["'a", "a string needs its closing quote", true],
  ["atan2", "no metric may be called atan2", true],
  ["sum by (inf) (foo)", "inf and nan are numbers wherever no label is matched", true],
  ["sum by (without) (foo)", "without is no label in a list", true],
  ["foo[nan]", "a duration is a number", true],
  ["foo[5m + inf]", "a duration is a number", true],
  ["foo[5m] # c\rbar", "a carriage return ends a comment", true],
];
for (const [text, why, byEditor] of differences) {
  test(`${JSON.stringify(text)}: ${why}`, () => {
    assert.equal(lezerTakes(text), byEditor);
    if (!byEditor) assert.equal(verdictOf(text), "taken");
  });
}

const agreed: readonly (readonly [string, boolean])[] = [
  ["1_000", true],
  ["1__0", false],
  [".5e-3", true],
  ["1e", false],
  ["1e+", false],
  ["1.2.3", false],
  ["0x", false],
  ["0xg", false],
  ["5m30s", true],
  ["1y2w3d4h5m6s7ms", true],
  ["5x", false],
  ["5ms5", false],
  ["`a\\`", true],
  ['"a\\"b"', true],
  ["foo#bar", true],
  ["foo{a='b' # c\n}", true],
  ["a:b{}", true],
  ["foo{a:b='c'}", false],
  ["foo{1='c'}", false],
  ["{'a b'='c', 'd'}", true],
  ["foo bar", false],
  ["5 m", false],
  ["STEP()", false],
  ["foo @ START()", true],
  ["foo OFFSET 5m", true],
  ["SUM BY (x) (foo)", true],
  ["a + Fill_Left(0) b", true],
];
for (const [text, taken] of agreed) {
  test(`${JSON.stringify(text)} is ${taken ? "taken" : "refused"} by both`, () => {
    assert.equal(lezerTakes(text), taken);
    // Case matters in names of functions, which the grammar of the server leaves to a later look.
    if (text !== "STEP()") assert.equal(verdictOf(text) === "taken", taken, verdictOf(text));
  });
}

const SEEDS: readonly string[] = [
  "sum by (a,b) (rate(foo{a=\"b\",c!~'d'}[5m] offset 1h)) > bool on(x) group_left(y) bar",
  "foo[5m:1m] @ 7 offset -5m",
  "-foo ^ 2 * +bar",
  "a + fill(0) b",
  "a / on(x) group_right fill_left(1) fill_right(2) b",
  "foo[step()+1m] smoothed",
  "topk(3, foo) by (x)",
  "foo offset step()",
  "foo offset -(5m*2)",
  "foo offset max_of(1m,step())",
  "info(foo,{a='b'})",
  '{"foo",a="b"}',
  "foo[(5m+1)*2:range()/2]",
  "count_values('x',foo)",
  "time() + 1 % 0x1f",
  "a and ignoring(z) b or c unless d",
  "foo @ start() + bar @ end()",
  "foo </ 5 >/ 1",
  "foo anchored",
  "start()+end()",
  "sum without () (foo)",
  "(foo{})",
];

const PIECES: readonly string[] = (
  "foo a:b sum by without on ignoring group_left group_right bool offset start end step range " +
  "min_of max_of fill fill_left fill_right anchored smoothed and or unless atan2 inf nan rate " +
  "time topk limit_ratio info ( ) [ ] { } , : + - * / % ^ == != < > <= >= </ >/ =~ !~ = @ 5m " +
  "1h30m 7 0x1f .5 1e3 'x' \"y\" `z`"
).split(" ");

const TOKEN = /[A-Za-z_:][A-Za-z0-9_:]*|\d[\w.]*|"[^"]*"|'[^']*'|[=!<>]=|=~|!~|<\/|>\/|\S/g;

type Edit = {
  readonly at: number;
  readonly removed: number;
  readonly piece: string | undefined;
};

function edited(seed: string, edits: readonly Edit[]): string {
  const tokens: string[] = seed.match(TOKEN) ?? [];
  for (const { at, removed, piece } of edits) {
    tokens.splice(at % (tokens.length + 1), removed, ...(piece === undefined ? [] : [piece]));
  }
  return tokens.join(" ");
}

// Words that may be written before a parenthesis without being called.
const BEFORE_PARENTHESIS = new Set(
  (
    "sum topk count_values limit_ratio by without on ignoring group_left group_right bool fill " +
    "fill_left fill_right and or unless atan2 offset anchored smoothed start end step range inf nan"
  ).split(" "),
);

/** Whether a text is one of those that the two see differently on purpose. */
function differsOnPurpose(text: string): boolean {
  const called = [...text.matchAll(/([A-Za-z_:][\w:]*) \(/g)].map(([, name = ""]) => name);
  return (
    /\b(?:min_of|max_of) \(/.test(text) ||
    /\b(?:inf|nan|atan2)\b/.test(text) ||
    /(?:^|[^\w\])}"]) ?offset\b|\b(?:bool|and|or|unless|by|without|on|ignoring) offset\b/.test(
      text,
    ) ||
    /\b(?:by|without|on|ignoring|group_left|group_right) \([^)]*(?:\bwithout\b|:)/.test(text) ||
    /fill(?:_left|_right)? \( [-+]/.test(text) ||
    called.some((name) => !FUNCTIONS.has(name) && !BEFORE_PARENTHESIS.has(name))
  );
}

test("edits of right expressions are taken or refused by both", () => {
  const edit = fc.record({
    at: fc.nat(40),
    removed: fc.integer({ min: 0, max: 2 }),
    piece: fc.option(fc.constantFrom(...PIECES), { nil: undefined }),
  });
  const text = fc
    .tuple(fc.constantFrom(...SEEDS), fc.array(edit, { maxLength: 3 }))
    .map(([seed, edits]) => edited(seed, edits));
  fc.assert(
    fc.property(text, (written) => {
      fc.pre(!differsOnPurpose(written));
      const verdict = verdictOf(written);
      if (verdict === "refused for its meaning") return;
      assert.equal(verdict === "taken", lezerTakes(written), `${written}: ${verdict}`);
    }),
    { numRuns: 3000 },
  );
});
