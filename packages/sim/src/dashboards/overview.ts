import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  VizLegendOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

const DATA_SOURCE = { type: "prometheus", uid: "${datasource}" };
const CALLS = "gen_ai_client_operation_duration_seconds";
const OF = '{service_name=~"$service", gen_ai_request_model=~"$model"}';
const FAILED = '{service_name=~"$service", gen_ai_request_model=~"$model", error_type!=""}';

/** A query, and what its lines are called. */
type Target = readonly [expr: string, legend: string];

type Panel = {
  readonly title: string;
  /** Shown behind the "i": what it is and when it is bad. */
  readonly what: string;
  readonly unit: string;
  readonly targets: readonly Target[];
  readonly stacked?: boolean;
  /** Values from which it turns yellow and red. */
  readonly warnAt?: number;
  readonly badAt?: number;
  /** Whether low is bad. */
  readonly lowIsBad?: boolean;
  readonly max?: number;
};

function p(quantile: number, metric: string, by = ""): string {
  const labels = by === "" ? "le" : `le, ${by}`;
  const rate = `rate(${metric}_bucket${OF}[$__rate_interval])`;
  return `histogram_quantile(${quantile}, sum by (${labels}) (${rate}))`;
}

function perSecond(metric: string, by: string, selector = OF): string {
  return `sum by (${by}) (rate(${metric}${selector}[$__rate_interval]))`;
}

const ERROR_SHARE = `sum(rate(${CALLS}_count${FAILED}[$__rate_interval])) / sum(rate(${CALLS}_count${OF}[$__rate_interval]))`;
const MEAN_SCORE = `sum by (gen_ai_evaluation_name) (rate(naruko_evaluation_score_sum${OF}[$__rate_interval])) / sum by (gen_ai_evaluation_name) (rate(naruko_evaluation_score_count${OF}[$__rate_interval]))`;

/** One number each, over all that is chosen. */
const NUMBERS: readonly Panel[] = [
  {
    title: "Alerts firing",
    what: "Alerts of all layers that fire at this moment.",
    unit: "short",
    targets: [['count(ALERTS{alertstate="firing"}) or vector(0)', ""]],
    warnAt: 1,
    badAt: 2,
  },
  {
    title: "Calls",
    what: "Calls of models a second.",
    unit: "reqps",
    targets: [[`sum(rate(${CALLS}_count${OF}[$__rate_interval]))`, ""]],
  },
  {
    title: "Failed",
    what: "Share of calls that ended in an error.",
    unit: "percentunit",
    targets: [[ERROR_SHARE, ""]],
    warnAt: 0.01,
    badAt: 0.05,
  },
  {
    title: "p95 duration",
    what: "Nineteen of twenty calls are done within this time.",
    unit: "s",
    targets: [[p(0.95, CALLS), ""]],
    warnAt: 5,
    badAt: 10,
  },
  {
    title: "Cost an hour",
    what: "At the prices of the price table; unpriced calls are left out and counted below.",
    unit: "currencyUSD",
    targets: [[`sum(rate(naruko_cost_usd_total${OF}[$__rate_interval])) * 3600`, ""]],
  },
  {
    title: "Lowest score",
    what: "The mean of the worst evaluation, from 0 to 1.",
    unit: "percentunit",
    targets: [[`min(${MEAN_SCORE})`, ""]],
    warnAt: 0.8,
    badAt: 0.7,
    lowIsBad: true,
    max: 1,
  },
];

const LAYERS: readonly { readonly title: string; readonly panels: readonly Panel[] }[] = [
  {
    title: "L1: between the application and an answer",
    panels: [
      {
        title: "Calls by provider",
        what: "A line that ends is a provider or an application that went silent.",
        unit: "reqps",
        targets: [
          [perSecond(`${CALLS}_count`, "gen_ai_provider_name"), "{{gen_ai_provider_name}}"],
        ],
        stacked: true,
      },
      {
        title: "Failures by type",
        what: "429 is a rate limit, 5xx and timeouts are the provider's side or the way to it.",
        unit: "reqps",
        targets: [[perSecond(`${CALLS}_count`, "error_type", FAILED), "{{error_type}}"]],
        stacked: true,
      },
    ],
  },
  {
    title: "L2: what the application does",
    panels: [
      {
        title: "Calls by model",
        what: "Asked for, by the model that was requested.",
        unit: "reqps",
        targets: [
          [perSecond(`${CALLS}_count`, "gen_ai_request_model"), "{{gen_ai_request_model}}"],
        ],
        stacked: true,
      },
      {
        title: "Duration",
        what: "From the request to the last of the answer.",
        unit: "s",
        targets: [
          [p(0.5, CALLS), "p50"],
          [p(0.95, CALLS), "p95"],
          [p(0.99, CALLS), "p99"],
        ],
      },
      {
        title: "p95 duration by model",
        what: "One slow model hides in a p95 over all.",
        unit: "s",
        targets: [[p(0.95, CALLS, "gen_ai_request_model"), "{{gen_ai_request_model}}"]],
      },
      {
        title: "Time to first token",
        what: "Streamed calls alone: what a person waits before something moves.",
        unit: "s",
        targets: [
          [p(0.5, "gen_ai_client_operation_time_to_first_chunk_seconds"), "p50"],
          [p(0.95, "gen_ai_client_operation_time_to_first_chunk_seconds"), "p95"],
        ],
      },
      {
        title: "Tokens",
        what: "Tokens a second by type. Output that grows alone is often a loop.",
        unit: "short",
        targets: [
          [
            perSecond("gen_ai_client_token_usage_sum", "gen_ai_token_type"),
            "{{gen_ai_token_type}}",
          ],
        ],
        stacked: true,
      },
      {
        title: "Cost an hour by model",
        what: "US dollars an hour at the prices of the price table.",
        unit: "currencyUSD",
        targets: [
          [
            `${perSecond("naruko_cost_usd_total", "gen_ai_request_model")} * 3600`,
            "{{gen_ai_request_model}}",
          ],
        ],
        stacked: true,
      },
      {
        title: "How answers end",
        what: '"length" is an answer that was cut off.',
        unit: "reqps",
        targets: [[perSecond("naruko_finish_total", "finish_reason"), "{{finish_reason}}"]],
        stacked: true,
      },
    ],
  },
  {
    title: "L3: what the answers are worth",
    panels: [
      {
        title: "Mean score",
        what: "By evaluation, from 0 to 1; scores come from evaluators and judges.",
        unit: "percentunit",
        targets: [[MEAN_SCORE, "{{gen_ai_evaluation_name}}"]],
        max: 1,
      },
      {
        title: "Verdicts",
        what: "Verdicts a minute: from fewer than twenty in a quarter of an hour a mean says little.",
        unit: "short",
        targets: [
          [
            `${perSecond("naruko_evaluation_score_count", "gen_ai_evaluation_name")} * 60`,
            "{{gen_ai_evaluation_name}}",
          ],
        ],
      },
    ],
  },
];

function target([expr, legend]: Target, at: number): DataqueryBuilder {
  const query = new DataqueryBuilder()
    .datasource(DATA_SOURCE)
    .refId(String.fromCharCode("A".charCodeAt(0) + at))
    .expr(expr)
    .range();
  return legend === "" ? query : query.legendFormat(legend);
}

function thresholdsOf({ warnAt, badAt, lowIsBad = false }: Panel): ThresholdsConfigBuilder {
  const [good, warn, bad] = ["green", "yellow", "red"] as const;
  const steps: Threshold[] = [{ value: null, color: lowIsBad ? bad : good }];
  if (warnAt !== undefined && badAt !== undefined) {
    const rising = lowIsBad ? ([badAt, warnAt] as const) : ([warnAt, badAt] as const);
    steps.push(
      { value: rising[0], color: warn },
      { value: rising[1], color: lowIsBad ? good : bad },
    );
  }
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

function numberPanel(panel: Panel): StatBuilder {
  const stat = new StatBuilder()
    .title(panel.title)
    .description(panel.what)
    .datasource(DATA_SOURCE)
    .unit(panel.unit)
    .thresholds(thresholdsOf(panel))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .height(4)
    .span(24 / NUMBERS.length)
    .noValue("no data");
  for (const [i, one] of panel.targets.entries()) stat.withTarget(target(one, i));
  return stat;
}

function linesPanel(panel: Panel): TimeseriesBuilder {
  const legend = new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true);
  const lines = new TimeseriesBuilder()
    .title(panel.title)
    .description(panel.what)
    .datasource(DATA_SOURCE)
    .unit(panel.unit)
    .min(0)
    .legend(legend)
    .fillOpacity(panel.stacked === true ? 25 : 5)
    .height(8)
    .span(12);
  if (panel.max !== undefined) lines.max(panel.max);
  if (panel.stacked === true) {
    lines.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
  }
  for (const [i, one] of panel.targets.entries()) lines.withTarget(target(one, i));
  return lines;
}

function alertsPanel(): TableBuilder {
  const firing = new DataqueryBuilder()
    .datasource(DATA_SOURCE)
    .refId("A")
    .expr('ALERTS{alertstate="firing"}')
    .format(PromQueryFormat.Table)
    .instant();
  return new TableBuilder()
    .title("Firing alerts")
    .description("Each alert with its labels; the layer says where to look first.")
    .datasource(DATA_SOURCE)
    .withTarget(firing)
    .withTransformation({
      id: "organize",
      options: { excludeByName: { Time: true, Value: true, __name__: true, alertstate: true } },
    })
    .noValue("none")
    .height(5)
    .span(24);
}

function variable(name: string, label: string, of: string): QueryVariableBuilder {
  return (
    new QueryVariableBuilder(name)
      .label(label)
      .datasource(DATA_SOURCE)
      .query({ qryType: 1, query: `label_values(${CALLS}_count, ${of})`, refId: name })
      .definition(`label_values(${CALLS}_count, ${of})`)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      // The builder's own method, and no array.
      .sort(VariableSort.AlphabeticalAsc) // oxlint-disable-line unicorn/no-array-sort
      .multi(true)
      .includeAll(true)
      .allValue(".*")
  );
}

/** One page over the three layers: is it broken, since when, where. */
export function overview(): Dashboard {
  const dashboard = new DashboardBuilder("Naruko: LLM overview")
    .uid("naruko-overview")
    .description("Calls, failures, duration, tokens, cost and scores of LLM applications.")
    .tags(["llm", "naruko"])
    .time({ from: "now-6h", to: "now" })
    .refresh("30s")
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(
      new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"),
    )
    .withVariable(variable("service", "Service", "service_name"))
    .withVariable(variable("model", "Model", "gen_ai_request_model"));
  for (const panel of NUMBERS) dashboard.withPanel(numberPanel(panel));
  dashboard.withPanel(alertsPanel());
  for (const { title, panels } of LAYERS) {
    dashboard.withRow(new RowBuilder(title));
    for (const panel of panels) dashboard.withPanel(linesPanel(panel));
  }
  return dashboard.build();
}
