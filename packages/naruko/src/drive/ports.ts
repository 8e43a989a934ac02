import { AwaitedSpans } from "@naruko/core/engine/awaited-spans";
import type { Engine } from "@naruko/core/engine/engine";
import type { Limits } from "@naruko/core/model/limits";
import { MINUTE_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import { EventTexts } from "@naruko/core/normalize/event-texts";
import type { PriceOf } from "@naruko/core/normalize/price-of";
import { redaction } from "../config/capture.ts";
import type { Redaction } from "../config/capture.ts";
import type { Config, LoadedConfig } from "../config/config.ts";
import type { Disk } from "../disk/disk.ts";
import { adminHandler } from "../listen/admin.ts";
import { guard } from "../listen/guard.ts";
import type { Guard } from "../listen/guard.ts";
import { BodyBudget } from "../listen/body-budget.ts";
import { HttpCounts } from "../listen/http-counts.ts";
import { listenGrpc } from "../listen/grpc-server.ts";
import { GrpcCounts } from "../listen/grpc-status.ts";
import { judgeHandler } from "../listen/judge-api.ts";
import { LimitCounts } from "../listen/limit-counts.ts";
import { IntakeCounts } from "../listen/intake-counts.ts";
import { otlpHandler, refuseOtlp } from "../listen/otlp.ts";
import { otlpMethods } from "../listen/otlp-grpc.ts";
import { refused } from "../listen/otlp-intake.ts";
import type { OtlpOptions } from "../listen/otlp-intake.ts";
import { prometheusApi } from "../listen/prometheus-api.ts";
import { queryGate } from "../listen/query-gate.ts";
import { remoteWriteHandler, WRITE_PATH } from "../listen/remote-write.ts";
import { NO_TARGETS } from "../listen/scrape-targets.ts";
import type { ScrapeTargets } from "../listen/scrape-targets.ts";
import { listen } from "../listen/server.ts";
import { sourcesHandler } from "../listen/sources-api.ts";
import { TlsCounts } from "../listen/tls-counts.ts";
import type { TlsFiles } from "../listen/tls-options.ts";
import { ToldServices } from "../listen/told-services.ts";
import { urlOf } from "../listen/url-of.ts";
import type { Answer, Listening } from "../listen/server.ts";
import { estimateTokens } from "../price/estimate-tokens.ts";
import { priceTable } from "../price/price-table.ts";
import type { RemoteWriter } from "../remote-write/remote-writer.ts";
import type { ScrapeCounts } from "../scrape/scrape-counts.ts";
import type { Clock } from "./clock.ts";
import type { EventTime } from "./event-time.ts";
import { judgeReport } from "./judge-report.ts";
import type { Live } from "./live.ts";
import { programView } from "./program-view.ts";
import type { Report } from "./server.ts";
import type { ExportView } from "./verdict-export.ts";

/** Live, a record may lie this far past its arrival (DESIGN section 3, Time). */
const MAX_AHEAD_MS = 10 * MINUTE_MS;

/** Longer than exporters pause between two exports. */
const GRPC_IDLE_MS = 10 * MINUTE_MS;

export type PortsOptions = {
  readonly config: Config;
  /** Absent: the ports are without TLS. */
  readonly tls?: TlsFiles;
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
  readonly judgeNotices: ReadonlyMap<string, number>;
  readonly judgeExport: () => ExportView | undefined;
  /** When the judge last gave a score; absent: not since the start. */
  readonly lastJudgedAt: () => EpochMs | undefined;
};

/** What is open to the network. */
export type Ports = {
  readonly http: number;
  readonly otlpHttp: number;
  /** Absent where it is not served. */
  readonly otlpGrpc?: number;
  /** Takes prices, capture and certificate from another configuration. */
  readonly useConfig: (config: Config, tls: TlsFiles | undefined) => void;
  /** Counts the limit that a reason names, beside those that requests reach. */
  readonly limited: (reason: string) => void;
  readonly close: () => Promise<void>;
};

/** Opens the ports; on a failure none stays open. @throws the system's error */
export async function openPorts(options: PortsOptions): Promise<Ports> {
  const tallies = new Tallies(options.limits);
  const parts = new ConfiguredParts(options.config);
  const open: Listening[] = [];
  const opened = async (port: Promise<Listening>): Promise<number> => {
    const listening = await port;
    open.push(listening);
    return listening.port;
  };
  const close = async (): Promise<void> => {
    await Promise.all(open.map((port) => port.close()));
  };
  try {
    const otlp = otlpOn(options, parts, tallies);
    const otlpHttp = await opened(openOtlpHttp(options, otlp, tallies));
    const otlpGrpc = await openOtlpGrpc(options, otlp, { tallies, otlpHttp });
    if (otlpGrpc !== undefined) open.push(otlpGrpc);
    const otlpPorts = { otlpHttp, ...(otlpGrpc && { otlpGrpc: otlpGrpc.port }) };
    const http = await opened(openHttp(options, tallies, otlpPorts));
    return {
      http,
      ...otlpPorts,
      useConfig: (config, tls) => {
        parts.use(config);
        if (tls !== undefined) for (const port of open) port.useTls(tls);
      },
      limited: (reason) => {
        tallies.limits.namedIn(reason);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function openOtlpHttp(
  options: PortsOptions,
  otlp: OtlpOptions,
  tallies: Tallies,
): Promise<Listening> {
  return listen({
    ...shared(options, options.config.auth.ingest_token, tallies),
    tlsFailed: tallies.tlsFailed("otlp-http"),
    port: options.config.listen.otlp_http_port,
    counts: tallies.otlpHttp,
    handlers: [otlpHandler(otlp)],
    refuse: refuseOtlp,
  });
}

async function openOtlpGrpc(
  options: PortsOptions,
  otlp: OtlpOptions,
  { tallies, otlpHttp }: { readonly tallies: Tallies; readonly otlpHttp: number },
): Promise<Listening | undefined> {
  const { otlp_grpc_port: port } = options.config.listen;
  if (port === false) return undefined;
  return listenGrpc({
    ...shared(options, options.config.auth.ingest_token, tallies),
    tlsFailed: tallies.tlsFailed("otlp-grpc"),
    port,
    idleMs: GRPC_IDLE_MS,
    counts: tallies.otlpGrpc,
    methods: otlpMethods(otlp),
    uncoded: (reason) => {
      refused(otlp, "unsupported-media-type", reason);
    },
    elsewhere: () => `this port takes OTLP over gRPC; OTLP over HTTP is taken on port ${otlpHttp}`,
  });
}

function openHttp(
  options: PortsOptions,
  tallies: Tallies,
  otlpPorts: Pick<Ports, "otlpHttp" | "otlpGrpc">,
): Promise<Listening> {
  return listen({
    ...shared(options, options.config.auth.admin_token, tallies),
    tlsFailed: tallies.tlsFailed("http"),
    port: options.config.listen.port,
    open: new Set(["/-/healthy", "/-/ready"]),
    guards: new Map([[WRITE_PATH, guardOf(options, options.config.auth.ingest_token)]]),
    counts: tallies.http,
    handlers: [
      writer(options, tallies),
      api(options, tallies),
      sources(options, tallies, otlpPorts),
      judge(options, tallies),
      admin(options, tallies, otlpPorts),
    ],
    refuse: plainRefusal,
  });
}

/** What the ports count, and the room that their requests share. */
class Tallies {
  readonly intake = new IntakeCounts();
  readonly limits = new LimitCounts();
  readonly http = new HttpCounts("http");
  readonly otlpHttp = new HttpCounts("otlp-http");
  readonly otlpGrpc = new GrpcCounts();
  readonly tls = new TlsCounts();
  readonly budget: BodyBudget;
  readonly texts: EventTexts;
  readonly awaited: AwaitedSpans;
  readonly told: ToldServices;

  constructor(limits: Limits) {
    this.budget = new BodyBudget(limits.inFlightBytes);
    this.awaited = new AwaitedSpans(limits);
    this.texts = new EventTexts(limits.waitingTextLength);
    this.told = new ToldServices(limits);
  }

  tlsFailed(port: string): (error: Error) => void {
    return (error) => {
      this.tls.add(port);
      const isLate = "code" in error && error.code === "ERR_TLS_HANDSHAKE_TIMEOUT";
      if (isLate) this.limits.reached("headersMs");
    };
  }
}

/** What a reload replaces without a new listener. */
class ConfiguredParts {
  priceOf!: PriceOf;
  redact!: Redaction["telemetry"];

  constructor(config: Config) {
    this.use(config);
  }

  use(config: Config): void {
    this.priceOf = priceTable(config.prices);
    this.redact = redaction(config).telemetry;
  }
}

function shared(
  options: PortsOptions,
  token: string | undefined,
  tallies: Tallies,
): {
  readonly host: string;
  readonly tls?: TlsFiles;
  readonly guard: Guard;
  readonly limits: Limits;
  readonly limitCounts: LimitCounts;
  readonly broke: (error: unknown, where: string) => void;
} {
  const { config, limits, report } = options;
  return {
    host: config.listen.host,
    ...(options.tls && { tls: options.tls }),
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
  { intake: counts, limits: limitCounts, budget, texts, awaited, told }: Tallies,
): OtlpOptions {
  return {
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
      saidIn: (traceId, spanId) => texts.find(traceId, spanId),
      isAwaited: (traceId, spanId) => awaited.has(traceId, spanId),
    }),
    read: (telemetry) => {
      const forgotten = awaited.note(telemetry, time.now());
      if (forgotten > 0) counts.add(counts.ignored, "awaited-span-forgotten", forgotten);
    },
    taken: ({ telemetry: { calls }, texts: said = [], generations }) => {
      for (const { traceId, spanId } of calls) texts.forget(traceId, spanId);
      const { dropped, expired } = texts.add(said, time.now());
      if (dropped > 0) counts.add(counts.ignored, "waiting-text-dropped", dropped);
      if (expired > 0) counts.add(counts.ignored, "waiting-text-expired", expired);
      told.note(calls, generations, time.now());
    },
    redact: (telemetry) => parts.redact(telemetry),
    queuedBytes: () => live.queuedBytes,
    submit: (telemetry, bytes) => {
      counts.noteArrival(telemetry, time.now());
      return live.submit({ kind: "telemetry", telemetry }, bytes);
    },
  };
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

/** It asks the series as the API does, and a few at a time as there. */
function judge(options: PortsOptions, { limits: limitCounts }: Tallies) {
  const { engine, disk, limits, live, clock } = options;
  const now = (): EpochMs => live.now();
  const asked = { engine, disk, limits, now, monotonicMs: clock.monotonicMs };
  const handler = judgeHandler(() => judgeReport(asked, now()));
  return queryGate(handler, limits.concurrentQueries, limitCounts);
}

function sources(
  { engine, version, live, time, config, tls }: PortsOptions,
  { told, intake }: Tallies,
  ports: Pick<Ports, "otlpHttp" | "otlpGrpc">,
) {
  const urlHere = (port: number): string => urlOf(config.listen.host, port, tls !== undefined);
  return sourcesHandler({
    engine,
    told,
    intake,
    version,
    startedAt: live.now(),
    now: () => live.now(),
    skewMs: () => time.skewMs(),
    otlpUrl: urlHere(ports.otlpHttp),
    ...(ports.otlpGrpc !== undefined && { grpcUrl: urlHere(ports.otlpGrpc) }),
    needsToken: config.auth.ingest_token !== undefined,
  });
}

function admin(
  options: PortsOptions,
  { intake, limits: limitCounts, http, otlpHttp, otlpGrpc, tls, budget }: Tallies,
  ports: Pick<Ports, "otlpHttp" | "otlpGrpc">,
) {
  const { engine, live, disk, version, isDemo, time, config, reload, scrapeCounts } = options;
  const { targets = NO_TARGETS } = options;
  const urlHere = (port: number): string =>
    urlOf(config.listen.host, port, options.tls !== undefined);
  return adminHandler({
    limits: options.limits,
    remoteWriters: options.remoteWriters,
    judgeNotices: options.judgeNotices,
    judgeExport: options.judgeExport,
    lastJudgedAt: options.lastJudgedAt,
    scrapeCounts,
    targets,
    engine,
    live,
    disk,
    intake,
    limitCounts,
    http: [http, otlpHttp],
    grpc: otlpGrpc,
    tls,
    inFlightBytes: () => budget.bytes,
    version,
    isDemo,
    reload,
    skewMs: () => time.skewMs(),
    otlpUrl: urlHere(ports.otlpHttp),
    ...(ports.otlpGrpc !== undefined && { grpcUrl: urlHere(ports.otlpGrpc) }),
    needsToken: config.auth.ingest_token !== undefined,
  });
}

function plainRefusal(_request: unknown, status: number, reason: string): Answer {
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8" }, body: `${reason}\n` };
}
