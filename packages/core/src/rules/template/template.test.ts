import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { InputError } from "../../model/input-error.ts";
import { DEFAULT_LIMITS } from "../../model/limits.ts";
import { REFUSED_TEMPLATES } from "./template-cases.ts";
import { expandTemplate, parseTemplate } from "./template.ts";
import { stringMap } from "./value.ts";

const context = {
  nowMs: 1_435_065_584_128,
  externalUrl: "http://127.0.0.1:4320/naruko",
  query: (text: string) => {
    throw new InputError("promql", `1:1: no "${text}"`);
  },
};

function expand(text: string, limits = DEFAULT_LIMITS): string {
  const data = {
    labels: stringMap([["model", "gpt-4o"]]),
    externalLabels: stringMap([]),
    value: 2,
  };
  return expandTemplate(parseTemplate(text, "A"), data, context, limits);
}

function failure(at: string, what: string): string {
  const where = `executing template __alert_A: template: __alert_A:1:${at}`;
  return `<error expanding template: error ${where}: ${what}>`;
}

// What the Debian promtool is too old to be asked about, and what it cannot be asked.
const expanded: readonly (readonly [string, string])[] = [
  ["{{ now }} {{ now | toTime }}", "1.435065584128e+09 2015-06-23 13:19:44.128 +0000 UTC"],
  ['{{ (toTime now).Format "2006-01-02" }}', "2015-06-23"],
  ["{{ toDuration 3661.5 }} {{ toDuration 0.0015 }} {{ toDuration -90 }}", "1h1m1.5s 1.5ms -1m30s"],
  ["{{ (toDuration 90).Minutes }} {{ (toDuration 90).Seconds }}", "1.5 90"],
  ["{{ ((toTime 0).Add (toDuration 60)).Unix }}", "60"],
  ['{{ urlQueryEscape "a b/c" }}', "a+b%2Fc"],
  [
    "{{ externalURL }} {{ pathPrefix }} {{ $externalURL }}",
    "http://127.0.0.1:4320/naruko /naruko http://127.0.0.1:4320/naruko",
  ],
  ["{{ range 3 }}{{ . }}{{ end }}{{ range $i := 2 }}{{ $i }}{{ end }}", "01201"],
  ['{{ with "" }}a{{ else with "b" }}{{ . }}{{ else }}c{{ end }}', "b"],
  ['{{ parseDuration "-90s" }}', "-90"],
  ["{{ $labels.model }}{{ $labels.none }}", "gpt-4o"],
];
for (const [text, outcome] of expanded) {
  test(text, () => assert.equal(expand(text), outcome));
}

const at = 'executing "__alert_A" at';
const failing: readonly (readonly [string, string])[] = [
  ['{{ query "x" }}', failure("115", `${at} <query "x">: error calling query: 1:1: no "x"`)],
  [
    "{{ toTime 1e300 }}",
    failure(
      "115",
      `${at} <toTime 1e300>: error calling toTime: 1e+300 cannot be represented as a nanoseconds timestamp since it overflows int64`,
    ),
  ],
  [
    "{{ range $a, $b := 3 }}{{ end }}",
    failure("131", `${at} <3>: can't use 3 to iterate over more than one variable`),
  ],
  [
    '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}',
    failure("140", `executing "t" at <{{template "t"}}>: exceeded maximum template depth (100)`),
  ],
  [
    '{{ printf "%99999d" 1 }}',
    failure("115", `${at} <printf "%99999d" 1>: error calling printf: width 99999 is above 10000`),
  ],
];
for (const [text, outcome] of failing) {
  test(`fails: ${text}`, () => assert.equal(expand(text), outcome));
}

test("a template that would run long is stopped and says so", () => {
  const limits = { ...DEFAULT_LIMITS, templateSteps: 100, templateLength: 50 };
  assert.match(
    expand("{{ range 1000000000 }}{{ end }}", limits),
    /more than 100 steps \(limit templateSteps\)/,
  );
  const long = "{{ range 9 }}0123456789{{ end }}";
  assert.match(expand(long, limits), /longer than 50 characters \(limit templateLength\)/);
  const doubling = '{{ $x := "ab" }}{{ range 9 }}{{ $x = print $x $x }}{{ end }}';
  assert.match(expand(doubling, limits), /longer than 50 characters \(limit templateLength\)/);
});

for (const [text, message, place] of REFUSED_TEMPLATES) {
  test(`refused: ${text}`, () => {
    assert.throws(
      () => parseTemplate(text, "A"),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.deepEqual(
          [error.kind, error.message, error.place?.from],
          ["template", message, place],
        );
        return true;
      },
    );
  });
}

test("deep nesting is refused, not a crash", () => {
  const deep = `{{ ${"(".repeat(5000)}1${")".repeat(5000)} }}`;
  assert.throws(() => parseTemplate(deep, "A"), /nested deeper than 200/);
});

test("any text parses or is refused with a place inside it", () => {
  const pieces = [
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    "if",
    "end",
    "$x",
    ":=",
    "1",
    '"',
    "a",
    "(",
    ")",
    "|",
    ".",
  ];
  const texts = fc
    .array(fc.constantFrom(...pieces), { maxLength: 12 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(texts, (text) => {
      try {
        expand(text);
      } catch (error) {
        assert.ok(error instanceof InputError);
        const from = error.place?.from ?? -1;
        assert.ok(from >= 0 && from <= text.length, `${text}: ${from}`);
      }
    }),
    { numRuns: 500 },
  );
});
