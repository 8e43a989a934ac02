// Prometheus' HTTP API beside a real Prometheus with the same samples and rules: the same status,
// kinds of errors, values and labels, GET and POST, good and bad requests.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { formatLabels, labels } from "@naruko/core/model/labels";
import { hasPrometheus, startPrometheus } from "../testing/prometheus-peer.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";

const PATIENCE_MS = 20_000;
const STEP_S = 30;
/**
 * Points may be five minutes old when they arrive, and the last is 50 s old. A multiple of ten, so
 * that subqueries meet no edge of their range, where Prometheus 2.x and 3.x differ.
 */
const START_S = Math.floor(Date.now() / 10_000) * 10 - 260;
const POINTS = 8;

type Series = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly number[];
};

const HARD = [-0, NaN, Infinity, -Infinity, 1.7976931348623157e308, 0.1 + 0.2, 100, 5e-324];
const SERIES: readonly Series[] = [
  { name: "level", labels: { a: "1" }, values: [1, 2, 3, 4, 5, 6, 7, 8] },
  {
    name: "level",
    labels: { a: "2" },
    values: [0.1, 1e-7, 1e-6, 9.99e-7, 1e20, 1e21, -1e21, 123456789.123],
  },
  { name: "level", labels: { a: "3", z: 'q"\\日本語<b>&' }, values: HARD },
  { name: "pair", labels: { a: "1", b: "x" }, values: Array<number>(POINTS).fill(1) },
  { name: "pair", labels: { a: "1", b: "y" }, values: Array<number>(POINTS).fill(2) },
  { name: "calls_total", labels: { a: "1" }, values: [0, 30, 60, 90, 120, 150, 180, 210] },
];
const SENDER = { service_name: "shop", job: "shop", instance: "i1" };

const RULES = `groups:
- name: first
  interval: 1s
  rules:
  - {record: "one:vector", expr: vector(1), labels: {a: b}}
  - {alert: Firing, expr: "vector(0.25) > 0", labels: {severity: page, v: "{{ $value }}"},
     annotations: {summary: "is {{ $value }}"}}
  - {alert: Pending, expr: "vector(123456)", for: 1h}
  - {alert: Quiet, expr: "vector(0)   >1", for: 90s, keep_firing_for: 5m}
  - {alert: Unmatched, expr: "pair * on (a) pair"}
- name: second
  interval: 1s
  limit: 5
  rules:
  - {record: "two:vector", expr: "1+1", labels: {c: d}}
  - {alert: Never, expr: "vector(0) > 1", labels: {c: d}}
`;

type Params = Readonly<Record<string, string | readonly string[]>>;
type Request = readonly [method: "GET" | "POST" | "PUT", path: string, params: Params];

/** What both sides are asked; times as seconds since START_S. */
const at = (seconds: number): string => String(START_S + seconds);
const instant = (query: string, more: Params = {}): Request => [
  "GET",
  "query",
  { query, time: at(100), ...more },
];
const range = (query: string, more: Params = {}): Request => [
  "GET",
  "query_range",
  { query, start: at(10), end: at(200), step: "30", ...more },
];
/** Every sample, and neither what rules write nor what we measure of ourselves. */
const SPAN = { start: at(-10), end: at(300) };

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
];

/** Where we follow the current Prometheus, or refuse what 2.42 has no good answer for. */
const DIFFERENCES: readonly (readonly [Request, theirs: string, ours: string, why: string])[] = [
  [instant("pair offset 5"), "400 bad_data", "200", "3.x takes a number as a duration"],
  [instant("level{a='3'}[70]"), "400 bad_data", "200", "3.x takes a number as a duration"],
  [instant("1", { limit: "x" }), "200", "400 bad_data", "3.x has limit"],
  [["GET", "labels", { limit: "-1" }], "200", "400 bad_data", "3.x has limit"],
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

/** What of an answer the second test looks at. */
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

function raw(url: string, [method, where, params]: Request): Promise<Response> {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of [value].flat()) form.append(name, one);
  }
  const isForm = method === "POST";
  return fetch(`${url}/api/v1/${where}${isForm ? "" : `?${form.toString()}`}`, {
    method,
    ...(isForm ? { body: form } : {}),
  });
}

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
/** We do not measure single rules; Prometheus 2.42 neither warns nor informs. */
const ONE_SIDED = new Set(["evaluationTime", "warnings", "infos"]);

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

function openMetrics(): string {
  const lines = SERIES.flatMap(({ name, labels: own, values }) => {
    const shown = formatLabels(labels({ __name__: name, ...SENDER, ...own })).replaceAll(", ", ",");
    return values.map((value, i) => {
      const text = Object.is(value, -0) ? "-0" : String(value).replace("Infinity", "Inf");
      return `${shown} ${text} ${START_S + i * STEP_S}`;
    });
  });
  return `${lines.join("\n")}\n# EOF\n`;
}

/** The same as an OTLP request; JSON has no notation of its own for what is no number. */
function otlpMetrics(): string {
  const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
  const metrics = SERIES.map(({ name, labels: own, values }) => ({
    name,
    gauge: {
      dataPoints: values.map((value, i) => ({
        timeUnixNano: `${START_S + i * STEP_S}000000000`,
        asDouble: Number.isFinite(value) ? (Object.is(value, -0) ? "-0" : value) : String(value),
        attributes: Object.entries(own).map(([key, text]) => attribute(key, text)),
      })),
    },
  }));
  const attributes = [attribute("service.name", "shop"), attribute("service.instance.id", "i1")];
  return JSON.stringify({
    resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }],
  });
}

async function startOurs(context: TestContext, folder: string): Promise<string> {
  const config = path.join(folder, "naruko.yml");
  writeFileSync(config, "interval: 1s\nrules: [rules.yml]\n");
  writeFileSync(path.join(folder, "rules.yml"), RULES);
  const data = path.join(folder, "data");
  const { http, otlp } = await serveNaruko(context, "--config", config, "--data", data);
  const sent = await fetch(`${otlp}/v1/metrics`, {
    method: "POST",
    body: otlpMetrics(),
    headers: { "Content-Type": "application/json" },
  });
  assert.deepEqual([sent.status, await sent.text()], [200, "{}"]);
  return http;
}

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-api-"));
  context.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Waits until every rule was evaluated. */
async function rulesRan(url: string): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const text = await (await fetch(`${url}/api/v1/rules`, { signal })).text();
    if (text.includes('"two:vector"') && !text.includes('"health":"unknown"')) return;
    await wait(50, undefined, { signal });
  }
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
  for (const [request, expected, actual, why] of DIFFERENCES) {
    const name = `${JSON.stringify(request)}: ${why}`;
    assert.equal(summary(await ask(theirs, request)), expected, name);
    assert.equal(summary(await ask(ours, request)), actual, name);
  }
});

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
  for (const params of [{ exclude_alerts: "yes" }, { "match[]": "{" }, { "match[]": "{}" }]) {
    assert.equal(summary(await ask(url, ["GET", "rules", params])), "400 bad_data");
  }
  const allowed = (await raw(url, ["PUT", "query", {}])).headers.get("allow");
  assert.equal(allowed, "GET, POST");
});
