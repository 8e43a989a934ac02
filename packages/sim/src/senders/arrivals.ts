import type { Case } from "./cases.ts";
import { query, type Row, type Serving } from "./serve.ts";

/** What Naruko knows of one case as one sender told it. */
export type Arrival = {
  readonly calls: number;
  /** Failed calls by `error_type`. */
  readonly errors: Readonly<Record<string, number>>;
  readonly input?: number;
  readonly output?: number;
  /** Calls that succeeded and told no usage. */
  readonly missingUsage: number;
  readonly provider: string;
  readonly operation: string;
  readonly answeredBy: string;
  readonly finish: Readonly<Record<string, number>>;
  /** How many calls told when their first chunk came. */
  readonly firstChunks: number;
};

/** Sums over the calls of one case, which are measured and so cannot be foretold. */
export type Measured = {
  readonly seconds: number;
  readonly firstChunkSeconds: number;
  readonly costUsd: number;
};

/** Every result that the test looks at, by one query each. */
export type Arrivals = {
  /** Whether any call or metric of the case came at all. */
  readonly arrival: (service: string, asked: Case) => Arrival;
  readonly measured: (service: string, asked: Case) => Measured;
};

/** From calls: the article's series and those of the conventions, and ours. */
const QUERIES = {
  calls: "sum by (service_name, model) (llm_operation_duration_seconds_count)",
  seconds: "sum by (service_name, model) (llm_operation_duration_seconds_sum)",
  errors: "sum by (service_name, model, error_type) (llm_errors_total)",
  tokens: "sum by (service_name, model, token_type) (llm_token_usage_total)",
  named: `sum by (service_name, model, gen_ai_operation_name, gen_ai_provider_name,
    gen_ai_response_model) (${byModel("gen_ai_client_operation_duration_seconds_count")})`,
  missing: sumByModel("naruko_usage_missing_calls_total"),
  cost: sumByModel("naruko_cost_usd_total"),
  finish: `sum by (service_name, model, finish_reason) (${byModel("naruko_finish_total")})`,
  firsts: sumByModel("gen_ai_client_operation_time_to_first_chunk_seconds_count"),
  firstSeconds: sumByModel("gen_ai_client_operation_time_to_first_chunk_seconds_sum"),
} as const;

function byModel(metric: string): string {
  return `label_replace(${metric}, "model", "$1", "gen_ai_request_model", "(.*)")`;
}

function sumByModel(metric: string): string {
  return `sum by (service_name, model) (${byModel(metric)})`;
}

export async function arrivalsAt(server: Serving): Promise<Arrivals> {
  const rows = new Map<string, readonly Row[]>();
  for (const [name, expr] of Object.entries(QUERIES)) rows.set(name, await query(server, expr));
  const rowsOf = (name: keyof typeof QUERIES, service: string, { model }: Case): readonly Row[] =>
    (rows.get(name) ?? []).filter(
      ({ labels }) => labels["service_name"] === service && labels["model"] === model,
    );
  const one = (name: keyof typeof QUERIES, service: string, asked: Case): number =>
    rowsOf(name, service, asked).reduce((sum, { value }) => sum + value, 0);
  const by = (
    name: keyof typeof QUERIES,
    label: string,
    [service, asked]: readonly [string, Case],
  ): Readonly<Record<string, number>> =>
    Object.fromEntries(
      rowsOf(name, service, asked).map(({ labels, value }) => [labels[label] ?? "", value]),
    );
  return {
    arrival: (service, asked) => {
      const tokens = by("tokens", "token_type", [service, asked]);
      const named = rowsOf("named", service, asked);
      const label = (name: string): string =>
        [...new Set(named.map(({ labels }) => labels[name] ?? ""))].join(" and ");
      return {
        calls: one("calls", service, asked),
        errors: by("errors", "error_type", [service, asked]),
        ...(tokens["input"] !== undefined && { input: tokens["input"] }),
        ...(tokens["output"] !== undefined && { output: tokens["output"] }),
        missingUsage: one("missing", service, asked),
        provider: label("gen_ai_provider_name"),
        operation: label("gen_ai_operation_name"),
        answeredBy: label("gen_ai_response_model"),
        finish: by("finish", "finish_reason", [service, asked]),
        firstChunks: one("firsts", service, asked),
      };
    },
    measured: (service, asked) => ({
      seconds: one("seconds", service, asked),
      firstChunkSeconds: one("firstSeconds", service, asked),
      costUsd: one("cost", service, asked),
    }),
  };
}
