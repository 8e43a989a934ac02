import assert from "node:assert/strict";
import test from "node:test";
import { InputError } from "../model/input-error.ts";
import { epochMs } from "../model/time.ts";
import { parse } from "./parser.ts";
import { plan, type PlanOptions, reach, readsOf } from "./plan.ts";
import { printExpr } from "./print.ts";
import { ALL_FEATURES } from "./require-feature.ts";

const MINUTE = 60_000;
const from = epochMs(1000 * MINUTE);
const to = epochMs(1060 * MINUTE);
const span: PlanOptions = { from, to, stepMs: MINUTE, lookbackMs: 5 * MINUTE };

// Minutes; a read is (from, to].
const reads: readonly (readonly [string, readonly (readonly [number, number])[]])[] = [
  ["foo", [[995, 1060]]],
  ["foo offset 10m", [[985, 1050]]],
  ["foo offset -10m", [[1005, 1070]]],
  ["rate(foo[1h])", [[940, 1060]]],
  ["rate(foo[1h] offset 1d)", [[940 - 1440, 1060 - 1440]]],
  ["foo @ 600", [[5, 10]]],
  ["foo @ 600 offset 2m", [[3, 8]]],
  ["rate(foo[1m] @ start())", [[999, 1000]]],
  ["rate(foo[1m] @ end())", [[1059, 1060]]],
  ["max_over_time(foo[1h:1m])", [[935, 1060]]],
  ["max_over_time(foo[1h:1m] offset 1h)", [[875, 1000]]],
  ["max_over_time(rate(foo[10m])[1h:1m] @ 60000)", [[930, 1000]]],
  ["max_over_time(rate(foo[10m] @ 600)[1h:1m])", [[0, 10]]],
  ["max_over_time(max_over_time(foo[1h:1m])[1d:1h])", [[1000 - 5 - 60 - 1440, 1060]]],
  [
    "foo + on (a) rate(bar[1h]) > 2",
    [
      [995, 1060],
      [940, 1060],
    ],
  ],
  ["vector(time())", []],
  ["rate(foo[1h] anchored)", [[935, 1060]]],
  ["rate(foo[1h] smoothed)", [[935, 1065]]],
  ["foo anchored", [[995, 1060]]],
  ["foo smoothed offset 10m", [[985, 1055]]],
  ["foo[step() * 2]", [[998, 1060]]],
  ["foo offset (range() / 6)", [[985, 1050]]],
  ["max_over_time(foo[1h + 10m:5m])", [[925, 1060]]],
  // Info metrics are read as of the time that the first argument looks at.
  [
    'info(foo, {data=~".+"})',
    [
      [995, 1060],
      [995, 1060],
    ],
  ],
  [
    "info(rate(foo[1h] offset 10m))",
    [
      [985, 1050],
      [930, 1050],
    ],
  ],
  [
    "info(max_over_time(foo[10m:1m] @ 600 offset 1m))",
    [
      [4, 9],
      [-6, 9],
    ],
  ],
];
for (const [text, expected] of reads) {
  test(`what ${text} reads`, () => {
    const { expr } = plan(parse(text, { features: ALL_FEATURES }), span);
    const found = readsOf(expr, span).map((read) => [read.from / MINUTE, read.to / MINUTE]);
    assert.deepEqual(found, expected);
  });
}

const reaches: readonly (readonly [string, number])[] = [
  ["foo", 5],
  ["foo offset -10m", 0],
  ["increase(foo[1h] offset 1d)", 1500],
  ["increase(foo[1h]) > increase(foo[1h] offset 1d)", 1500],
  ["max_over_time(rate(foo[5m])[1h:1m])", 65],
  ["foo @ 100", Infinity],
  ["max_over_time(foo[1h:] @ 100)", Infinity],
  ["foo @ start()", 5],
  ["1 + 1", 0],
];
for (const [text, minutes] of reaches) {
  test(`${text} reaches ${minutes} min back`, () => {
    assert.equal(reach(parse(text), 5 * MINUTE), minutes * MINUTE);
  });
}

const absences: readonly (readonly [string, boolean])[] = [
  ["absent(foo)", true],
  ["1 + sum(absent_over_time(foo[5m])) > 0", true],
  ["absent_thing + sum(foo)", false],
];
for (const [text, calls] of absences) {
  test(`${text} ${calls ? "asks" : "does not ask"} for what is absent`, () => {
    assert.equal(plan(parse(text), span).callsAbsent, calls);
  });
}

function canonicalName(name: string): string {
  return name.replace(/^old/, "new");
}

test("selectors are rewritten to the stored name, and only by name", () => {
  const text =
    'sum(rate(old_bucket{old="old"}[5m])) + old + {__name__="old"} + {__name__=~"old"} + new';
  const found = plan(parse(text), { ...span, canonicalName });
  assert.equal(
    printExpr(found.expr),
    'sum(rate(new_bucket{old="old"}[5m])) + new + {__name__="new"} + {__name__=~"old"} + new',
  );
  assert.deepEqual(found.renamed, [
    { from: "old_bucket", to: "new_bucket" },
    { from: "old", to: "new" },
    { from: "old", to: "new" },
  ]);
  assert.deepEqual(found.reads[1]?.matchers, [{ name: "__name__", op: "=", value: "new" }]);
});

test("info reads what its matchers say of info metrics", () => {
  const asked: readonly (readonly [string, string])[] = [
    ["info(foo)", '{__name__="target_info"}'],
    ['info(foo, {data="x"})', '{__name__="target_info",data="x"}'],
    ['info(foo, {__name__=~"a_info|b_info"})', '{__name__=~"a_info|b_info"}'],
    ['info(foo, {__name__!="a_info"})', '{__name__!="a_info",__name__=~".+_info"}'],
  ];
  for (const [text, selector] of asked) {
    const [read] = readsOf(parse(text, { features: ALL_FEATURES }), span);
    assert.ok(read !== undefined);
    assert.equal(printExpr({ ...read.selector, offsetMs: 0 }), selector);
  }
});

test("a duration that comes to nothing is refused where it stands", () => {
  const expr = parse("foo[1m - 2m]", { features: ALL_FEATURES });
  assert.throws(
    () => plan(expr, span),
    (error) => {
      assert.ok(error instanceof InputError);
      assert.deepEqual([error.message, error.place?.from], ["duration must be greater than 0", 4]);
      return true;
    },
  );
});
