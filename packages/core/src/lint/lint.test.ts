import assert from "node:assert/strict";
import test from "node:test";
import { labels } from "../model/labels.ts";
import { parseExpression } from "../rules/expression.ts";
import type { AlertingRule, RecordingRule, RuleGroup } from "../rules/rule.ts";
import type { SeenData } from "./catalog.ts";
import { lintRules } from "./lint.ts";
import { SeenMetrics } from "./seen-metrics.ts";

function group(rules: RuleGroup["rules"], intervalMs?: number): RuleGroup {
  return { file: "f.yml", name: "g", intervalMs, limit: 0, queryOffsetMs: 0, rules };
}

function alert(expr: string, forMs = 0): AlertingRule {
  return {
    kind: "alert",
    name: "A",
    expr: parseExpression(expr),
    forMs,
    keepFiringForMs: 0,
    labels: [],
    annotations: [],
    labelTemplates: [],
    annotationTemplates: [],
    textReachMs: 0,
  };
}

function record(name: string, expr: string): RecordingRule {
  return { kind: "record", name, expr: parseExpression(expr), labels: [] };
}

/** Findings as `code at "text" message`, so that a row shows the place that is pointed at. */
function findings(groups: readonly RuleGroup[], seen?: SeenData): string[] {
  const options = { intervalMs: 15_000, ...(seen === undefined ? {} : { seen }) };
  return [...lintRules(groups, options)].map(({ rule, finding: { code, place, message } }) => {
    const at = place === undefined ? "" : ` at "${rule.expr.text.slice(place.from, place.to)}"`;
    return `${code}${at}: ${message}`;
  });
}

const P95 =
  "histogram_quantile(0.95, sum by (le) (rate(llm_operation_duration_seconds_bucket[5m])))";

/** One line a case: the expression of an alert, and what each finding begins with and contains. */
const EXPRESSIONS: readonly (readonly [string, ...string[]])[] = [
  // Names.
  [
    "vllm:gpu_cache_usage_perc > 0.9",
    'renamed-metric at "vllm:gpu_cache_usage_perc"|take "vllm:kv_cache_usage_perc"',
  ],
  [
    "sum(rate(vllm:time_per_output_token_seconds_bucket[5m])) > 1",
    'renamed-metric|take "vllm:inter_token_latency_seconds_bucket"',
  ],
  ["rate(vllm:request_error_total[5m]) > 1", "renamed-metric|never had this name"],
  ["rate(llm_eror_total[5m]) > 1", 'unknown-metric|did you mean "llm_errors_total"'],
  ["rate(llm_errors_total[5m]) > 1"],
  ["naruko_judge_wating > 1", 'unknown-metric|did you mean "naruko_judge_waiting"'],
  ["rate(naruko_judge_waiting[5m]) > 1", "rate-of-gauge"],
  ["my_own_metric > 1"],
  [
    'rate(vllm:request_success_total{finish_reason="abort"}[5m]) > 1',
    'renamed-label|it is called "finished_reason"',
  ],
  ['rate(vllm:request_success_total{finished_reason="abort"}[5m]) > 1'],
  ['DCGM_FI_DEV_GPU_TEMP{Hostname="a"} > 90', 'renamed-label|it is called "hostname"'],
  ['rate(llm_errors_total{modle="x"}[5m]) > 1', 'unknown-label|did you mean "model"'],
  [
    'rate(llm_errors_total{region="eu"}[5m]) > 1',
    "unknown-label|it has model, error_type, service_name",
  ],
  ['rate(llm_errors_total{region!="eu"}[5m]) > 1'],
  ['rate(llm_errors_total{region=~"eu|"}[5m]) > 1'],
  [
    "sum by (modle) (rate(llm_errors_total[5m])) > 1",
    'unknown-label at "sum by (modle) (rate(llm_errors_total[5m]))"|groups nothing; did you mean "model"',
  ],
  ["sum without (nothing) (rate(llm_errors_total[5m])) > 1"],
  // Counters and gauges.
  [
    "rate(vllm:num_requests_waiting[5m]) > 1",
    'rate-of-gauge at "rate(vllm:num_requests_waiting[5m])"|which is a gauge',
  ],
  ["increase(DCGM_FI_DEV_XID_ERRORS[5m]) > 0", "rate-of-gauge|which is a gauge"],
  ["delta(llm_token_usage_total[1h]) > 1", "difference-of-counter|take increase()"],
  ["deriv(vllm:num_requests_waiting[5m]) > 1"],
  ["rate(some_gauge_of_mine[5m]) > 1"],
  // What a quantile is given.
  [
    "histogram_quantile(0.95, llm_operation_duration_seconds_bucket) > 5",
    'quantile-without-rate at "llm_operation_duration_seconds_bucket"|since the start',
  ],
  [
    "histogram_quantile(0.95, sum by (le) (app_latency_seconds_bucket)) > 5",
    "quantile-without-rate",
  ],
  ["histogram_quantile(0.9, sum by (le) (job:latency_bucket:rate5m)) > 5"],
  [
    "histogram_quantile(0.9, sum by (job) (rate(app_seconds_bucket[5m]))) > 5",
    'quantile-without-le at "sum by (job) (rate(app_seconds_bucket[5m]))"|add le',
  ],
  [
    "histogram_quantile(0.9, sum without (le) (rate(app_seconds_bucket[5m]))) > 5",
    "quantile-without-le",
  ],
  ["histogram_quantile(0.9, sum without (pod) (rate(app_seconds_bucket[5m]))) > 5"],
  [
    "histogram_quantile(0.9, rate(llm_operation_duration_seconds_sum[5m])) > 5",
    'quantile-without-buckets|take "llm_operation_duration_seconds_bucket"',
  ],
  ["histogram_quantile(0.9, sum by (pod) (rate(native_seconds[5m]))) > 5"],
  // Units and buckets.
  [`${P95} > 5`],
  [`${P95} > 4`, "wide-bucket|inside the bucket 2 to 5"],
  [
    `${P95} > 500`,
    'wrong-unit|never reached: the last bucket of "llm_operation_duration_seconds" ends at 30; take a threshold below it, 0.5 for 500 ms',
  ],
  [`500 < ${P95}`, "wrong-unit"],
  [`${P95} > 60000`, "never-reached|ends at 30"],
  [`${P95} < 500`],
  [
    "histogram_quantile(0.95, sum by (le) (rate(gen_ai_server_time_to_first_token_seconds_bucket[5m]))) > 500",
    "wrong-unit|reads like milliseconds; write 0.5",
  ],
  [
    "histogram_quantile(0.95, sum by (le) (rate(gen_ai_client_operation_duration_seconds_bucket[5m]))) > 7",
  ],
  [
    "sum(rate(app_latency_seconds_sum[5m])) / sum(rate(app_latency_seconds_count[5m])) > 800",
    "wrong-unit|write 0.8",
  ],
  [
    "histogram_quantile(0.9, rate(app_latency_milliseconds_bucket[5m])) > 2",
    "wrong-unit|reads like seconds; write 2000",
  ],
  [
    "avg_over_time(vllm:kv_cache_usage_perc[5m]) > 90",
    "wrong-unit|is a share from 0 to 1; write 0.9 for 90 %",
  ],
  ["vllm:kv_cache_usage_perc > 0.9"],
  ["DCGM_FI_DEV_GPU_UTIL > 0.9", "wrong-unit|reads like a share; write 90"],
  [
    "sum by (model) (rate(llm_errors_total[5m])) / sum by (model) (rate(llm_operation_duration_seconds_count[5m])) > 5",
    "wrong-unit|write 0.05 for 5 %",
  ],
  [
    "sum by (model) (rate(llm_errors_total[5m])) / sum by (model) (rate(llm_operation_duration_seconds_count[5m])) > 0.05",
  ],
  // Sides that never meet.
  [
    "rate(llm_errors_total[5m]) / rate(llm_operation_duration_seconds_count[5m]) > 0.05",
    'sides-never-match at "/"|only the left side has error_type, only the right side has status',
  ],
  [
    "sum by (model) (rate(a[5m])) / sum by (service) (rate(b[5m])) > 1",
    "sides-never-match|only the left side has model",
  ],
  [
    "sum by (model) (rate(a[5m])) / on (service) sum by (service) (rate(b[5m])) > 1",
    "sides-never-match|only the right side has service",
  ],
  [
    "sum by (model, service) (rate(a[5m])) / on (service) group_left () sum by (service) (rate(b[5m])) > 1",
  ],
  [
    "sum by (model, code) (rate(a[5m])) / ignoring (code) group_left () sum by (model) (rate(b[5m])) > 1",
  ],
  [
    "sum(rate(a[5m])) / sum by (model) (rate(b[5m])) > 1",
    "sides-never-match|only the right side has model",
  ],
  ["sum by (model) (rate(a[5m])) > scalar(sum(b))"],
  ["a / b > 1"],
  ["sum by (model) (a) or sum by (service) (b)"],
  ["a unless on (job) sum by (instance) (b)", "sides-never-match|job"],
  // Traffic that ends.
  [
    "sum(rate(app_requests_total[5m])) < 1",
    'absent-on-fault at "sum(rate(app_requests_total[5m])) < 1"|add "or absent(app_requests_total)"',
  ],
  ["rate(app_requests_total[5m]) == 0", "absent-on-fault"],
  ["rate(app_requests_total[5m]) == 0 or absent(app_requests_total)"],
  ["up == 0"],
  ["avg(score) < 0.8"],
  // Ranges.
  [
    "rate(llm_errors_total[15s]) > 1",
    'range-below-interval at "llm_errors_total[15s]"|take a range of at least 1m',
  ],
  ["rate(llm_errors_total[30s]) > 1"],
];

for (const [expr, ...expected] of EXPRESSIONS) {
  test(`${expr}: ${expected.length === 0 ? "nothing" : expected.join("; ")}`, () => {
    const found = findings([group([alert(expr)])]);
    assert.equal(found.length, expected.length, found.join("\n"));
    for (const [i, wanted] of expected.entries()) {
      const [start = "", within = ""] = wanted.split("|");
      assert.ok(found[i]?.startsWith(start) && found[i].includes(within), found[i]);
    }
  });
}

test("what a recording rule writes is known, in whichever group", () => {
  const reads = group([alert("job:errors:rate5m > 1")]);
  const writes = group([record("job:errors:rate5m", "sum by (job) (rate(e_total[5m]))")]);
  const seen = { names: new Set(["e_total"]), labelsOf: () => new Set(["job"]), facts: new Map() };
  assert.deepEqual(findings([reads, writes], seen), []);
  assert.match(findings([reads], seen)[0] ?? "", /^unknown-metric .*no data has had/);
});

test("metrics and labels that no data has had, with the nearest that exists", () => {
  const has = labels({ __name__: "app_requests_total", pod: "a", code: "200" });
  const seen = {
    names: new Set(["app_requests_total"]),
    labelsOf: (name: string) => new Set(name === "app_requests_total" ? ["pod", "code"] : []),
    facts: new Map(),
  };
  assert.ok(has.key.includes("pod"));
  const of = (expr: string): string[] => findings([group([alert(expr)])], seen);
  assert.deepEqual(of("rate(app_requests_total[5m]) > 1"), []);
  assert.match(of("rate(app_request_total[5m]) > 1")[0] ?? "", /mean "app_requests_total"/);
  assert.match(of('app_requests_total{cod="500"} > 1')[0] ?? "", /did you mean "code"/);
  assert.match(of("sum by (pods) (app_requests_total) > 1")[0] ?? "", /did you mean "pod"/);
  // An error that has not happened yet is no misspelling.
  assert.deepEqual(of("rate(llm_errors_total[5m]) > 1"), []);
});

test("types and buckets that only the data has", () => {
  const metrics = new SeenMetrics();
  for (const le of ["0.5", "10", "2", "+Inf"]) {
    const name = "app_wait_seconds_bucket";
    metrics.addSeries(Object.entries({ __name__: name, le, pod: "a" }));
  }
  metrics.addSeries([["__name__", "app_workers"]]);
  metrics.addName("app_jobs_total");
  const seen = metrics.seen([
    { name: "app_workers", type: "gauge", unit: "" },
    { name: "app_jobs", type: "counter", unit: "" },
    { name: "app_wait_seconds", type: "histogram", unit: "" },
    { name: "app_odd", type: "summary", unit: "" },
  ]);
  const of = (expr: string): string[] => findings([group([alert(expr)])], seen);
  const p95 = "histogram_quantile(0.95, sum by (le) (rate(app_wait_seconds_bucket[5m])))";
  assert.match(of("rate(app_workers[5m]) > 1")[0] ?? "", /^rate-of-gauge /);
  assert.match(of("delta(app_jobs_total[5m]) > 1")[0] ?? "", /^difference-of-counter /);
  assert.match(of(`${p95} > 5`)[0] ?? "", /^wide-bucket at .*2 to 10/);
  assert.match(of(`${p95} > 5000`)[0] ?? "", /^wrong-unit at .*ends at 10; .*5 for 5000 ms/);
  assert.deepEqual(of(`${p95} > 2`), []);
});

test("another rule that looks for the absence is enough", () => {
  const floor = alert("rate(app_requests_total[5m]) < 1");
  assert.equal(findings([group([floor])]).length, 1);
  assert.equal(findings([group([floor, alert("absent(app_requests_total)")])]).length, 0);
});

test("a for shorter than the group's interval", () => {
  assert.match(findings([group([alert("x > 1", 10_000)])])[0] ?? "", /^for-below-interval: .*10s/);
  assert.match(findings([group([alert("x > 1", 30_000)], 60_000)])[0] ?? "", /interval of 1m/);
  assert.deepEqual(findings([group([alert("x > 1", 15_000)])]), []);
});

test("a group's own interval says nothing about how often there are samples", () => {
  const rates = (range: string): RuleGroup => group([alert(`rate(x[${range}]) > 1`)], 60_000);
  assert.deepEqual(findings([rates("30s")]), []);
  assert.match(findings([rates("15s")])[0] ?? "", /^range-below-interval .*one each 15s; .*1m$/);
});
