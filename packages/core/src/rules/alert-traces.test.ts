import assert from "node:assert/strict";
import test from "node:test";
import type { FindExemplars } from "../model/exemplar.ts";
import { labels, labelValue, NO_LABELS } from "../model/labels.ts";
import type { Matcher } from "../model/reader.ts";
import { epochMs, MINUTE_MS } from "../model/time.ts";
import type { Alert } from "./alert.ts";
import { AlertTraces } from "./alert-traces.ts";
import { parseExpression } from "./expression.ts";

const AT = epochMs(1_700_000_000_000);

function firing(own: Readonly<Record<string, string>> = {}, annotations = NO_LABELS): Alert {
  const named = labels({ alertname: "A", ...own });
  return { state: "firing", labels: named, annotations, value: 1, activeAt: AT, firedAt: AT };
}

/** Calls of 1 to 9 seconds, each a minute before the last, of two services in turn. */
const find: FindExemplars = (sets, from, to) => {
  const [name] = sets.flat().filter((one) => one.name === "__name__");
  if (name?.value !== "x_bucket") return [];
  return ["a", "b"].map((service, i) => ({
    labels: labels({ __name__: "x_bucket", le: "10", service }),
    exemplars: [1, 2, 3, 4, 5, 6, 7, 8, 9]
      .filter((second) => second % 2 === i)
      .map((value) => ({
        labels: labels({ trace_id: String(value) }),
        value,
        at: epochMs(AT - value * MINUTE_MS),
      }))
      .filter(({ at }) => at >= from && at <= to)
      .toSorted((one, other) => one.at - other.at),
  }));
};

for (const [expr, own, expected] of [
  ["x_bucket", {}, "1 2 3 4 5"],
  ["rate(x_bucket[9m])", { service: "b" }, "1 3 5 7 9"],
  ["rate(x_count[9m])", { service: "a", unknown: "z" }, "2 4 6 8"],
  ["sum by (service) (rate(x_sum[9m])) > 1", { service: "none" }, ""],
  ["histogram_quantile(0.9, rate(x_bucket[9m])) > 6", {}, "7 8 9"],
  ["histogram_quantile(0.9, rate(x_bucket[9m])) >= 6", {}, "6 7 8 9"],
  ["(histogram_quantile(0.9, rate(x_bucket[9m])) < 3) and on () up", {}, "1 2"],
  ["histogram_quantile(0.9, rate(x_bucket[9m])) > 99", {}, "1 2 3 4 5"],
  ["histogram_quantile(0.9, rate(x_bucket[9m])) > on () y", {}, "1 2 3 4 5"],
  ["1 - rate(x_bucket{le='7'}[9m]) / rate(x_count[9m]) > 0.1", {}, "8 9"],
  ["rate(x_bucket{le='+Inf'}[9m])", {}, "1 2 3 4 5"],
  ["up == 0", {}, ""],
  ["up == 0 or x_bucket", {}, ""],
  ["{__name__=~'x_bucket'}", {}, ""],
  ["y_bucket", {}, ""],
  ["vector(1)", {}, ""],
] as const) {
  test(`traces of ${expr} ${JSON.stringify(own)}`, () => {
    const traces = new AlertTraces({ expr: parseExpression(expr), at: AT, find });
    const { annotations } = traces.give(firing(own), undefined, "firing");
    assert.equal(labelValue(annotations, "trace_ids"), expected);
  });
}

const given = labels({ trace_ids: "before" });
const search = { expr: parseExpression("x_bucket"), at: AT, find };
for (const [what, alert, was, change, expected] of [
  ["kept while it fires", firing(), firing({}, given), undefined, "before"],
  ["kept without a search", firing(), firing({}, given), undefined, "before"],
  ["not looked for later", firing(), firing(), undefined, ""],
  ["the rule's own", firing({}, labels({ trace_ids: "own" })), undefined, "firing", "own"],
  ["none while it is pending", { ...firing(), state: "pending" }, undefined, "pending", ""],
  [
    "anew for another incident",
    firing(),
    { ...firing({}, given), state: "inactive" },
    "firing",
    "1 2 3 4 5",
  ],
] as const) {
  test(`traces: ${what}`, () => {
    const traces = new AlertTraces(what.endsWith("search") ? undefined : search);
    assert.equal(labelValue(traces.give(alert, was, change).annotations, "trace_ids"), expected);
  });
}

test("the exemplars of a rule are looked up once, and for so many alerts", () => {
  const asked: (readonly Matcher[])[] = [];
  const counting: FindExemplars = (sets, from, to) => {
    asked.push(...sets);
    return find(sets, from, to);
  };
  const traces = new AlertTraces({ ...search, find: counting });
  const ids = Array.from({ length: 101 }, () => {
    return labelValue(traces.give(firing(), undefined, "firing").annotations, "trace_ids");
  });
  assert.equal(asked.length, 1);
  assert.deepEqual([ids[99], ids[100]], ["1 2 3 4 5", ""]);
});
