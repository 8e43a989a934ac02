// Prometheus' HTTP API beside a real Prometheus with the same samples and rules: the same status,
// kinds of errors, values and labels, GET and POST, good and bad requests.
import assert from "node:assert/strict";
import test from "node:test";
import {
  at,
  instant,
  openMetrics,
  POINTS,
  range,
  raw,
  RULES,
  rulesRan,
  SPAN,
  startOurs,
  STEP_S,
  temporaryFolder,
} from "../testing/api-fixture.ts";
import type { Params, Request } from "../testing/api-fixture.ts";
import { hasPrometheus, startPrometheus } from "../testing/prometheus-peer.ts";

const GOOD = [
  "1 1e20 1e21 -1e-7 1e-6 0x1F NaN Inf -Inf -0 time() pi() vector(1) vector(-1e21) minute()",
  "level pair calls_total absent(nothing) nothing scalar(level{a='1'}) -pair level{z=~'.*日.*'}",
].flatMap((line) => line.split(" "));
const GOOD_SPACED = [
  "0.1 + 0.2",
  "sum by (b) (pair)",
  "count_values('v', level)",
  "rate(calls_total[100s])",
  "irate(calls_total[100s])",
  "max_over_time(level[75s:10s])",
  "topk(1, pair)",
  "quantile(0.5, pair)",
  "label_replace(pair, 'c', '$1', 'b', '(.*)')",
  "{__name__=~'level|pair'}",
  "pair offset 30s",
  "pair @ end()",
  "pair == bool 1",
  "pair and pair{b='x'}",
  "pair * on (a) group_left level{a='1'}",
  "absent(nothing{a='1'})",
  " # a comment\npair ",
];
const BAD = [
  "",
  " ",
  "level{",
  "foo(1)",
  "rate(calls_total)",
  "rate(calls_total[5m]",
  "level[0s]",
  "level[5x]",
  "1 +",
  "level * on (x) level",
  "pair * on (a) pair",
  "topk(NaN, pair)",
  "count_values('', pair)",
  "label_replace(pair, 'b', 'same', 'b', '.*')",
  "label_replace(pair, 'c', '$1', 'b', '(')",
  "{}",
  "{a=~'.*'}",
  "level{a=~'('}",
  "1 + 'a'",
  "time(1)",
  "1 > 2",
  "level offset",
  "level @ x",
  "histogram_quantile('a', pair)",
  "sum by (a",
  "-'a'",
  "level[1m][1m]",
];
const TIMES =
  "now -1 1e3 0x 2026-11-02 2026-11-02T10:04:00Z 2026-11-02T10:04:00.123456789Z 2026-11-02T10:04:00+02:00 2026-11-02T10:04:00 2026-13-02T10:04:00Z 2026-02-30T10:04:00Z 2028-02-29T10:04:00Z 2026-11-02t10:04:00z 2026-11-02T24:00:00Z 2026-11-02T10:04:60Z 2026-11-02T10:04:00,5Z 1.0004 1.0006 -1.5 1_000 +5 .5 5. 0 00001 1__0 _1".split(
    " ",
  );
const STEPS =
  "0 0s -1 -1m x 1ms 0.001 1m 1h30m 30m1h 1e2 1e300 NaN Inf 5x 1_0 +30 .5e2 1y 292y 293y 9e9 1e10".split(
    " ",
  );
const RANGES: readonly Params[] = [
  {},
  { start: at(0) },
  { start: at(0), end: at(9) },
  { start: at(0), end: at(-1), step: "1" },
  { start: at(0), end: at(11_000), step: "1" },
  { start: at(0), end: at(11_000.9), step: "1" },
  { start: at(0), end: at(11_001), step: "1" },
  { start: at(0.5), end: at(1.75), step: "0.25" },
  { start: "x", end: "y", step: "z" },
  { start: at(0), end: at(9), step: "1", timeout: "x" },
  { start: at(0), end: at(9), step: "1", timeout: "0" },
  { start: at(0), end: at(9), step: "1", timeout: "-1" },
  { start: at(0), end: at(9), step: "1", timeout: "1m" },
];
const MATCHES: readonly (string | readonly string[])[] = [
  "pair",
  "pair{b='x'}",
  "{alertname!=''}",
  "{__name__=~'level|pair'}",
  "{a='1',__name__!~'one:.*'}",
  "{}",
  "{a=~'.*'}",
  "sum(pair)",
  "pair[5m]",
  "pair offset 5m",
  "pair @ 5",
  "(pair)",
  "-pair",
  "1",
  "",
  "foo(",
  "nothing",
  ["pair", "calls_total"],
  ["pair{b='x'}", "pair"],
  ["pair", "foo("],
];
const LISTS = ["series", "labels", "label/a/values", "label/b/values", "label/__name__/values"];

/** Where clients without an own bound begin (web/api/v1/api.go, MinTime). */
const MIN_TIME_S = -9_223_309_901_257_974;

const LONG = `sum by (a, b) (rate(calls_total{a="1",b=~"${"x".repeat(60)}"}[5m]))`;
const FORMATTED = [
  " sum  by(a)(level)",
  "level{a='1'}[5m] offset -1w",
  "-1e3 + 0x10 ^ 2",
  `${LONG} / ${LONG}`,
  `${LONG} > bool on (a) group_left (b) ${LONG}`,
  `histogram_quantile(0.9, ${LONG})`,
  `-(${LONG})`,
  `topk(3, ${LONG}) or (label_replace(${LONG}, "c", "$1", "a", "(.*)") unless absent(${LONG}))`,
  `max_over_time((${LONG})[1h:5m] offset 1h)`,
  `sum_over_time(level[5m:]) + count without (a, b, c) (${LONG})`,
];

const REQUESTS: readonly Request[] = [
  ...[...GOOD, ...GOOD_SPACED, ...BAD, "'text'", "level[75s]", "level[75s:10s]"].flatMap(
    (query) => [instant(query), range(query)],
  ),
  ...Array.from({ length: POINTS }, (_, i) => instant("level", { time: at(i * STEP_S + 10) })),
  ...TIMES.flatMap((time) => [
    instant("1", { time }),
    range("1", { start: time, end: time, step: "1" }),
  ]),
  ...STEPS.map((step) => range("time()", { start: at(0), end: at(1), step })),
  ...RANGES.flatMap((params): Request[] => [
    ["GET", "query_range", { query: "time()", ...params }],
    ["GET", "query_range", { query: "foo(", ...params }],
    ["GET", "query_range", params],
  ]),
  ...["x", "0", "0s", "-1", "1e-9", "1e10", "5s"].map((timeout) => instant("1", { timeout })),
  ["GET", "query", {}],
  ["POST", "query", {}],
  ["POST", "query", { query: "pair", time: at(100) }],
  ["POST", "query_range", { query: "pair", start: at(0), end: at(99), step: "30" }],
  ["POST", "series", { ...SPAN, "match[]": "pair" }],
  ["POST", "labels", { ...SPAN, "match[]": ["pair", "level"] }],
  ...["rules", "alerts", "label/a/values", "status/buildinfo"].map((where): Request => {
    return ["POST", where, {}];
  }),
  ...["query", "rules", "labels"].map((where): Request => ["PUT", where, {}]),
  ...["nothing", "toString", "label/a", "label/a/values/x"].map((where): Request => {
    return ["GET", where, {}];
  }),
  ...MATCHES.flatMap((match) =>
    LISTS.map((where): Request => ["GET", where, { ...SPAN, "match[]": match }]),
  ),
  ...["series", "labels", "label/a/values"].flatMap((where) =>
    [
      { start: "x" },
      { end: "x" },
      { start: at(300), end: at(0) },
      { start: "0", end: "1" },
      { start: "-5", end: "5" },
      { end: at(-9999) },
    ].flatMap((params): Request[] => [
      ["GET", where, params],
      ["GET", where, { ...params, "match[]": "pair" }],
    ]),
  ),
  ["GET", "label/nothing/values", SPAN],
  ["GET", "rules", {}],
  ...["alert", "record", "ALERT", "", "x"].map((type): Request => ["GET", "rules", { type }]),
  ["GET", "alerts", {}],
  ...FORMATTED.map((query): Request => ["POST", "format_query", { query }]),
  ...BAD.flatMap((query) => [
    ["GET", "format_query", { query }] as const,
    ["GET", "query_exemplars", { query, start: at(0), end: at(9) }] as const,
  ]),
  ["GET", "query_exemplars", { query: "pair + level" }],
  ["POST", "query_exemplars", { query: "1 + 1" }],
  ["GET", "query_exemplars", { query: "pair", start: "x" }],
  ["GET", "query_exemplars", { query: "pair", end: "x" }],
  ["GET", "query_exemplars", { query: "pair", start: at(9), end: at(0) }],
  [
    "GET",
    "query_exemplars",
    { query: "pair", start: String(MIN_TIME_S), end: String(-MIN_TIME_S) },
  ],
  ...LISTS.map((where): Request => {
    return [
      "GET",
      where,
      { "match[]": "pair", start: String(MIN_TIME_S), end: String(-MIN_TIME_S) },
    ];
  }),
  ...["active", "dropped", "any", "", "x"].map((state): Request => ["GET", "targets", { state }]),
  ["GET", "targets/metadata", {}],
  ["GET", "targets/metadata", { limit: "x" }],
  ["GET", "targets/metadata", { match_target: "{" }],
  ["GET", "targets/metadata", { match_target: "{job='x'}", metric: "up" }],
  ["GET", "metadata", { metric: "nothing" }],
  ["GET", "metadata", { limit: "x" }],
  ["GET", "scrape_pools", {}],
  ["GET", "alertmanagers", {}],
  ...["clean_tombstones", "delete_series", "snapshot"].flatMap((what): Request[] => {
    return (["GET", "POST", "PUT"] as const).map((method) => [method, `admin/tsdb/${what}`, {}]);
  }),
  ...["targets", "metadata", "alertmanagers", "status/flags", "status/config"].map(
    (where): Request => ["POST", where, {}],
  ),
];

/** What is only answered in the same form. */
const SAME_FORM: readonly string[] = [
  "status/buildinfo",
  "status/config",
  "status/runtimeinfo",
  "status/tsdb",
  "status/walreplay",
];

/** Where we follow the current Prometheus, or refuse what 2.42 has no good answer for. */
const DIFFERENCES: readonly (readonly [Request, theirs: string, ours: string, why: string])[] = [
  [instant("pair offset 5"), "400 bad_data", "200", "3.x takes a number as a duration"],
  [instant("level{a='3'}[70]"), "400 bad_data", "200", "3.x takes a number as a duration"],
  [instant("1", { limit: "x" }), "200", "400 bad_data", "3.x has limit"],
  [["GET", "labels", { limit: "-1" }], "200", "400 bad_data", "3.x has limit"],
  [["GET", "metadata", { limit_per_metric: "x" }], "200", "400 bad_data", "3.x has it"],
  [["GET", "status/tsdb", { limit: "0" }], "200", "400 bad_data", "3.x has limit"],
  [["GET", "label/a-b/values", SPAN], "400 bad_data", "200", "3.x takes every name of UTF-8"],
  [instant("1", { time: "NaN" }), "200", "400 bad_data", "theirs is 1677, by an overflow"],
  [instant("1", { time: "1e300" }), "200", "400 bad_data", "theirs is 1970, by an overflow"],
  [
    range("1", { start: at(0), end: at(1), step: "0.0004" }),
    "422 execution",
    "400 bad_data",
    "theirs divides by zero",
  ],
];

type Answer = { readonly status: number; readonly body: unknown };

async function ask(url: string, request: Request): Promise<Answer> {
  const response = await raw(url, request);
  const isJson = response.headers.get("content-type") === "application/json";
  // 404 and 405 have no body of Prometheus' own.
  if (!isJson || response.status === 405) {
    await response.arrayBuffer();
    return { status: response.status, body: undefined };
  }
  return { status: response.status, body: comparable(await response.json()) };
}

/** Neither the clock nor the wording: those are each side's own. */
const OWN_TEXT = new Set(["error", "lastError", "lastEvaluation", "activeAt"]);
/** We do not measure single rules; Prometheus 2.42 neither warns nor informs nor counts dropped targets. */
const ONE_SIDED = new Set(["evaluationTime", "warnings", "infos", "droppedTargetCounts"]);

function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !ONE_SIDED.has(key));
  return Object.fromEntries(
    kept.map(([key, inner]) => [key, OWN_TEXT.has(key) ? shapeOf(key, inner) : comparable(inner)]),
  );
}

function shapeOf(key: string, text: unknown): string {
  assert.ok(typeof text === "string" && text !== "", `${key} is a text`);
  if (key === "error" || key === "lastError") return "a reason";
  assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  return "a time";
}

/** Paths of what the second has and the first has not, or of another type. */
function missingFrom(actual: unknown, expected: unknown, path = ""): string[] {
  if (typeof actual !== typeof expected || Array.isArray(actual) !== Array.isArray(expected)) {
    return [path];
  }
  if (typeof expected !== "object" || expected === null || Array.isArray(expected)) return [];
  const own = actual as Record<string, unknown>;
  return Object.entries(expected).flatMap(([key, inner]) =>
    missingFrom(own[key], inner, `${path}.${key}`),
  );
}

function summary({ status, body }: Answer): string {
  const { errorType } = (body ?? {}) as { errorType?: string };
  return errorType === undefined ? String(status) : `${status} ${errorType}`;
}

test("a real Prometheus answers the same", async (context) => {
  if (!hasPrometheus(context)) return;
  const folder = temporaryFolder(context);
  const [theirs, ours] = await Promise.all([
    startPrometheus(context, folder, { samples: openMetrics(), rules: RULES }),
    startOurs(context, folder),
  ]);
  await Promise.all([rulesRan(theirs), rulesRan(ours)]);
  for (const request of REQUESTS) {
    const [expected, actual] = await Promise.all([ask(theirs, request), ask(ours, request)]);
    assert.deepEqual(actual, expected, JSON.stringify(request));
  }
  for (const where of SAME_FORM) {
    const [expected, actual] = await Promise.all([
      ask(theirs, ["GET", where, {}]),
      ask(ours, ["GET", where, {}]),
    ]);
    assert.deepEqual(missingFrom(actual, expected), [], where);
  }
  for (const [request, expected, actual, why] of DIFFERENCES) {
    const name = `${JSON.stringify(request)}: ${why}`;
    assert.equal(summary(await ask(theirs, request)), expected, name);
    assert.equal(summary(await ask(ours, request)), actual, name);
  }
});
