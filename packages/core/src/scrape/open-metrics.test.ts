import assert from "node:assert/strict";
import test from "node:test";
import { labelEntries } from "../model/labels.ts";
import { readOpenMetrics } from "./open-metrics.ts";
import { SeriesMemo } from "./series-memo.ts";

/** A page's samples, one a line; `# EOF` is put behind it. */
function read(page: string): string[] {
  return readOpenMetrics(`${page}# EOF\n`, new SeriesMemo()).samples.map((sample) => {
    const { pairs, value, at, startAt, exemplar } = sample;
    const labels = [...labelEntries(exemplar?.labels ?? { pairs: [], key: "" })];
    return [
      `${pairs.join(" ")} = ${Number(value)}`,
      ...(at === undefined ? [] : [`@ ${at}`]),
      ...(startAt === undefined ? [] : [`since ${startAt}`]),
      ...(exemplar === undefined ? [] : [`# ${labels.join()} ${exemplar.value} ${exemplar.at}`]),
    ].join(" ");
  });
}

const H = "# TYPE h histogram\n";
const accepted: readonly (readonly [page: string, ...samples: readonly string[]])[] = [
  [""],
  ["# HELP a\n# TYPE a counter\n# UNIT a_seconds seconds\n# UNIT b \n"],
  ["a_total 1\n", "__name__ a_total = 1"],
  ["a_total 1 1520879607.789\n", "__name__ a_total = 1 @ 1520879607789"],
  ["a_total 1 1.5e9\n", "__name__ a_total = 1 @ 1500000000000"],
  ['a_total 1 # {trace_id="x"} 0.5\n', "__name__ a_total = 1 # trace_id,x 0.5 undefined"],
  ["a_total 1 2 # {} 0.5 1.25\n", "__name__ a_total = 1 @ 2000 #  0.5 1250"],
  [`${H}h_bucket{le="1"} 1 # {a="}"} 1\n`, "__name__ h_bucket le 1.0 = 1 # a,} 1 undefined"],
  [
    '# TYPE a counter\na_total{b="c"} 1\na_created{b="c"} 12.5\na_total 2\n',
    "__name__ a_total b c = 1 since 12500",
    "__name__ a_total = 2",
  ],
  [
    `${H}h_bucket{x="y",le="+Inf"} 1\nh_count{x="y"} 1\nh_sum{x="y"} 2\nh_created{x="y"} 3\n`,
    "__name__ h_bucket x y le +Inf = 1 since 3000",
    "__name__ h_count x y = 1 since 3000",
    "__name__ h_sum x y = 2 since 3000",
  ],
  [
    '# TYPE s summary\ns{quantile="0.5"} 1\ns_count 1\ns_created 3\n',
    "__name__ s quantile 0.5 = 1 since 3000",
    "__name__ s_count = 1 since 3000",
  ],
  ["# TYPE g gauge\ng 1\ng_created 3\n", "__name__ g = 1", "__name__ g_created = 3"],
];
for (const [page, ...samples] of accepted) {
  test(`reads ${JSON.stringify(page)}`, () => assert.deepEqual(read(page), samples));
}

const refused: readonly (readonly [page: string, message: string])[] = [
  ["\n", "line 1, column 1: expected the name of a metric"],
  ["# a comment\n", "line 1, column 1: expected # HELP, # TYPE, # UNIT or # EOF"],
  ["#\n", "line 1, column 1: expected # HELP, # TYPE, # UNIT or # EOF"],
  ["# EOF\na 1\n", 'line 2, column 1: expected nothing after "# EOF"'],
  [" a 1\n", "line 1, column 1: expected the name of a metric"],
  ["a  1\n", "line 1, column 3: expected a value"],
  ["a 1 \n", "line 1, column 5: expected a time in seconds"],
  ["a\t1\n", "line 1, column 2: expected a space and the value"],
  ['a{b="c",} 1\n', "line 1, column 9: expected the name of a label"],
  ['a{ b="c"} 1\n', "line 1, column 3: expected the name of a label"],
  ["# TYPE a untyped\n", 'line 1, column 10: unknown type "untyped"'],
  ["# TYPE a counter \n", 'line 1, column 10: unknown type "counter "'],
  ["# UNIT a seconds\n", 'line 1, column 10: the unit "seconds" is not the end of the name a'],
  ["a 1 1e300\n", "line 1, column 5: the time is out of range"],
  ["a 1 NaN\n", "line 1, column 5: the time is out of range"],
  ["a 1 # x 1\n", "line 1, column 7: expected the labels of an exemplar in braces"],
  ['a 1 # {a="b"}\n', "line 1, column 14: expected a space and the value of the exemplar"],
  ['a 1 # {a="b",a="c"} 1\n', "line 1, column 14: the label a is there twice"],
  ["a 1 2 3\n", 'line 1, column 7: expected "#" and an exemplar'],
];
for (const [page, message] of refused) {
  test(`refuses ${JSON.stringify(page)}`, () =>
    assert.throws(
      () => read(page),
      ({ message: said }: Error) => (assert.equal(said.slice(0, message.length), message), true),
    ));
}

test("a page without its last line was cut off", () => {
  for (const page of ["", "a 1\n", "# TYPE a counter\n"]) {
    assert.throws(() => readOpenMetrics(page, new SeriesMemo()), /expected "# EOF" as the last/);
  }
  assert.deepEqual(readOpenMetrics("# EOF", new SeriesMemo()).samples, []);
});
