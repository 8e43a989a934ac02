import assert from "node:assert/strict";
import test from "node:test";
import type { TestContext } from "node:test";
import { DERIVED_METRICS } from "@naruko/core/measure/derived-metrics";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import {
  at,
  POINTS,
  raw,
  rulesRan,
  SERIES,
  SPAN,
  START_S,
  startOurs,
  temporaryFolder,
} from "../testing/api-fixture.ts";
import type { Params } from "../testing/api-fixture.ts";

/** What of an answer the first test looks at. */
type Body = {
  readonly data: {
    readonly result?: readonly unknown[];
    readonly groups?: readonly {
      readonly rules: readonly { readonly name: string; readonly alerts?: readonly unknown[] }[];
    }[];
  };
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
};

/** What Prometheus 3.x has and 2.42 has not: its source is the reference (web/api/v1/api.go). */
test("limits, notes and filters of the current Prometheus", async (context) => {
  const url = await startOurs(context, temporaryFolder(context));
  await rulesRan(url);
  const body = async (...[where, params]: [string, Params]): Promise<Body> =>
    (await raw(url, ["GET", where, params])).json() as Promise<Body>;
  const resultOf = async (query: string, more: Params): Promise<number | undefined> =>
    (await body("query", { query, time: at(100), ...more })).data.result?.length;
  const truncated = ["results truncated due to limit"];

  const some = await body("query", { query: "level", time: at(100), limit: "2" });
  assert.deepEqual([some.data.result?.length, some.warnings], [2, truncated]);
  const every = await body("query", { query: "level", time: at(100), limit: "3" });
  assert.deepEqual([every.data.result?.length, every.warnings], [3, undefined]);
  const matrix = await body("query", { query: "level[75s]", time: at(100), limit: "1" });
  assert.deepEqual([matrix.data.result?.length, matrix.warnings], [1, truncated]);
  const names = await body("labels", { "match[]": "pair", limit: "2" });
  assert.deepEqual([names.data, names.warnings], [["__name__", "a"], truncated]);

  const gauge = await body("query", { query: "rate(level{a='1'}[75s])", time: at(100) });
  assert.match(String(gauge.infos), /^PromQL info: metric might not be a counter.*\(1:6\)$/);
  const high = await body("query", { query: "quantile(1e6, pair)", time: at(100) });
  assert.match(String(high.warnings), /^PromQL warning: quantile value .*, got 1e\+06 \(1:10\)$/);

  assert.equal(await resultOf("pair", { lookback_delta: "5s" }), 0);
  assert.equal(await resultOf("pair", { lookback_delta: "0" }), 2);

  const ruleNames = async (params: Params): Promise<readonly (readonly string[])[]> =>
    ((await body("rules", params)).data.groups ?? []).map(({ rules }) =>
      rules.map(({ name }) => name),
    );
  assert.deepEqual(await ruleNames({ "match[]": "{c='d'}" }), [["two:vector", "Never"]]);
  assert.deepEqual(await ruleNames({ "match[]": ["{c='d'}", "{a='b'}"], type: "record" }), [
    ["one:vector"],
    ["two:vector"],
  ]);
  assert.deepEqual(await ruleNames({ "rule_name[]": "Firing" }), [["Firing"]]);
  assert.deepEqual(await ruleNames({ "rule_group[]": ["second", "third"] }), [
    ["two:vector", "Never"],
  ]);
  const [firing] =
    (await body("rules", { "rule_name[]": "Firing", exclude_alerts: "1" })).data.groups ?? [];
  assert.deepEqual(firing?.rules[0]?.alerts, []);
  for (const params of [
    { exclude_alerts: "yes" },
    { group_next_token: "x" },
    { group_limit: "0" },
    { group_limit: "x" },
    { group_limit: "1", group_next_token: "x" },
    { "match[]": "{" },
    { "match[]": "{}" },
  ]) {
    assert.equal((await raw(url, ["GET", "rules", params])).status, 400);
  }
  const allowed = (await raw(url, ["PUT", "query", {}])).headers.get("allow");
  assert.equal(allowed, "GET, POST");
});

/** `data` of an answer, which is a good one. */
type Asking = (where: string, params?: Params) => Promise<unknown>;

async function asking(context: TestContext): Promise<Asking> {
  const url = await startOurs(context, temporaryFolder(context));
  return async (where, params = {}) => {
    const response = await raw(url, ["GET", where, params]);
    const answer = (await response.json()) as { readonly data: unknown };
    assert.equal(response.status, 200, JSON.stringify(answer));
    return answer.data;
  };
}

test("what else the current Prometheus serves", async (context) => {
  const ask = await asking(context);
  assert.deepEqual(await ask("label/U__a/values", { ...SPAN, "match[]": "level" }), [
    "1",
    "2",
    "3",
  ]);
  assert.deepEqual(await ask("label/U___5f__5f_name__/values", { "match[]": "pair" }), []);
  assert.deepEqual(await ask("label/U______name____/values", { "match[]": "pair" }), ["pair"]);
  assert.deepEqual(await ask("metadata", { metric: "llm_errors_total" }), {
    llm_errors_total: [
      { type: "counter", help: "Calls of models that failed, by cause.", unit: "" },
    ],
  });
  assert.deepEqual(await ask("metadata", { metric: "level" }), {
    level: [{ type: "gauge", help: "", unit: "" }],
  });
  const names = [...DERIVED_METRICS.keys(), ...SERIES.map(({ name }) => name)];
  const [first = "", second = ""] = names.toSorted();
  assert.deepEqual(Object.keys((await ask("metadata", { limit: "2" })) as object), [first, second]);
  assert.deepEqual(await ask("metadata", { limit: "0" }), {});
  const { version } = (await ask("status/buildinfo")) as { readonly version: string };
  assert.match(version, /^3\.\d+\.\d+$/);
  const flags = (await ask("status/flags")) as Record<string, string>;
  assert.equal(flags["query.max-samples"], String(DEFAULT_LIMITS.querySamples));
  assert.equal(flags["query.timeout"], "2m");
  assert.deepEqual(await ask("status/config"), { yaml: "interval: 1s\nrules:\n  - rules.yml\n" });
  assert.deepEqual(await ask("status/walreplay"), { min: 0, max: 0, current: 0 });
  const { promql_functions: functions } = (await ask("features")) as {
    readonly promql_functions: Readonly<Record<string, boolean>>;
  };
  assert.deepEqual([functions["rate"], functions["mad_over_time"]], [true, false]);
});

test("cardinality is of the series in memory, the most numerous first", async (context) => {
  const ask = await asking(context);
  const stats = (await ask("status/tsdb", { limit: "2" })) as {
    readonly headStats: Readonly<Record<string, number>>;
    readonly seriesCountByMetricName: readonly { readonly name: string; readonly value: number }[];
    readonly labelValueCountByLabelName: readonly object[];
  };
  assert.equal(stats.seriesCountByMetricName.length, 2);
  const { numSeries = 0, minTime, maxTime = 0 } = stats.headStats;
  assert.ok(numSeries >= SERIES.length, `${numSeries} series`);
  assert.deepEqual([minTime, maxTime >= START_S * 1000], [START_S * 1000, true]);
  const all = (await ask("status/tsdb")) as typeof stats;
  const levels = all.seriesCountByMetricName.find(({ name }) => name === "level");
  assert.deepEqual(levels, { name: "level", value: 3 });
});

test("statistics of a query, where they are asked for", async (context) => {
  const ask = await asking(context);
  const params = { query: "count_over_time(level[5m])", time: at(230) };
  assert.ok(!("stats" in ((await ask("query", params)) as object)));
  for (const where of ["query", "query_range"]) {
    const span = { start: at(230), end: at(230), step: "1" };
    const { stats } = (await ask(where, { ...params, ...span, stats: "all" })) as {
      readonly stats: Readonly<Record<"timings" | "samples", Readonly<Record<string, number>>>>;
    };
    const { totalQueryableSamples = 0, peakSamples } = stats.samples;
    assert.ok(totalQueryableSamples >= 3 * POINTS, `${totalQueryableSamples} samples`);
    assert.equal(peakSamples, totalQueryableSamples);
    const { evalTotalTime = NaN, execTotalTime } = stats.timings;
    assert.ok(evalTotalTime >= 0 && evalTotalTime === execTotalTime);
  }
});

test("groups of rules come in pages", async (context) => {
  const ask = await asking(context);
  type Page = {
    readonly groups: readonly { readonly name: string }[];
    readonly groupNextToken?: string;
  };
  const page = async (
    params: Params,
  ): Promise<readonly [readonly string[], string | undefined]> => {
    const { groups, groupNextToken } = (await ask("rules", params)) as Page;
    return [groups.map(({ name }) => name), groupNextToken];
  };
  const [names, token = ""] = await page({ group_limit: "1" });
  assert.deepEqual(names, ["first"]);
  assert.match(token, /^[0-9a-f]{64}$/);
  assert.deepEqual(await page({ group_limit: "1", group_next_token: token }), [
    ["second"],
    undefined,
  ]);
  assert.deepEqual(await page({ group_limit: "2" }), [["first", "second"], undefined]);
  assert.deepEqual(await page({ group_limit: "1", "rule_name[]": "Never" }), [
    ["second"],
    undefined,
  ]);
});

const selectorTree = {
  type: "vectorSelector",
  name: "a",
  offset: 0,
  offsetExpr: null,
  matchers: [{ name: "__name__", value: "a", type: "=" }],
  timestamp: null,
  startOrEnd: null,
  anchored: false,
  smoothed: false,
};
const TREES: readonly (readonly [string, object])[] = [
  ["-1.5", { type: "numberLiteral", val: "-1.5" }],
  ["'x'", { type: "stringLiteral", val: "x" }],
  ["a", selectorTree],
  ["-a", { type: "unaryExpr", op: "-", expr: selectorTree }],
  ["(a)", { type: "parenExpr", expr: selectorTree }],
  [
    "a[5m] offset -1m @ end()",
    {
      ...selectorTree,
      type: "matrixSelector",
      range: 300_000,
      rangeExpr: null,
      offset: -60_000,
      startOrEnd: "end",
    },
  ],
  [
    "a[1h:] @ 1.5",
    {
      type: "subquery",
      expr: selectorTree,
      range: 3_600_000,
      rangeExpr: null,
      offset: 0,
      offsetExpr: null,
      step: 0,
      stepExpr: null,
      timestamp: 1500,
      startOrEnd: null,
    },
  ],
  [
    "topk(2, a) without (x)",
    {
      type: "aggregation",
      op: "topk",
      expr: selectorTree,
      param: { type: "numberLiteral", val: "2" },
      grouping: ["x"],
      without: true,
    },
  ],
  [
    "a == bool on (x) group_left (y) a",
    {
      type: "binaryExpr",
      op: "==",
      lhs: selectorTree,
      rhs: selectorTree,
      matching: {
        card: "many-to-one",
        labels: ["x"],
        on: true,
        include: ["y"],
        fillValues: { lhs: null, rhs: null },
      },
      bool: true,
    },
  ],
  [
    "round(a)",
    {
      type: "call",
      func: { name: "round", argTypes: ["vector", "scalar"], variadic: 1, returnType: "vector" },
      args: [selectorTree],
    },
  ],
];

test("parsed queries", async (context) => {
  const ask = await asking(context);
  for (const [query, tree] of TREES) assert.deepEqual(await ask("parse_query", { query }), tree);
});
