import assert from "node:assert/strict";
import test from "node:test";
import { InputError } from "../model/input-error.ts";
import { SeriesMemo } from "./series-memo.ts";
import { readTextFormat } from "./text-format.ts";

/** A page's samples, one a line. */
function read(page: string): string[] {
  return readTextFormat(page, new SeriesMemo()).samples.map(
    ({ pairs, value, at }) =>
      `${pairs.join(" ")} = ${Number(value)}${at === undefined ? "" : ` @ ${at}`}`,
  );
}

const accepted: readonly (readonly [page: string, ...samples: readonly string[]])[] = [
  [""],
  ["\n\n"],
  ["# a comment\n#HELP is one too\n# EOF\n"],
  ["up 1\n", "__name__ up = 1"],
  ["up 1", "__name__ up = 1"],
  [" \tup\t 1 \n", "__name__ up = 1"],
  ["vllm:num_requests_waiting 3\n", "__name__ vllm:num_requests_waiting = 3"],
  ["a{} 1\n", "__name__ a = 1"],
  ['a{b="c"}1\n', "__name__ a b c = 1"],
  ['a { b = "c" , d = "" , } 1\n', "__name__ a b c d  = 1"],
  ['a{b="x}\\"y\\\\\\n\\t"} 1\n', '__name__ a b x}"y\\\n\\t = 1'],
  ['{"http.requests","user.id"="é"} 2\n', "__name__ http.requests user.id é = 2"],
  ["a 1 1600000000000\n", "__name__ a = 1 @ 1600000000000"],
  ["a 1 -5\t\n", "__name__ a = 1 @ -5"],
  [
    "a NaN\nb +Inf\nc -inf\nd 1e3\ne .5\nf 5.\n",
    ...["a = NaN", "b = Infinity", "c = -Infinity"].map((s) => `__name__ ${s}`),
    "__name__ d = 1000",
    "__name__ e = 0.5",
    "__name__ f = 5",
  ],
  ['# TYPE h histogram\nh_bucket{le="1"} 1\n', "__name__ h_bucket le 1.0 = 1"],
  ['# TYPE h histogram\nh_bucket{le="+Inf"} 1\n', "__name__ h_bucket le +Inf = 1"],
  ['# TYPE s summary\ns{quantile="1e-2"} 1\n', "__name__ s quantile 0.01 = 1"],
  ['# TYPE g gauge\ng_bucket{le="1"} 1\n', "__name__ g_bucket le 1 = 1"],
  ['# TYPE h histogram\nh_bucket{le="low"} 1\n', "__name__ h_bucket le low = 1"],
];
for (const [page, ...samples] of accepted) {
  test(`reads ${JSON.stringify(page)}`, () => assert.deepEqual(read(page), samples));
}

const refused: readonly (readonly [page: string, message: string])[] = [
  ["a\n", "line 1, column 2: expected a space and the value"],
  ["a \n", "line 1, column 3: expected a value"],
  ["a b\n", 'line 1, column 3: expected a value, not "b"'],
  ["a 0x1p3\n", 'line 1, column 3: expected a value, not "0x1p3"'],
  ["a 1_000\n", 'line 1, column 3: expected a value, not "1_000"'],
  ["a 1e999\n", 'line 1, column 3: expected a value, not "1e999"'],
  ["a 1 1.5\n", "line 1, column 5: expected a time in milliseconds"],
  ["a 1 99999999999999999999\n", "line 1, column 25: the time is out of range"],
  ["a 1 2 3\n", "line 1, column 5: expected a time in milliseconds"],
  ["ok 1\n9a 1\n", "line 2, column 1: expected the name of a metric"],
  ["ok 1\n\n{} 1\n", "line 3, column 1: expected the name of a metric"],
  ['a{b="c" 1\n', 'line 1, column 9: expected "," or "}" after a label'],
  ['a{b="c\n"} 1\n', "line 1, column 5: expected the value of b in quotes"],
  ["a{b=c} 1\n", "line 1, column 5: expected the value of b in quotes"],
  ["a{b} 1\n", 'line 1, column 4: expected "=" after the label b'],
  ['a{,b="c"} 1\n', "line 1, column 3: expected the name of a label"],
  ['a{b="c",,} 1\n', "line 1, column 9: expected the name of a label"],
  ['a{b="c"d="e"} 1\n', 'line 1, column 8: expected "," or "}" after a label'],
  ['a{b="1",b="2"} 1\n', "line 1, column 9: the label b is there twice"],
  ['a{"b"} 1\n', "line 1, column 3: the name of the metric is there twice"],
  ['a{""="b"} 1\n', "line 1, column 3: expected the name of a label"],
  ['{b="c"} 1\n', "line 1, column 1: expected the name of a metric"],
  ["# TYPE a\n", "line 1, column 9: expected a space and the type of the metric"],
  ["# TYPE a counts\n", 'line 1, column 10: unknown type "counts"; known are counter, gauge'],
  ["# TYPE a __proto__\n", 'line 1, column 10: unknown type "__proto__"'],
  ["# TYPE a counter b\n", "line 1, column 18: expected the end of the line"],
  ["a 1\r\n", 'line 1, column 3: expected a value, not "1\r"'],
];
for (const [page, message] of refused) {
  test(`refuses ${JSON.stringify(page)}`, () =>
    assert.throws(
      () => read(page),
      (error) =>
        error instanceof InputError &&
        error.kind === "exposition" &&
        (assert.equal(error.message.slice(0, message.length), message), true),
    ));
}

test("metadata is told a family, whatever was told first", () => {
  const page =
    "# HELP b bytes\\nand \\\\ more\n# TYPE b counter\n# TYPE a untyped\n# HELP a\n# TYPE b gauge\n";
  assert.deepEqual(readTextFormat(page, new SeriesMemo()).metadata, [
    { name: "b", type: "gauge", help: "bytes\nand \\ more", unit: "" },
    { name: "a", type: "unknown", help: "", unit: "" },
  ]);
});

test("a series that is shown again is the same array, until a page is without it", () => {
  const memo = new SeriesMemo();
  const pairsOf = (page: string) => readTextFormat(page, memo).samples.map(({ pairs }) => pairs);
  const [first] = pairsOf('a{b="c"} 1\n');
  assert.equal(pairsOf('b 1\na{b="c"} 2\n')[1], first);
  pairsOf("b 2\n");
  const [again] = pairsOf('a{b="c"} 3\n');
  assert.deepEqual(again, first);
  assert.notEqual(again, first);
});
