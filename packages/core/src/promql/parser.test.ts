import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { InputError } from "../model/input-error.ts";
import type { Expr } from "./ast.ts";
import { parse, parseSyntax } from "./parser.ts";
import { printExpr } from "./print.ts";
import { ALL_FEATURES } from "./require-feature.ts";

// What is written, and how it is printed.
const accepted: readonly (readonly [string, string])[] = [
  ["1e3", "1000"],
  ["0x1F", "31"],
  ["017", "15"],
  ["1_000.5", "1000.5"],
  [".5", "0.5"],
  ["1e-7", "0.0000001"],
  ["-inf", "-Inf"],
  ["NaN", "NaN"],
  ["1h30m", "1h30m"],
  ["250ms", "250ms"],
  ["'a\\'b'", '"a\'b"'],
  ["`a\\b`", '"a\\\\b"'],
  ['"\\u3042\\x41\\101\\xe3\\x81\\x82"', '"あAAあ"'],
  ['"\\xff"', '"\\xff"'],
  ["foo", "foo"],
  ["foo:bar{}", "foo:bar"],
  ['foo{a="b",c!="d",e=~"f.*",g!~"h",}', 'foo{a="b",c!="d",e=~"f.*",g!~"h"}'],
  ['{"my.metric", "a b"="c"}', '{"a b"="c",__name__="my.metric"}'],
  ["sum", "sum"],
  ["by", "by"],
  ["offset offset 5m", "offset offset 5m"],
  ["foo[5m]", "foo[5m]"],
  ["foo[300]", "foo[5m]"],
  ["foo[1h30m] @ 100 offset -1d", "foo[1h30m] @ 100.000 offset -1d"],
  ["foo offset 1.5", "foo offset 1s500ms"],
  ["foo offset -(5m)", "foo offset -(5m)"],
  ["foo @ start() offset 5m", "foo @ start() offset 5m"],
  ["foo offset 5m @ end()", "foo @ end() offset 5m"],
  ["rate(foo[5m])[1h:]", "rate(foo[5m])[1h:]"],
  ["(foo + bar)[1h:5m] @ 1 offset 1m", "(foo + bar)[1h:5m] @ 1.000 offset 1m"],
  ["foo # the end", "foo"],
  ["foo # first\n + bar", "foo + bar"],
  ["SUM BY (a, b,) (foo)", "sum by (a, b) (foo)"],
  ["sum(foo) without ()", "sum without () (foo)"],
  ['sum by ("a b") (foo)', 'sum by ("a b") (foo)'],
  ["topk(3, foo)", "topk(3, foo)"],
  ['count_values("v", foo)', 'count_values("v", foo)'],
  ["a and ignoring (x) b", "a and ignoring (x) b"],
  ["a * on (x) group_left (y) b", "a * on (x) group_left (y) b"],
  ["a == bool on () b", "a == bool on () b"],
  ["1 == bool 2", "1 == bool 2"],
  ["-foo ^ 2", "-foo ^ 2"],
  ["- - 1", "1"],
  ["+foo", "+foo"],
  ["time()", "time()"],
  ["day_of_week()", "day_of_week()"],
  ["round(foo)", "round(foo)"],
  ["label_join(foo, 'a', ',', 'b', 'c')", 'label_join(foo, "a", ",", "b", "c")'],
];
for (const [text, printed] of accepted) {
  test(`${JSON.stringify(text)} is read`, () => {
    assert.equal(printExpr(parse(text)), printed);
    assert.equal(printExpr(parse(printed)), printed);
  });
}

// How operators group, shown with parentheses.
const grouped: readonly (readonly [string, string])[] = [
  ["1 + 2 * 3", "(1 + (2 * 3))"],
  ["1 - 2 - 3", "((1 - 2) - 3)"],
  ["2 ^ 3 ^ 2", "(2 ^ (3 ^ 2))"],
  ["2 ^ -a * 3", "((2 ^ -a) * 3)"],
  ["-a ^ 2", "-(a ^ 2)"],
  ["-a * b", "(-a * b)"],
  ["a or b and c unless d", "(a or ((b and c) unless d))"],
  ["a > 1 and b", "((a > 1) and b)"],
  ["a + b > c * d", "((a + b) > (c * d))"],
  ["a % b atan2 c", "((a % b) atan2 c)"],
  ["a == b != c", "((a == b) != c)"],
  ["a + b offset 5m", "(a + b offset 5m)"],
];
for (const [text, shown] of grouped) {
  test(`${text} groups as ${shown}`, () => assert.equal(parenthesized(parse(text)), shown));
}

function parenthesized(expr: Expr): string {
  if (expr.kind === "unary") return expr.op + parenthesized(expr.expr);
  if (expr.kind !== "binary") return printExpr(expr);
  return `(${parenthesized(expr.left)} ${expr.op} ${parenthesized(expr.right)})`;
}

const DISABLED = "is experimental and not enabled; ";
const EXPERIMENTAL = '"features: [promql-experimental-functions]"';

const refused: readonly (readonly [string, string])[] = [
  ["", "1:1: no expression in the text"],
  ["  # nothing", "1:12: no expression in the text"],
  ["rat(foo[5m])", '1:1: unknown function "rat"; did you mean "rate"?'],
  ["1 + rat(foo[5m])", '1:5: unknown function "rat"; did you mean "rate"?'],
  ["qwertyuiop(foo)", '1:1: unknown function "qwertyuiop"'],
  ["sum(foo", '1:8: unexpected end of input, expected ")" for "("'],
  ['foo{a="b"', '1:10: unexpected end of input, expected "}" for "{"'],
  ["foo[5m", '1:7: unexpected end of input, expected "]" for "["'],
  ["foo)", '1:4: unexpected ")", nothing is open'],
  ["(foo]", '1:5: unexpected "]", expected ")"'],
  ["foo bar", '1:5: unexpected "bar", expected an operator or the end of input'],
  ["foo +", "1:6: unexpected end of input, expected an expression"],
  ["foo +\n* bar", '2:1: unexpected "*", expected an expression'],
  ["foo{a}", '1:6: unexpected "}", expected "=", "!=", "=~" or "!~"'],
  ["foo{a=b}", '1:7: unexpected "b", expected a quoted label value'],
  ['foo{a="b" c="d"}', '1:11: unexpected "c", expected "," or "}"'],
  ["foo{,}", '1:5: unexpected ",", expected a label name or "}"'],
  ['foo{a=~"("}', "1:8: bad regular expression"],
  ["{}", "1:1: selector must have at least one matcher"],
  ['{a=""}', "1:1: selector must have at least one matcher"],
  ['{a=~".*"}', "1:1: selector must have at least one matcher"],
  ['foo{__name__="bar"}', '1:5: metric name is already "foo", set it once'],
  ['{"foo", "bar"}', '1:9: metric name is already "foo", set it once'],
  ["'foo", "1:1: string without its closing quote"],
  ['"\\q"', '1:2: unknown escape "\\q"'],
  ['"\\ud800"', "1:2: escape of no character"],
  ['foo{a="b\ufffd"}', "1:9: text must be UTF-8"],
  ["5x", '1:1: bad number or duration "5x"'],
  ["1.2.3", '1:1: bad number or duration "1.2.3"'],
  ["1__0", '1:1: bad number or duration "1__0"'],
  ["1e999", "1:1: number is out of range"],
  ["foo[5]m", '1:7: unexpected "m", expected an operator or the end of input'],
  ["foo[30m1h]", '1:5: "30m1h" is no duration'],
  ["foo[0s]", "1:5: duration must be greater than 0"],
  ["foo[1e300]", "1:5: duration is too long"],
  ["foo offset 1e300", "1:12: duration is too long"],
  ["foo[-5m]", "1:5: duration must be greater than 0"],
  ["foo[5m * 2]", `1:5: a calculated duration ${DISABLED}"features: [promql-duration-expr]"`],
  ["foo[step()]", `1:5: a calculated duration ${DISABLED}"features: [promql-duration-expr]"`],
  ["foo[5m:2 * 1m]", `1:8: a calculated duration ${DISABLED}"features: [promql-duration-expr]"`],
  [
    "foo offset -(5m * 2)",
    `1:12: a calculated duration ${DISABLED}"features: [promql-duration-expr]"`,
  ],
  ["foo offset (5m)", `1:12: a calculated duration ${DISABLED}"features: [promql-duration-expr]"`],
  ["foo offset", "1:11: unexpected end of input, expected a duration such as 5m"],
  ["foo offset 5m offset 5m", "1:15: offset is set twice"],
  ["foo @ 1 @ 2", "1:9: @ is set twice"],
  ["foo @ nan", "1:7: time after @ is out of range"],
  ["1 offset 5m", "1:3: offset must follow a selector, a range or a subquery"],
  ["sum(foo) @ 5", "1:10: @ must follow a selector, a range or a subquery"],
  ["foo offset 5m [5m]", "1:15: offset must stand after the range"],
  ["foo @ 5 [5m]", "1:9: @ must stand after the range"],
  ["sum(foo)[5m]", "1:9: a range is only allowed on a selector; a subquery is written [5m:1m]"],
  ["1[5m:1m]", "1:1: a subquery needs an instant vector, not a scalar"],
  ["foo[5m][5m:]", "1:1: a subquery needs an instant vector, not a range vector"],
  ["foo[5m] anchored", `1:1: "anchored" ${DISABLED}"features: [promql-extended-range-selectors]"`],
  ["foo smoothed", `1:1: "smoothed" ${DISABLED}"features: [promql-extended-range-selectors]"`],
  ["a + fill(0) b", `1:3: "fill" ${DISABLED}"features: [promql-binop-fill-modifiers]"`],
  ["info(foo)", `1:1: "info" ${DISABLED}${EXPERIMENTAL}`],
  ["limit_ratio(0.5, foo)", `1:1: "limit_ratio" ${DISABLED}${EXPERIMENTAL}`],
  [
    "mad_over_time(foo[5m])",
    `1:1: "mad_over_time" ${DISABLED}${EXPERIMENTAL} in naruko.yml turns it on`,
  ],
  ["limitk(1, foo)", `1:1: "limitk" ${DISABLED}${EXPERIMENTAL}`],
  ["foo offset 5m anchored smoothed", '1:24: "anchored" and "smoothed" exclude each other'],
  ["foo[5m:] anchored", '1:10: "anchored" is not possible on a subquery'],
  ["abs(foo) smoothed", '1:10: "smoothed" must follow a selector or a range'],
  ["1 </ 2", '1:1: "</" needs a vector of histograms'],
  ["rate(foo)", "1:6: argument 1 of rate must be of type range vector, this is an instant vector"],
  ["abs(foo[5m])", "1:5: argument 1 of abs must be of type instant vector, this is a range vector"],
  ["abs(1)", "1:5: argument 1 of abs must be of type instant vector, this is a scalar"],
  ["abs()", "1:1: abs takes 1 argument, not 0"],
  ["round(foo, 1, 2)", "1:1: round takes 1 to 2 arguments, not 3"],
  ['label_join(foo, "a")', "1:1: label_join takes at least 3 arguments, not 2"],
  ["time(1)", "1:1: time takes 0 arguments, not 1"],
  ["abs(foo,)", '1:9: unexpected ")", expected an expression'],
  ["sum()", "1:1: sum takes 1 argument, not 0"],
  ["sum(1, foo)", "1:1: sum takes 1 argument, not 2"],
  ["topk(foo)", "1:1: topk takes 2 arguments, not 1"],
  [
    "topk(foo, foo)",
    "1:6: the parameter of topk must be of type scalar, this is an instant vector",
  ],
  ["count_values(1, foo)", "1:14: the parameter of count_values must be of type string"],
  ["sum(1)", "1:5: the argument of sum must be of type instant vector, this is a scalar"],
  ["sum by foo (bar)", '1:8: unexpected "foo", expected "("'],
  ["sum by (1) (foo)", '1:9: unexpected "1", expected a label name or ")"'],
  ["-foo[5m]", '1:1: "-" needs a scalar or an instant vector, not a range vector'],
  ['-"a"', '1:1: "-" needs a scalar or an instant vector, not a string'],
  ["foo[5m] + 1", '1:1: "+" needs scalars or instant vectors, not a range vector'],
  ['1 + "a"', '1:5: "+" needs scalars or instant vectors, not a string'],
  ["1 == 2", '1:3: a comparison of two scalars must be written "== bool"'],
  ["a + bool b", '1:3: bool is only allowed on comparisons, not on "+"'],
  ["a and 1", '1:1: "and" needs instant vectors, not a scalar'],
  ["a + on (x) 1", "1:3: on and ignoring are only allowed between instant vectors"],
  ["a and on (x) group_left b", '1:3: group_left and group_right are not allowed on "and"'],
  ["a * on (x) group_left (x) b", '1:3: label "x" must not stand in on and in the group clause'],
  ["a * group_left b", '1:5: unexpected "group_left", expected an expression'],
  ["foo = bar", '1:5: unexpected "=", expected an operator or the end of input'],
  ["foo & bar", '1:5: unexpected character "&"'],
];
for (const [text, message] of refused) {
  test(`${JSON.stringify(text)} is refused`, () => {
    assert.throws(
      () => parse(text),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.kind, "promql");
        assert.ok(error.message.startsWith(message), error.message);
        assert.ok(error.place !== undefined && error.place.from <= error.place.to);
        return true;
      },
    );
  });
}

// What the features add: how it is written, and how it is printed.
const experimental: readonly (readonly [string, string])[] = [
  ["foo[5m * 2]", "foo[5m * 2]"],
  ["foo[ ( step() ) +1 ]", "foo[(step()) + 1]"],
  ["foo[-5m + 2 ^ -3 ^ 4]", "foo[-5m + 2 ^ -3 ^ 4]"],
  ["foo[-STEP()]", "foo[-step()]"],
  ["foo[max_of(step(), Min_Of(1h, 2))]", "foo[max_of(step(), min_of(1h, 2))]"],
  ["foo[1m+1m:range() / 10]", "foo[1m + 1m:range() / 10]"],
  ["foo offset step() * 2", "foo offset step() * 2"],
  ["foo offset -(5m)", "foo offset -(5m)"],
  ["foo offset (5m) * 2", "foo offset ((5m) * 2)"],
  ["foo offset (5m) @ 7", "foo offset (5m) @ 7.000"],
  ["foo offset - + -5m", "foo offset 5m"],
  ["foo offset --step() * 2", "foo offset (--step() * 2)"],
  ["foo offset -2 ^ 2", "foo offset -2s ^ 2"],
  ["foo anchored", "foo anchored"],
  ["foo anchored[5m]", "foo[5m] anchored"],
  ["foo[5m] @ 7 SMOOTHED offset 1m", "foo[5m] smoothed @ 7.000 offset 1m"],
  ["foo offset (1m) smoothed", "foo offset (1m) smoothed"],
  ["a + ignoring () b", "a + b"],
  ["a + fill(0) b", "a + fill (0) b"],
  ["fill + fill_left", "fill + fill_left"],
  ["a + fill_right(-1) fill_left(5m) b", "a + fill_left (300) fill_right (-1) b"],
  ["a > bool on (x) group_left fill(inf) b", "a > bool on (x) group_left () fill (+Inf) b"],
  ["a / ignoring (x) fill_left(2) b", "a / ignoring (x) fill_left (2) b"],
  ["foo </ 5 >/ 1", "foo </ 5 >/ 1"],
  ["limit_ratio(-0.5, foo)", "limit_ratio(-0.5, foo)"],
  ["info(foo)", "info(foo)"],
  ['info(foo, {data=~".*"})', 'info(foo, {data=~".*"})'],
  ["info(foo, {})", "info(foo, {})"],
  ["start() + end() + step() + range()", "start() + end() + step() + range()"],
  ["start + end + step + range", "start + end + step + range"],
  ["min_of(1, max_of(2, time()))", "min_of(1, max_of(2, time()))"],
  [
    "double_exponential_smoothing(foo[5m], 0.5, 0.1)",
    "double_exponential_smoothing(foo[5m], 0.5, 0.1)",
  ],
];
for (const [text, printed] of experimental) {
  test(`${JSON.stringify(text)} is read where it is enabled`, () => {
    assert.equal(printExpr(parse(text, { features: ALL_FEATURES })), printed);
    assert.equal(printExpr(parse(printed, { features: ALL_FEATURES })), printed);
  });
}

const refusedThough: readonly (readonly [string, string])[] = [
  ["foo[5m +]", '1:9: unexpected "]", expected a duration such as 5m'],
  ["foo[5m - inf]", '1:10: unexpected "inf", expected a duration such as 5m'],
  ["foo[step]", '1:5: unexpected "step", expected a duration such as 5m'],
  ["foo[time()]", '1:5: unexpected "time", expected a duration such as 5m'],
  ["foo[step(1)]", '1:10: unexpected "1", expected ")"'],
  ["foo[min_of(1)]", '1:13: unexpected ")", expected ","'],
  ["foo[5m / 0]", "1:8: division by zero"],
  ["foo[5m % 0s]", "1:8: modulo by zero"],
  ["foo[5m:0.0001]", "1:8: the step of a subquery must be at least 1ms"],
  ["foo offset", "1:11: unexpected end of input, expected a duration such as 5m"],
  ["foo offset step() offset 5m", "1:19: offset is set twice"],
  ["foo offset step()[5m]", "1:18: offset must stand after the range"],
  ["a + fill() b", '1:10: unexpected ")", expected a number'],
  ["a + fill(time()) b", '1:10: unexpected "time", expected a number'],
  ["a + fill(0) fill_left(1) b", '1:22: unexpected "(", expected an operator'],
  ["a + fill(0) 1", "1:3: fill is only allowed between instant vectors"],
  ["a or fill(0) b", '1:3: fill is not allowed on "or"'],
  ["info(foo, bar)", "1:11: the second argument of info must be matchers alone"],
  ["info(foo, ({a='b'}))", "1:11: the second argument of info must be matchers alone"],
  ["info({}, {})", "1:6: selector must have at least one matcher"],
  ["sum by (without) (foo)", '1:9: unexpected "without", expected a label name or ")"'],
  ["START()", '1:1: unknown function "START"'],
];
for (const [text, message] of refusedThough) {
  test(`${JSON.stringify(text)} is refused whatever is enabled`, () => {
    assert.throws(
      () => parse(text, { features: ALL_FEATURES }),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.ok(error.message.startsWith(message), error.message);
        return true;
      },
    );
  });
}

const limits = { expressionLength: 1000, expressionDepth: 20 };

test("length and depth are limited, however the depth comes about", () => {
  const refusals: readonly (readonly [string, RegExp])[] = [
    [`foo${" ".repeat(1000)}`, /longer than 1000 characters \(limit expressionLength\)/],
    [
      `${"(".repeat(30)}1${")".repeat(30)}`,
      /nested deeper than 20 levels \(limit expressionDepth\)/,
    ],
    [`${"-".repeat(30)}foo`, /expressionDepth/],
    [`${"1 ^ ".repeat(30)}1`, /expressionDepth/],
    [Array.from({ length: 30 }, () => "foo").join(" + "), /expressionDepth/],
    [`${"abs(".repeat(30)}foo${")".repeat(30)}`, /expressionDepth/],
    [`foo${"[5m:1m]".repeat(30)}`, /subquery needs|expressionDepth/],
  ];
  for (const [text, message] of refusals) assert.throws(() => parse(text, { limits }), message);
});

test("an expression as long as allowed neither overflows the stack nor hangs", () => {
  const pieces = ["(", "-", "1 + ", "abs(", "{", "[", "sum by (a) (", "foo[1m:", '"'];
  for (const piece of [...pieces, "foo[(", "foo[1+", "foo[-", "foo[max_of("]) {
    const repeated = piece.startsWith("foo[") && piece !== "foo[1m:" ? piece.slice(4) : piece;
    const start = repeated === piece ? "" : "foo[";
    const text = start + repeated.repeat(Math.floor(99_000 / repeated.length));
    assert.throws(() => parse(text), InputError);
  }
});

test("places cover exactly what was written", () => {
  const text = 'sum by (a) (rate(foo{b="c"}[5m] offset 1h)) > 2 * bar';
  const at = ({ place }: Expr): string => text.slice(place.from, place.to);
  const found: string[] = [];
  const visit = (expr: Expr): void => {
    found.push(at(expr));
    if (expr.kind === "binary") [expr.left, expr.right].forEach(visit);
    if (expr.kind === "aggregation") visit(expr.expr);
    if (expr.kind === "call") expr.args.forEach(visit);
  };
  visit(parse(text));
  assert.deepEqual(found, [
    text,
    'sum by (a) (rate(foo{b="c"}[5m] offset 1h))',
    'rate(foo{b="c"}[5m] offset 1h)',
    'foo{b="c"}[5m] offset 1h',
    "2 * bar",
    "2",
    "bar",
  ]);
});

// Random expressions, as text: vectors and scalars nested through every kind of node.
const name = fc.constantFrom("foo", "a:b", "sum", "le", "x_total");
const text = fc.string({ unit: "binary", maxLength: 6 }).map((s) => JSON.stringify(s));
const label = fc.constantFrom("a", "le", "__type__", '"ä b"');
const matcher = fc
  .tuple(label, fc.constantFrom("=", "!="), text)
  .map(([l, op, value]) => `${l}${op}${value}`);
const { duration } = fc.letrec<{ duration: string }>((tie) => ({
  duration: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom("5m", "1h30m", "7", "0.5", "step()", "range()"),
    tie("duration").map((d) => `(${d})`),
    tie("duration").map((d) => `-${d}`),
    fc
      .tuple(tie("duration"), fc.constantFrom(..."+-*^".split("")), tie("duration"))
      .map(([a, op, b]) => `(${a}) ${op} ${b}`),
    fc.tuple(tie("duration"), tie("duration")).map(([a, b]) => `max_of(${a}, ${b})`),
  ),
}));
const shift = fc.oneof(
  fc.constantFrom("", " offset 5m", " offset -1h30m", " @ 12.5", " @ end() offset 7"),
  duration.map((d) => ` offset -(${d})`),
  duration.map((d) => ` offset (${d}) @ 7`),
);
const extension = fc.constantFrom("", "", " anchored", " smoothed");
const fill = fc.constantFrom("", "", " fill (0)", " fill_left (-1.5)", " fill_right (+Inf)");
const selector = fc
  .tuple(name, fc.array(matcher, { maxLength: 2 }), shift, extension)
  .map(([n, matchers, s, e]) => `${n}{${matchers.join(",")}}${s}${e}`);
const ranged = fc
  .tuple(name, fc.oneof(fc.constantFrom("5m", "1d", "0.5"), duration), shift, extension)
  .map(([n, range, s, e]) => `${n}[(${range})]${s}${e}`);
const { vector } = fc.letrec<{ vector: string; scalar: string }>((tie) => ({
  scalar: fc.oneof(
    { maxDepth: 4 },
    fc.double().map((value) => String(value).replace("Infinity", "Inf")),
    fc.constantFrom("time()", "0x1f", "5m"),
    tie("scalar").map((s) => `-(${s})`),
    tie("vector").map((v) => `scalar(${v})`),
    fc.tuple(tie("scalar"), tie("scalar")).map(([a, b]) => `(${a} - ${b})`),
  ),
  vector: fc.oneof(
    { maxDepth: 4 },
    selector,
    duration.map((d) => `(foo offset (${d}))`),
    ranged.map((r) => `rate(${r})`),
    tie("vector").map((v) => `sum by (a) (${v})`),
    tie("vector").map((v) => `-(${v})`),
    fc.tuple(tie("vector"), shift).map(([v, s]) => `max_over_time((${v})[1h:5m]${s})`),
    fc.tuple(tie("scalar"), tie("vector")).map(([s, v]) => `topk without () (${s}, ${v})`),
    fc.tuple(tie("vector"), tie("vector")).map(([a, b]) => `(${a} and on (a, le) ${b})`),
    fc.tuple(tie("vector"), tie("scalar")).map(([a, b]) => `(${a} > bool ${b})`),
    fc
      .tuple(tie("vector"), fill, tie("vector"))
      .map(([a, f, b]) => `(${a} * on (a) group_left (le)${f} ${b})`),
    fc.tuple(tie("vector"), fill, tie("vector")).map(([a, f, b]) => `(${a} > bool${f} ${b})`),
  ),
}));

function withoutPlaces(expr: Expr): unknown {
  return JSON.parse(
    JSON.stringify(expr, (key, value: unknown) => {
      // Printed in the order of their texts.
      if (key === "matchers" && Array.isArray(value)) {
        return value.map((one: unknown) => JSON.stringify(one)).toSorted();
      }
      if (key === "place" || key === "opPlace") return undefined;
      return typeof value === "number" ? `number ${Object.is(value, -0) ? "-0" : value}` : value;
    }),
  );
}

test("what is printed parses to the same tree", () => {
  fc.assert(
    fc.property(vector, (written) => {
      const tree = parseSyntax(written);
      assert.deepEqual(withoutPlaces(parseSyntax(printExpr(tree))), withoutPlaces(tree));
    }),
  );
});

test("no text does anything but parse or be refused", () => {
  const piece = fc.constantFrom(
    ..."( ) [ ] { } , = =~ + - ^ @ : 5m 1 foo sum by on offset ' \" `".split(" "),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((all) => all.join(" ")),
      ),
      (written) => {
        try {
          parse(written);
        } catch (error) {
          assert.ok(error instanceof InputError, String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});
