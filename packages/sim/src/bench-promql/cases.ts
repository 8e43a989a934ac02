import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import { END_MS, LONG_MS, SCRAPE_MS, WIDE_MS } from "./dataset.ts";

/** One query that is timed. */
export type Case = {
  readonly name: string;
  readonly query: string;
  readonly endpoint: "query" | "query_range";
  readonly params: Readonly<Record<string, string>>;
};

/** As many steps as Prometheus lets a query have. */
const LONG_STEP_MS = 2 * MINUTE_MS;

function instant(name: string, query: string): Case {
  const params = { query, time: String(END_MS / SECOND_MS) };
  return { name: `instant, ${name}`, query, endpoint: "query", params };
}

function range(name: string, query: string, lengthMs: number, stepMs: number): Case {
  const params = {
    query,
    start: String((END_MS - lengthMs) / SECOND_MS),
    end: String(END_MS / SECOND_MS),
    step: String(stepMs / SECOND_MS),
  };
  return { name: `range, ${name}`, query, endpoint: "query_range", params };
}

// Ranges of subqueries are no multiples of their steps, so that none of those is at their open end.
const WIDE = {
  "rate by label": "sum by (service) (rate(requests_total[5m]))",
  quantile: "histogram_quantile(0.95, sum by (service, le) (rate(request_seconds_bucket[5m])))",
  topk: "topk(10, rate(requests_total[5m]))",
  subquery: "max_over_time(sum by (service) (rate(requests_total[5m]))[29m37s:1m])",
};

const DAY_OVER_DAY =
  "sum by (model) (increase(tokens_total[1h])) / sum by (model) (increase(tokens_total[1h] offset 1d))";

const LONG = {
  "rate by label": "sum by (model) (rate(tokens_total[5m]))",
  quantile: "histogram_quantile(0.95, sum by (model, le) (rate(call_seconds_bucket[5m])))",
  "day over day": DAY_OVER_DAY,
  topk: "topk(3, rate(tokens_total[5m]))",
  subquery: "max_over_time(sum(rate(tokens_total[5m]))[59m37s:1m])",
  average: "avg_over_time(budget_left[1h])",
};

const wide = Object.entries(WIDE);
const long = Object.entries(LONG);

export const CASES: readonly Case[] = [
  ...wide.map(([name, query]) => instant(`10,000 series: ${name}`, query)),
  ...wide.map(([name, query]) =>
    range(`10,000 series × 1 h: ${name}`, query, WIDE_MS - 5 * MINUTE_MS, SCRAPE_MS),
  ),
  instant("100 series × 14 d: day over day", DAY_OVER_DAY),
  instant("100 series × 14 d: a day's increase", "sum by (model) (increase(tokens_total[1d]))"),
  ...long.map(([name, query]) =>
    range(`100 series × 14 d: ${name}`, query, LONG_MS - DAY_MS - HOUR_MS, LONG_STEP_MS),
  ),
];
