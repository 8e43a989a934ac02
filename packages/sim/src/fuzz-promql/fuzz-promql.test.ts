// Random queries over random series, the same here and in a real Prometheus; and what shrinks them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { hasPrometheus } from "naruko/testing/prometheus-peer";
import { readAnswer } from "./answer.ts";
import { compareAnswers, type Order } from "./compare-answers.ts";
import { fuzz } from "./fuzz.ts";
import { KNOWN_DIFFERENCES } from "./known-differences.ts";
import { increaseOf } from "./rate-before-2-52.ts";
import { Servers } from "./servers.ts";
import { smallerQueries } from "./shrink-query.ts";

const SEEDS = [1, 2, 3];
const QUERIES = 1000;

test(`${SEEDS.length * QUERIES} random queries are answered as by Prometheus`, async (context) => {
  if (!hasPrometheus(context)) return;
  const servers = await Servers.start();
  context.after(() => servers.stop());
  for (const seed of SEEDS) {
    const report = await fuzz(servers, { seed, queries: QUERIES, findingsMax: 1 });
    const [finding] = report.findings;
    const { original = "", difference, script = "" } = finding ?? {};
    const repeat = `npm run fuzz:promql -- --seed ${seed} --queries ${QUERIES}`;
    const told = `${original}\n${difference?.what}: ${difference?.detail}\n${script}\n${repeat}`;
    assert.equal(finding, undefined, told);
    const known = [...report.known.values()].reduce((sum, count) => sum + count, 0);
    // A reason must not hide a fault: versions differ in one of a hundred queries.
    assert.ok(known < QUERIES * 0.03, `${known} differences between versions`);
    assert.ok(report.answered > QUERIES * 0.5, `${report.answered} have values`);
    assert.ok(report.refused > QUERIES * 0.05, `${report.refused} are refused`);
  }
});

test("docs/promql.md lists every known difference", () => {
  const page = readFileSync(new URL("../../../../docs/promql.md", import.meta.url), "utf8");
  const missing = KNOWN_DIFFERENCES.filter(({ name }) => !page.includes(`**${name}**`));
  assert.deepEqual(missing, []);
});

const vector = (...series: readonly (readonly [string, string])[]): string =>
  JSON.stringify({
    data: {
      resultType: "vector",
      result: series.map(([a, value]) => ({ metric: { a }, value: [5, value] })),
    },
  });
const refusal = (errorType: string): string => JSON.stringify({ errorType, error: "so" });

const compared: readonly (readonly [string, string, Order, string | undefined])[] = [
  [vector(["1", "2"]), vector(["1", "2"]), "none", undefined],
  [vector(["1", "2"]), vector(["1", "2.0000001"]), "none", undefined],
  [vector(["1", "2"]), vector(["1", "2.00001"]), "none", "values"],
  [vector(["1", "NaN"]), vector(["1", "NaN"]), "none", undefined],
  [vector(["1", "NaN"]), vector(["1", "0"]), "none", "values"],
  [vector(["1", "+Inf"]), vector(["1", "-Inf"]), "none", "values"],
  [vector(["1", "2"]), vector(["2", "2"]), "none", "labels"],
  [vector(["1", "2"]), vector(), "none", "labels"],
  [vector(["1", "2"], ["2", "3"]), vector(["2", "3"], ["1", "2"]), "none", undefined],
  [vector(["1", "2"], ["2", "3"]), vector(["2", "3"], ["1", "2"]), "values", "order"],
  [vector(["1", "2"], ["2", "2"]), vector(["2", "2"], ["1", "2"]), "values", undefined],
  [vector(["1", "2"], ["2", "2"]), vector(["2", "2"], ["1", "2"]), "labels", "order"],
  [vector(), refusal("execution"), "none", "status"],
  [refusal("bad_data"), refusal("execution"), "none", "status"],
  [refusal("execution"), refusal("execution"), "none", undefined],
];
for (const [ours, theirs, order, expected] of compared) {
  test(`${ours} and ${theirs} differ in ${expected}`, () => {
    const answerOf = (text: string): ReturnType<typeof readAnswer> =>
      readAnswer(text.includes("errorType") ? 422 : 200, text);
    assert.equal(compareAnswers(answerOf(ours), answerOf(theirs), order)?.what, expected);
  });
}

const shrunk: readonly (readonly [string, readonly string[]])[] = [
  ["sum(rate(a[5m]))", ["rate(a[5m])", "a[5m]", "a"]],
  ['a{b="c"} offset 5m', ['a{b="c"}', "a offset 5m"]],
  ["a + on (b, c) d", ["a", "d", "a + on (c) d", "a + on (b) d"]],
  ["sum by (a) (b)", ["b", "sum(b)"]],
  ["-(a @ 7.000)", ["a @ 7.000", "-(a)", "(a @ 7.000)"]],
];
for (const [text, expected] of shrunk) {
  test(`${text} can become smaller`, () => {
    const smaller = new Set(smallerQueries(text, false));
    const missing = expected.filter((one) => !smaller.has(one));
    assert.deepEqual(missing, [], [...smaller].join("; "));
    for (const one of smaller) assert.ok(one.length < text.length, one);
  });
}

test("a text that does not parse loses tokens", () => {
  assert.deepEqual(smallerQueries("a + (", false), []);
  assert.ok(smallerQueries("a + (", true).includes("a + "));
});

test("a counter that begins far inside the window was extended further before 2.52", () => {
  const samples = [
    [100, 9],
    [110, 19],
    [120, 29],
  ] as const;
  const window = { fromS: 0, toS: 121 };
  assert.equal(increaseOf(samples, window, "before"), 20 * ((20 + 9 + 1) / 20));
  assert.equal(increaseOf(samples, window, "since"), 20 * ((20 + 5 + 1) / 20));
});
