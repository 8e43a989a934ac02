// What Grafana's Prometheus data source sends, in the forms in which it sends it: its backend for
// queries (method POST or GET, times as seconds with a fraction, the step in seconds), and what the
// editor and the variables ask for through its resource calls.
import assert from "node:assert/strict";
import test from "node:test";
import { epochMs } from "@naruko/core/model/time";
import {
  at,
  rulesRan,
  sendOtlp,
  serveFixture,
  START_S,
  temporaryFolder,
} from "../testing/api-fixture.ts";
import { chatSpan, spanLine } from "../testing/span-line.ts";

const FORM = {
  "Content-Type": "application/x-www-form-urlencoded",
  "User-Agent": "Grafana/12.2.0",
  "Accept-Encoding": "gzip",
};
const GET = { "User-Agent": "Grafana/12.2.0", Accept: "*/*", "X-Datasource-Uid": "naruko" };

type Answer = {
  readonly status: string;
  readonly data: unknown;
  readonly errorType?: string;
  readonly error?: string;
};

type Recorded = readonly [
  what: string,
  method: "GET" | "POST",
  path: string,
  body: string | undefined,
  check: (answer: Answer) => void,
];

const succeeded = (answer: Answer): void => {
  assert.equal(answer.status, "success", JSON.stringify(answer));
};
const has =
  (expected: unknown) =>
  (answer: Answer): void => {
    succeeded(answer);
    assert.deepEqual(answer.data, expected);
  };
const sees =
  (pattern: RegExp) =>
  (answer: Answer): void => {
    succeeded(answer);
    assert.match(JSON.stringify(answer.data), pattern);
  };

const START = String(START_S);
const END = `${START_S + 240}.5`;
const SERIES = encodeURIComponent('{__name__="level",a="1"}');

const RECORDED: readonly Recorded[] = [
  [
    "a panel",
    "POST",
    "/api/v1/query_range",
    `end=${END}&query=sum+by%28a%29+%28level%29&start=${START}.5&step=60`,
    sees(/"resultType":"matrix".*"metric":\{"a":"1"\},"values":\[\[\d+\.5,"1"\]/),
  ],
  [
    "a panel by GET, as older versions and proxies have it",
    "GET",
    `/api/v1/query_range?end=${END}&query=level%7Ba%3D~%221%7C2%22%7D&start=${START}&step=15.5`,
    undefined,
    sees(/"a":"2"/),
  ],
  [
    "a table",
    "POST",
    "/api/v1/query",
    `query=topk%281%2C+level%29&time=${at(100)}`,
    sees(/"resultType":"vector"/),
  ],
  [
    "the test of the data source",
    "POST",
    "/api/v1/query",
    "query=1%2B1&time=4",
    has({ resultType: "scalar", result: [4, "2"] }),
  ],
  [
    "exemplars of a panel",
    "POST",
    "/api/v1/query_exemplars",
    `end=${at(3600)}&query=histogram_quantile%280.95%2C+sum+by%28le%29+%28rate%28llm_operation_duration_seconds_bucket%5B1m%5D%29%29%29&start=${START}`,
    sees(
      /"le":"1",.*"exemplars":\[\{"labels":\{"span_id":"\w{16}","trace_id":"\w{32}"\},"value":"0.8"/,
    ),
  ],
  ["which Prometheus it is", "GET", "/api/v1/status/buildinfo", undefined, sees(/"version":"3\./)],
  [
    "names of metrics",
    "GET",
    `/api/v1/label/__name__/values?start=${START}&end=${START_S + 240}&limit=40000`,
    undefined,
    sees(/"calls_total","level"/),
  ],
  [
    "names of metrics with a filter",
    "GET",
    `/api/v1/label/__name__/values?match%5B%5D=%7B__name__%3D~%22.*air.*%22%7D&start=${START}&end=${START_S + 240}&limit=40000`,
    undefined,
    has(["pair"]),
  ],
  [
    "names of labels",
    "POST",
    "/api/v1/labels",
    `start=${START}&end=${START_S + 240}&limit=40000&match%5B%5D=${SERIES}`,
    has(["__name__", "a", "instance", "job", "service_name"]),
  ],
  [
    "values of a label",
    "GET",
    `/api/v1/label/a/values?start=${START}&end=${START_S + 240}&match%5B%5D=level&limit=2`,
    undefined,
    has(["1", "2"]),
  ],
  [
    "values of a label with an escaped name",
    "GET",
    `/api/v1/label/U__service__name/values?start=${START}&end=${START_S + 240}&match%5B%5D=${SERIES}`,
    undefined,
    has(["shop"]),
  ],
  [
    "series, in the label browser",
    "POST",
    "/api/v1/series",
    `match%5B%5D=${SERIES}&start=${START}&end=${START_S + 240}&limit=40000`,
    sees(/^\[\{"__name__":"level","a":"1",/),
  ],
  [
    "help and types of metrics",
    "GET",
    "/api/v1/metadata?limit=1000",
    undefined,
    sees(/"llm_token_usage_total":\[\{"type":"counter","help":"[^"]+","unit":""\}\]/),
  ],
  ["help of one metric", "GET", "/api/v1/metadata?metric=nothing", undefined, has({})],
  [
    "rules, page by page",
    "GET",
    "/api/v1/rules?group_limit=1&exclude_alerts=true",
    undefined,
    sees(/"groups":\[\{"name":"first".*"groupNextToken":"\w+"/),
  ],
  ["rules of one kind", "GET", "/api/v1/rules?type=record", undefined, sees(/"type":"recording"/)],
  ["alerts", "GET", "/api/v1/alerts", undefined, sees(/"alertname":"Firing"/)],
  [
    "a query with a mistake",
    "POST",
    "/api/v1/query_range",
    `end=${END}&query=sum%28level&start=${START}&step=15`,
    ({ status, errorType, error = "" }) => {
      assert.deepEqual([status, errorType], ["error", "bad_data"]);
      assert.match(error, /: 1:10: /);
    },
  ],
  [
    "a range without a step",
    "POST",
    "/api/v1/query_range",
    `end=${END}&query=level&start=${START}`,
    ({ errorType, error = "" }) => {
      assert.deepEqual([errorType, error], ["bad_data", 'missing parameter "step"']);
    },
  ],
  [
    "a formatted query",
    "POST",
    "/api/v1/format_query",
    "query=sum%28level%29by%28a%29",
    has("sum by (a) (level)"),
  ],
];

test("requests of Grafana's Prometheus data source", async (context) => {
  const { http, otlp } = await serveFixture(context, temporaryFolder(context));
  const spans = [chatSpan(epochMs(START_S * 1000 + 230_000), "m")];
  await sendOtlp(`${otlp}/v1/traces`, spanLine("shop", spans, 1));
  await rulesRan(http);
  for (const [what, method, path, body, check] of RECORDED) {
    const headers = body === undefined ? GET : FORM;
    const response = await fetch(http + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    assert.equal(response.headers.get("content-type"), "application/json", what);
    const answer = (await response.json()) as Answer;
    assert.doesNotThrow(() => {
      check(answer);
    }, what);
  }
});
