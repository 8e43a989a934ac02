import { hostname, availableParallelism } from "node:os";
import { getHeapStatistics } from "node:v8";
import { FUNCTIONS } from "@naruko/core/promql/functions";
import { goTime } from "../deliver/go-time.ts";
import type { ApiRequest, ApiResult } from "./api-call.ts";
import { ApiError, countParam } from "./api-params.ts";
import { cardinality } from "./cardinality.ts";

/**
 * The Prometheus whose API this is. Clients such as Grafana choose by it what they may ask for, so
 * that a version of our own would have them treat us like a Prometheus of 2012.
 */
const API_VERSION = "3.14.0";

/** `/api/v1/status/buildinfo` */
export function buildInfo({ options: { program } }: ApiRequest): ApiResult {
  return {
    data: {
      version: API_VERSION,
      revision: `naruko-${program.version}`,
      branch: "",
      buildUser: "",
      buildDate: "",
      goVersion: program.runtime,
    },
  };
}

/** `/api/v1/status/config` */
export function config({ options: { program } }: ApiRequest): ApiResult {
  return { data: { yaml: program.config() } };
}

/** `/api/v1/status/flags` */
export function flags({ options: { program } }: ApiRequest): ApiResult {
  return { data: program.flags() };
}

/** `/api/v1/status/runtimeinfo`; what only Go has stands as Go has it where nothing is set. */
export function runtimeInfo({ options: { program, now } }: ApiRequest): ApiResult {
  return {
    data: {
      startTime: goTime(program.startedAt),
      CWD: process.cwd(),
      hostname: hostname(),
      serverTime: goTime(now()),
      reloadConfigSuccess: true,
      lastConfigTime: goTime(program.configuredAt()),
      corruptionCount: 0,
      goroutineCount: 1,
      GOMAXPROCS: availableParallelism(),
      GOMEMLIMIT: getHeapStatistics().heap_size_limit,
      GOGC: "",
      GODEBUG: "",
      storageRetention: program.retention(),
    },
  };
}

/** `/api/v1/status/walreplay`: the port opens when the replay is done. */
export function walReplay(): ApiResult {
  return { data: { min: 0, max: 0, current: 0 } };
}

const TSDB_ROWS = 10;
const TSDB_ROWS_MAX = 10_000;

/** `/api/v1/status/tsdb`: of the series in memory. */
export async function tsdb(request: ApiRequest): Promise<ApiResult> {
  const limit = countParam(request.params, "limit") ?? TSDB_ROWS;
  if (limit < 1) throw new ApiError("bad_data", "limit must be a positive number");
  if (limit > TSDB_ROWS_MAX) {
    throw new ApiError("bad_data", `limit must not exceed ${TSDB_ROWS_MAX}`);
  }
  return { data: await cardinality(request, limit) };
}

/** `/api/v1/alertmanagers` */
export function alertmanagers({ options: { program } }: ApiRequest): ApiResult {
  const activeAlertmanagers = program.alertmanagers().map((url) => ({ url }));
  return { data: { activeAlertmanagers, droppedAlertmanagers: [] } };
}

/** `/api/v1/features` */
export function features({ options }: ApiRequest): ApiResult {
  const enabled = options.engine.features;
  const experiments = enabled.has("promql-experimental-functions");
  const functions = Object.fromEntries(
    [...FUNCTIONS].map(([name, { experimental }]) => [name, !experimental || experiments]),
  );
  const extended = enabled.has("promql-extended-range-selectors");
  const fill = enabled.has("promql-binop-fill-modifiers");
  return {
    data: {
      api: {
        exclude_alerts: true,
        label_values_match: true,
        lifecycle: true,
        otlp_write_receiver: false,
        query_stats: true,
        query_warnings: true,
        remote_write_receiver: true,
        time_range_labels: true,
        time_range_series: true,
      },
      promql: {
        anchored: extended,
        at_modifier: true,
        delayed_name_removal: enabled.has("promql-delayed-name-removal"),
        duration_expr: enabled.has("promql-duration-expr"),
        fill,
        fill_left: fill,
        fill_right: fill,
        negative_offset: true,
        per_query_lookback_delta: true,
        smoothed: extended,
        subqueries: true,
        type_and_unit_labels: enabled.has("type-and-unit-labels"),
      },
      promql_functions: functions,
      rules: { keep_firing_for: true, query_offset: true },
    },
  };
}
