import { formatDuration } from "@naruko/core/model/duration";
import type { Limits } from "@naruko/core/model/limits";
import type { EpochMs } from "@naruko/core/model/time";
import { DEFAULT_LOOKBACK_MS } from "@naruko/core/promql/plan";
import type { LoadedConfig } from "../config/config.ts";
import { alertmanagerName } from "../config/setup.ts";
import { shownConfig } from "../config/shown-config.ts";
import type { ProgramView } from "../listen/api-call.ts";

export type ProgramViewOptions = {
  readonly version: string;
  readonly limits: Limits;
  readonly startedAt: EpochMs;
  readonly loaded: () => LoadedConfig;
  /** When the running configuration was taken. */
  readonly configuredAt: () => EpochMs;
};

/** What the program tells of itself, in the words of Prometheus. */
export function programView(options: ProgramViewOptions): ProgramView {
  const { version, limits, startedAt, loaded, configuredAt } = options;
  return {
    version,
    runtime: process.version,
    startedAt,
    configuredAt,
    config: () => shownConfig(loaded().text),
    flags: () => flagsOf(loaded(), limits),
    retention: () => retentionOf(loaded()),
    alertmanagers: () => loaded().config.alerting.alertmanagers.map(({ url }) => postUrl(url)),
  };
}

/** Where alerts are posted, without what its URL may hide. */
function postUrl(url: string): string {
  return `${new URL(url).protocol}//${alertmanagerName(url)}/api/v2/alerts`;
}

/** `15d or 10GB`: whichever comes first. */
function retentionOf({ config }: LoadedConfig): string {
  const { series, size } = config.retention;
  return size === 0 ? formatDuration(series) : `${formatDuration(series)} or ${size / 1e9}GB`;
}

function flagsOf({ config, file = "" }: LoadedConfig, limits: Limits): Record<string, string> {
  const { host, port, external_url: externalUrl = "" } = config.listen;
  return {
    "config.file": file,
    "query.lookback-delta": formatDuration(DEFAULT_LOOKBACK_MS),
    "query.max-concurrency": String(limits.concurrentQueries),
    "query.max-samples": String(limits.querySamples),
    "query.timeout": formatDuration(limits.queryMs),
    "storage.tsdb.path": config.data,
    "storage.tsdb.retention.size": `${config.retention.size}B`,
    "storage.tsdb.retention.time": formatDuration(config.retention.series),
    "web.external-url": externalUrl,
    "web.listen-address": `${host}:${port}`,
    "web.max-connections": String(limits.connections),
  };
}
