import type { EngineSetup } from "@naruko/core/model/engine-io";
import { judgeSetupOf, type JudgeVariant } from "./judge-setups.ts";

/** What rules and routing of the simulation vary by; each variant is taken by a reload. */
export type Variant = {
  /** How long an error must last. */
  readonly errorsFor: string;
  /** Whether a rule looks back further than memory holds without it (2 h). */
  readonly looksFarBack: boolean;
  readonly groupBy: readonly string[];
  /** Who judges in a world with a judge; absent: nobody. */
  readonly judge?: JudgeVariant;
};

export const VARIANTS: readonly [Variant, ...Variant[]] = [
  { errorsFor: "30s", looksFarBack: false, groupBy: ["alertname"], judge: "all" },
  { errorsFor: "0s", looksFarBack: false, groupBy: ["alertname"], judge: "dearer-by-day" },
  { errorsFor: "30s", looksFarBack: true, groupBy: ["alertname"] },
  { errorsFor: "1m", looksFarBack: true, groupBy: ["model"], judge: "other" },
];

/** Those of a world with a judge. */
export const JUDGED_VARIANTS: readonly [Variant, ...Variant[]] = [
  ...VARIANTS,
  { ...VARIANTS[0], judge: "dearer-by-month" },
];

export const ALERTMANAGER = "alertmanager.example";

/**
 * Rules with each kind of timer, over each kind of series, that fire and resolve within minutes.
 *
 * @param isJudged whether it is the set-up of a world with a judge
 */
export function setupOf(variant: Variant, isJudged: boolean): EngineSetup {
  const { errorsFor, looksFarBack, groupBy, judge } = variant;
  return {
    ruleFiles: [{ name: "sim.yml", text: ruleFile(errorsFor, looksFarBack) }],
    routing: { name: "routing sim.yml", text: JSON.stringify(routing(groupBy)) },
    alertmanagers: [ALERTMANAGER],
    externalUrl: "http://127.0.0.1:4320",
    sources: {},
    ...(isJudged ? { capture: "judge" } : {}),
    ...(isJudged && judge !== undefined ? { judge: judgeSetupOf(judge) } : {}),
  };
}

const ERRORS = `sum by (model) (rate(llm_errors_total[2m]))
  / sum by (model) (rate(llm_operation_duration_seconds_count[2m]))`;

function ruleFile(errorsFor: string, looksFarBack: boolean): string {
  const quick = [
    { record: "sim:errors:ratio2m", expr: ERRORS },
    { alert: "Errors", expr: "sim:errors:ratio2m > 0.3", for: errorsFor, labels: { team: "a" } },
    {
      alert: "Slow",
      expr: "histogram_quantile(0.9, sum by (model, le) (rate(llm_operation_duration_seconds_bucket[3m]))) > 5",
      for: "1m",
      keep_firing_for: "45s",
      annotations: { summary: "{{ $labels.model }}: {{ $value | humanizeDuration }}" },
    },
    { alert: "Silent", expr: 'absent_over_time(sim_queue_depth{service_name="app-0"}[3m])' },
    { alert: "Deep", expr: "max by (service_name) (sim_queue_depth) > 50" },
    { alert: "Watchdog", expr: "vector(1)" },
    // A page that has waited for nothing when it fires: where there is a judge, it is tried first.
    {
      alert: "Unsafe",
      expr: 'min by (model) (llm_quality_score{metric="safety"}) < 0.7',
      labels: { severity: "page" },
    },
  ];
  const far = {
    alert: "MoreThanBefore",
    expr: `sum by (model) (increase(llm_token_usage_total[10m]))
      > 2 * sum by (model) (increase(llm_token_usage_total[10m] offset 150m))`,
    for: "2m",
  };
  const slow = [
    {
      alert: "Unfaithful",
      expr: 'llm_quality_score{metric="faithfulness"} < 0.5',
      for: "2m",
      labels: { severity: "critical" },
    },
    { alert: "Requests", expr: "sum(rate(sim_requests_total[5m])) > 2" },
    ...(looksFarBack ? [far] : []),
  ];
  const groups = [
    { name: "quick", rules: quick },
    { name: "slow", interval: "1m", rules: slow },
  ];
  return JSON.stringify({ groups });
}

function receiver(name: string): object {
  return { name, webhook_configs: [{ url: `http://${name}.example/` }] };
}

function routing(groupBy: readonly string[]): object {
  return {
    route: {
      receiver: "pager",
      group_by: groupBy,
      group_wait: "0s",
      group_interval: "1m",
      repeat_interval: "1h",
      routes: [
        { receiver: "diary", matchers: ['team="a"'], group_wait: "30s", continue: true },
        { receiver: "pager", matchers: ['alertname=~".+"'] },
      ],
    },
    receivers: [receiver("pager"), receiver("diary")],
  };
}
