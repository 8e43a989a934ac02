import type { Engine } from "@naruko/core/engine/engine";
import type { Limits } from "@naruko/core/model/limits";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { MINUTE_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import type { PriceOf } from "@naruko/core/normalize/price-of";
import { redaction } from "../config/capture.ts";
import type { Config, LoadedConfig } from "../config/config.ts";
import type { Disk } from "../disk/disk.ts";
import { adminHandler } from "../listen/admin.ts";
import { guard } from "../listen/guard.ts";
import type { Guard } from "../listen/guard.ts";
import { BodyBudget } from "../listen/body-budget.ts";
import { HttpCounts } from "../listen/http-counts.ts";
import { LimitCounts } from "../listen/limit-counts.ts";
import { IntakeCounts, otlpHandler, refuseOtlp } from "../listen/otlp.ts";
import { prometheusApi } from "../listen/prometheus-api.ts";
import { queryGate } from "../listen/query-gate.ts";
import { remoteWriteHandler, WRITE_PATH } from "../listen/remote-write.ts";
import { NO_TARGETS } from "../listen/scrape-targets.ts";
import type { ScrapeTargets } from "../listen/scrape-targets.ts";
import { listen } from "../listen/server.ts";
import type { Answer } from "../listen/server.ts";
import { estimateTokens } from "../price/estimate-tokens.ts";
import { priceTable } from "../price/price-table.ts";
import type { RemoteWriter } from "../remote-write/remote-writer.ts";
import type { ScrapeCounts } from "../scrape/scrape-counts.ts";
import type { Clock } from "./clock.ts";
import type { EventTime } from "./event-time.ts";
import type { Live } from "./live.ts";
import { programView } from "./program-view.ts";
import type { Report } from "./server.ts";

/** Live, a record may lie this far past its arrival (DESIGN section 3, Time). */
const MAX_AHEAD_MS = 10 * MINUTE_MS;

export type PortsOptions = {
  readonly config: Config;
  readonly limits: Limits;
  readonly engine: Engine;
  readonly live: Live;
  readonly time: EventTime;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly version: string;
  readonly isDemo: boolean;
  readonly report: Report;
  readonly reload: () => Promise<string | undefined>;
  /** The running configuration, and when it was taken. */
  readonly loaded: () => LoadedConfig;
  readonly configuredAt: () => EpochMs;
  /** What is scraped; nothing where it is not told. */
  readonly targets?: ScrapeTargets;
  readonly scrapeCounts: ScrapeCounts;
  readonly remoteWriters: () => readonly RemoteWriter[];
};

/** What is open to the network. */
export type Ports = {
  readonly http: number;
  readonly otlpHttp: number;
  /** Takes prices and capture from another configuration. */
  readonly useConfig: (config: Config) => void;
  /** Counts the limit that a reason names, beside those that requests reach. */
  readonly limited: (reason: string) => void;
  readonly close: () => Promise<void>;
};

/** Opens the ports; on a failure none stays open. @throws the system's error */
export async function openPorts(options: PortsOptions): Promise<Ports> {
  const { listen: where } = options.config;
  const tallies = new Tallies(options.limits);
  const parts = new ConfiguredParts(options.config);
  const otlp = await listen({
    ...shared(options, options.config.auth.ingest_token, tallies),
    port: where.otlp_http_port,
    counts: tallies.otlpHttp,
    handlers: [otlpOn(options, parts, tallies)],
    refuse: refuseOtlp,
  });
  try {
    const http = await listen({
      ...shared(options, options.config.auth.admin_token, tallies),
      port: where.port,
      open: new Set(["/-/healthy", "/-/ready"]),
      guards: new Map([[WRITE_PATH, guardOf(options, options.config.auth.ingest_token)]]),
      counts: tallies.http,
      handlers: [
        writer(options, tallies),
        api(options, tallies),
        admin(options, tallies, otlp.port),
      ],
      refuse: plainRefusal,
    });
    return {
      http: http.port,
      otlpHttp: otlp.port,
      useConfig: (config) => {
        parts.use(config);
      },
      limited: (reason) => {
        tallies.limits.namedIn(reason);
      },
      close: async () => {
        await Promise.all([otlp.close(), http.close()]);
      },
    };
  } catch (error) {
    await otlp.close();
    throw error;
  }
}

/** What both ports count, and the room that their requests share. */
class Tallies {
  readonly intake = new IntakeCounts();
  readonly limits = new LimitCounts();
  readonly http = new HttpCounts("http");
  readonly otlpHttp = new HttpCounts("otlp-http");
  readonly budget: BodyBudget;

  constructor(limits: Limits) {
    this.budget = new BodyBudget(limits.inFlightBytes);
  }
}

/** What a reload replaces without a new listener. */
class ConfiguredParts {
  priceOf!: PriceOf;
  redact!: (telemetry: Telemetry) => Telemetry;

  constructor(config: Config) {
    this.use(config);
  }

  use(config: Config): void {
    this.priceOf = priceTable(config.prices);
    this.redact = redaction(config.capture);
  }
}

function shared(
  options: PortsOptions,
  token: string | undefined,
  tallies: Tallies,
): Pick<Parameters<typeof listen>[0], "host" | "guard" | "limits" | "limitCounts" | "broke"> {
  const { config, limits, report } = options;
  return {
    host: config.listen.host,
    guard: guardOf(options, token),
    limits,
    limitCounts: tallies.limits,
    broke: (error, where) => {
      report("a request met a bug", { error, where });
    },
  };
}

function guardOf({ config }: PortsOptions, token: string | undefined): Guard {
  const { host, allowed_hosts } = config.listen;
  return guard([host, ...allowed_hosts], token);
}

/** Who writes telemetry needs the token of senders, also on the port of everything else. */
function writer(
  { limits, live, time, engine }: PortsOptions,
  { intake: counts, limits: limitCounts, budget }: Tallies,
): ReturnType<typeof remoteWriteHandler> {
  return remoteWriteHandler({
    limits,
    counts,
    limitCounts,
    budget,
    isKnown: (metadata) => engine.metadata.has(metadata),
    queuedBytes: () => live.queuedBytes,
    submit: (telemetry, bytes) => {
      counts.noteArrival(telemetry, time.now());
      return live.submit({ kind: "telemetry", telemetry }, bytes);
    },
  });
}

function otlpOn(
  { engine, limits, live, time }: PortsOptions,
  parts: ConfiguredParts,
  { intake: counts, limits: limitCounts, budget }: Tallies,
): ReturnType<typeof otlpHandler> {
  return otlpHandler({
    limits,
    counts,
    limitCounts,
    budget,
    context: () => ({
      at: time.now(),
      maxAheadMs: MAX_AHEAD_MS,
      limits,
      priceOf: parts.priceOf,
      estimateTokens,
      typeLabels: engine.features.has("type-and-unit-labels"),
      isKnown: (metadata) => engine.metadata.has(metadata),
    }),
    redact: (telemetry) => parts.redact(telemetry),
    queuedBytes: () => live.queuedBytes,
    submit: (telemetry, bytes) => {
      counts.noteArrival(telemetry, time.now());
      return live.submit({ kind: "telemetry", telemetry }, bytes);
    },
  });
}

function api(options: PortsOptions, { limits: limitCounts }: Tallies) {
  const { engine, disk, limits, live, clock, report, targets = NO_TARGETS } = options;
  const handler = prometheusApi({
    engine,
    disk,
    limits,
    targets,
    now: () => live.now(),
    monotonicMs: clock.monotonicMs,
    program: programView({ ...options, startedAt: live.now() }),
    broke: (error, where) => {
      report("a request met a bug", { error, where });
    },
  });
  return queryGate(handler, limits.concurrentQueries, limitCounts);
}

function admin(
  options: PortsOptions,
  { intake, limits: limitCounts, http, otlpHttp, budget }: Tallies,
  otlpPort: number,
) {
  const { engine, live, disk, version, isDemo, time, config, reload, scrapeCounts } = options;
  const { targets = NO_TARGETS } = options;
  return adminHandler({
    limits: options.limits,
    remoteWriters: options.remoteWriters,
    scrapeCounts,
    targets,
    engine,
    live,
    disk,
    intake,
    limitCounts,
    http: [http, otlpHttp],
    inFlightBytes: () => budget.bytes,
    version,
    isDemo,
    reload,
    skewMs: () => time.skewMs(),
    otlpUrl: `http://${config.listen.host}:${otlpPort}`,
    needsToken: config.auth.ingest_token !== undefined,
  });
}

function plainRefusal(_request: unknown, status: number, reason: string): Answer {
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8" }, body: `${reason}\n` };
}
