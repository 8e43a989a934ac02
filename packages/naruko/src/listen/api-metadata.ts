import { OWN_METADATA } from "@naruko/core/engine/own-metadata";
import { compileMatchers } from "@naruko/core/model/matcher";
import { labelsToRecord } from "@naruko/core/model/labels";
import type { MetricMetadata } from "@naruko/core/model/received-series";
import { formatDuration } from "@naruko/core/model/duration";
import { SECOND_MS } from "@naruko/core/model/time";
import { goTime } from "../deliver/go-time.ts";
import type { ApiRequest, ApiResult } from "./api-call.ts";
import { ApiError, countParam } from "./api-params.ts";
import { matchersParam } from "./api-selectors.ts";
import type { ActiveTarget } from "./scrape-targets.ts";

/** `/api/v1/metadata`: what is known of metrics, whether derived, received or scraped. */
export function metadata({ params, options }: ApiRequest): ApiResult {
  const limit = countParam(params, "limit");
  const perMetric = countParam(params, "limit_per_metric");
  const metric = params.get("metric") ?? "";
  const found = new Map<string, Map<string, object>>();
  for (const one of allMetadata(options)) {
    if (metric !== "" && one.name !== metric) continue;
    const known = found.get(one.name) ?? new Map<string, object>();
    if (perMetric !== undefined && perMetric > 0 && known.size >= perMetric) continue;
    const shown = { type: one.type, help: one.help, unit: one.unit };
    known.set(JSON.stringify(shown), shown);
    found.set(one.name, known);
  }
  const names = [...found.keys()].toSorted();
  const shown = limit === undefined || limit < 0 ? names : names.slice(0, limit);
  // `__proto__` is a metric name like any other.
  const data = Object.create(null) as Record<string, object>;
  for (const name of shown) data[name] = [...(found.get(name)?.values() ?? [])];
  return { data };
}

function* allMetadata({ engine, targets: view }: ApiRequest["options"]): Generator<MetricMetadata> {
  yield* OWN_METADATA;
  yield* engine.metadata.families.values();
  for (const target of view.active()) yield* target.metadata;
}

/** `/api/v1/targets` */
export function targets({ params, options }: ApiRequest): ApiResult {
  const pool = params.get("scrapePool") ?? "";
  const state = (params.get("state") ?? "").toLowerCase();
  const shows = (which: string): boolean => ["", "any", which].includes(state);
  const isAsked = (of: { readonly pool: string }): boolean => pool === "" || of.pool === pool;
  const { targets: view } = options;
  const active = shows("active") ? view.active().filter(isAsked) : [];
  const dropped = shows("dropped") ? view.dropped().filter(isAsked) : [];
  return {
    data: {
      activeTargets: active.toSorted(byPool).map(activeTarget),
      droppedTargets: dropped.toSorted(byPool).map((target) => ({
        discoveredLabels: labelsToRecord(target.discoveredLabels),
        scrapePool: target.pool,
      })),
      droppedTargetCounts: shows("dropped") ? Object.fromEntries(view.droppedCounts()) : null,
    },
  };
}

function byPool(a: { readonly pool: string }, b: { readonly pool: string }): number {
  return a.pool < b.pool ? -1 : Number(a.pool > b.pool);
}

function activeTarget(target: ActiveTarget): object {
  return {
    discoveredLabels: labelsToRecord(target.discoveredLabels),
    labels: labelsToRecord(target.labels),
    scrapePool: target.pool,
    scrapeUrl: target.url,
    globalUrl: target.url,
    lastError: target.lastError,
    lastScrape: goTime(target.lastScrapeAt),
    lastScrapeDuration: target.lastScrapeMs / SECOND_MS,
    health: target.health,
    scrapeInterval: formatDuration(target.intervalMs),
    scrapeTimeout: formatDuration(target.timeoutMs),
  };
}

/** `/api/v1/targets/metadata` */
export function targetMetadata({ params, options }: ApiRequest): ApiResult {
  const limit = countParam(params, "limit");
  const text = params.get("match_target") ?? "";
  const metric = params.get("metric") ?? "";
  const isAsked = compileMatchers(
    text === "" ? [] : matchersParam("match_target", text, options.limits),
  );
  const rows = options.targets
    .active()
    .filter(({ labels }) => isAsked(labels))
    .flatMap(({ labels, metadata: known }) =>
      known
        .filter(({ name }) => metric === "" || name === metric)
        .map(({ name, type, help, unit }) => ({
          target: labelsToRecord(labels),
          ...(metric === "" ? { metric: name } : {}),
          type,
          help,
          unit,
        })),
    );
  return { data: limit === undefined || limit < 0 ? rows : rows.slice(0, limit) };
}

/** `/api/v1/scrape_pools` */
export function scrapePools({ options }: ApiRequest): ApiResult {
  return { data: { scrapePools: options.targets.pools().toSorted() } };
}

/** `/api/v1/scrape_pools/config` */
export function scrapePoolConfig({ params, options }: ApiRequest): ApiResult {
  const pool = params.get("scrapePool") ?? "";
  if (pool === "") throw new ApiError("bad_data", "no scrapePool parameter provided");
  const yaml = options.targets.poolConfig(pool);
  if (yaml !== undefined) return { data: { yaml } };
  throw new ApiError("bad_data", `error retrieving scrape config: no scrape pool "${pool}"`);
}
