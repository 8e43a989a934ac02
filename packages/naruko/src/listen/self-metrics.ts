import type { Engine } from "@naruko/core/engine/engine";
import { SECOND_MS } from "@naruko/core/model/time";
import type { Disk } from "../disk/disk.ts";
import type { Live } from "../drive/live.ts";
import { byReason } from "./exposition.ts";
import type { Family } from "./exposition.ts";
import type { HttpCounts } from "./http-counts.ts";
import { httpFamily } from "./http-counts.ts";
import { grpcFamily } from "./grpc-status.ts";
import type { GrpcCounts } from "./grpc-status.ts";
import { judgeMetrics, type JudgeSources } from "./judge-metrics.ts";
import { limitFamily } from "./limit-counts.ts";
import type { LimitCounts } from "./limit-counts.ts";
import type { IntakeCounts } from "./intake-counts.ts";
import type { RemoteWriter } from "../remote-write/remote-writer.ts";
import { remoteWriteMetrics } from "./remote-write-metrics.ts";
import { tlsFamily } from "./tls-counts.ts";
import type { TlsCounts } from "./tls-counts.ts";
import { scrapeMetrics } from "./scrape-metrics.ts";
import type { ScrapeSources } from "./scrape-metrics.ts";

export type SelfMetricsSources = ScrapeSources &
  JudgeSources & {
    readonly remoteWriters: () => readonly RemoteWriter[];
    readonly engine: Engine;
    readonly live: Live;
    readonly disk: Disk;
    readonly intake: IntakeCounts;
    readonly limitCounts: LimitCounts;
    /** One a port. */
    readonly http: readonly HttpCounts[];
    readonly grpc: GrpcCounts;
    readonly tls: TlsCounts;
    /** Bytes of requests from their arrival to their answer. */
    readonly inFlightBytes: () => number;
    /** How far the wall clock is behind the stamps, in ms. */
    readonly skewMs: () => number;
    readonly version: string;
  };

/** The program about itself: what came in, what was left out and why, and how it fares. */
export function selfMetrics(sources: SelfMetricsSources): Family[] {
  return [
    ...intakeMetrics(sources),
    ...limitMetrics(sources),
    ...engineMetrics(sources),
    ...deliveryMetrics(sources),
    ...scrapeMetrics(sources),
    ...remoteWriteMetrics(sources.remoteWriters()),
    ...judgeMetrics(sources, sources.live.now()),
    ...processMetrics(sources),
  ];
}

function gauge(name: string, help: string, value: number): Family {
  return { name, help, type: "gauge", samples: [{ value }] };
}

function counter(name: string, help: string, value: number): Family {
  return { name, help, type: "counter", samples: [{ value }] };
}

function intakeMetrics({ intake, live, disk }: SelfMetricsSources): Family[] {
  const signals = [...intake.accepted].map(([signal, value]) => ({ labels: { signal }, value }));
  const { effects, inputBytes } = disk.queued();
  return [
    {
      name: "naruko_received_records_total",
      help: "Spans, data points, log records and remote-written samples taken.",
      type: "counter",
      samples: signals,
    },
    byReason(
      { name: "naruko_rejected_records_total", help: "Records refused, by reason." },
      intake.rejected,
    ),
    byReason(
      {
        name: "naruko_ignored_records_total",
        help: "Records or parts of them left out without fault of the sender, by reason.",
      },
      intake.ignored,
    ),
    byReason(
      {
        name: "naruko_refused_requests_total",
        help: "OTLP and remote-write requests refused whole, by reason.",
      },
      intake.refusedRequests,
    ),
    gauge("naruko_queued_bytes", "Bytes of requests that wait to be committed.", live.queuedBytes),
    gauge("naruko_disk_queued_input_bytes", "Bytes of inputs on their way to disk.", inputBytes),
    gauge("naruko_disk_queued_effects", "Outputs that wait to be written.", effects),
  ];
}

function limitMetrics(sources: SelfMetricsSources): Family[] {
  const { engine, http, grpc, tls, inFlightBytes, intake, limitCounts: limits } = sources;
  const { rejected, ignored } = intake;
  return [
    limitFamily({ limits, rejected, ignored, engine: engine.counters() }),
    httpFamily(http),
    grpcFamily(grpc),
    tlsFamily(tls),
    gauge(
      "naruko_in_flight_bytes",
      "Bytes of senders' requests not yet answered.",
      inFlightBytes(),
    ),
  ];
}

function engineMetrics({ engine, live }: SelfMetricsSources): Family[] {
  const { series, samples, bytes } = engine.storeStats();
  return [
    byReason(
      { name: "naruko_engine_events_total", help: "What the engine counted, by name." },
      engine.counters(),
    ),
    gauge("naruko_series", "Series in memory.", series),
    gauge("naruko_samples", "Samples in memory.", samples),
    gauge("naruko_sample_bytes", "Bytes of samples in memory.", bytes),
    counter("naruko_ticks_total", "Ticks evaluated since the start.", live.counts.ticks),
    gauge(
      "naruko_last_tick_seconds",
      "How long the last tick took.",
      live.counts.lastTickMs / SECOND_MS,
    ),
    counter("naruko_engine_faults_total", "Inputs that met a bug.", live.counts.faults),
    counter("naruko_commit_failures_total", "Commits that failed.", live.counts.commitFailures),
    counter("naruko_snapshots_total", "Snapshots written.", live.counts.snapshots),
  ];
}

function deliveryMetrics({ engine }: SelfMetricsSources): Family[] {
  const deliveries = engine.alerting.deliveryCounts();
  const posts = engine.alerting.postCounts();
  const samples = deliveries.flatMap(({ receiver, integration, ...counts }) =>
    Object.entries(counts)
      .filter((entry): entry is [string, number] => typeof entry[1] === "number")
      .map(([outcome, value]) => ({ labels: { receiver, integration, outcome }, value })),
  );
  return [
    {
      name: "naruko_deliveries_total",
      help: "Notifications by receiver, integration and what became of them.",
      type: "counter",
      samples,
    },
    {
      name: "naruko_alertmanager_posts_total",
      help: "Posts to Alertmanagers by what became of them.",
      type: "counter",
      samples: posts.flatMap(({ alertmanager, posted, failed }) => [
        { labels: { alertmanager, outcome: "posted" }, value: posted },
        { labels: { alertmanager, outcome: "failed" }, value: failed },
      ]),
    },
  ];
}

function processMetrics({ skewMs, version }: SelfMetricsSources): Family[] {
  return [
    {
      name: "naruko_build_info",
      help: "The program's version.",
      type: "gauge",
      samples: [{ labels: { version, node: process.version }, value: 1 }],
    },
    gauge("naruko_clock_skew_seconds", "How far the clock was set back.", skewMs() / SECOND_MS),
    gauge(
      "process_resident_memory_bytes",
      "Resident memory of the process.",
      process.memoryUsage.rss(),
    ),
    gauge("process_uptime_seconds", "Seconds since the start.", process.uptime()),
  ];
}
