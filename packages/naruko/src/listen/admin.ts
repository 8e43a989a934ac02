import type { IncomingMessage } from "node:http";
import type { Engine } from "@naruko/core/engine/engine";
import {
  formatLabels,
  keepLabels,
  labelsToRecord,
  labelValue,
  METRIC_NAME,
} from "@naruko/core/model/labels";
import type { Limits } from "@naruko/core/model/limits";
import { SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import type { Live } from "../drive/live.ts";
import { EXPOSITION_TYPE, writeExposition } from "./exposition.ts";
import { federate } from "./federation.ts";
import { shownJudge } from "./judge-line.ts";
import { selfMetrics } from "./self-metrics.ts";
import type { SelfMetricsSources } from "./self-metrics.ts";
import type { Answer, Handler } from "./server.ts";
import { statusPage } from "./status-page.ts";
import type { ShownAlert } from "./status-page.ts";
import { trafficOf } from "./traffic.ts";

export type AdminOptions = SelfMetricsSources & {
  readonly limits: Limits;
  readonly version: string;
  readonly isDemo: boolean;
  readonly otlpUrl: string;
  readonly grpcUrl?: string;
  readonly needsToken: boolean;
  readonly lastJudgedAt: () => EpochMs | undefined;
  /** Reads the configuration again; the text of the fault when it is refused. */
  readonly reload: () => Promise<string | undefined>;
};

/** The page, the health checks, `/metrics`, `/metrics/naruko` and the reload. */
export function adminHandler(options: AdminOptions): Handler {
  return async (request, url) => {
    const isGet = request.method === "GET" || request.method === "HEAD";
    switch (url.pathname) {
      case "/":
        return isGet ? page(options) : undefined;
      case "/metrics":
        return isGet ? metrics(options) : undefined;
      case "/metrics/naruko":
        return isGet ? derivedMetrics(options, request, url) : undefined;
      case "/-/healthy":
        return text(200, "Naruko is healthy.\n");
      case "/-/ready":
        return ready(options.live);
      case "/-/reload":
        return request.method === "POST" ? reload(options) : text(405, "use POST\n");
      default:
        return undefined;
    }
  };
}

function text(status: number, body: string): Answer {
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8" }, body };
}

function ready(live: Live): Answer {
  if (live.fault === undefined) return text(200, "Naruko is ready.\n");
  return text(503, `Naruko cannot write to its disk: ${live.fault}\n`);
}

async function reload(options: AdminOptions): Promise<Answer> {
  const fault = await options.reload();
  if (fault === undefined) return text(200, "reloaded\n");
  return text(400, `refused, the running configuration stays:\n${fault}\n`);
}

function metrics(options: AdminOptions): Answer {
  const headers = { "Content-Type": EXPOSITION_TYPE };
  return { status: 200, headers, body: writeExposition(selfMetrics(options)) };
}

function derivedMetrics(
  { engine, live, limits }: AdminOptions,
  request: IncomingMessage,
  url: URL,
): Answer {
  return federate(url.searchParams, request.headers.accept, { engine, limits, now: live.now() });
}

function page(options: AdminOptions): Answer {
  const { engine, live, version, isDemo, otlpUrl, grpcUrl, needsToken, intake } = options;
  const now = live.now();
  const calls = engine.counters().get("calls_first") ?? 0;
  const rules = engine.alerting.rulesView().flatMap((group) => group.rules);
  const body = statusPage({
    version,
    isDemo,
    troubles: troublesOf(options),
    isBlind: live.fault !== undefined,
    otlpUrl,
    ...(grpcUrl !== undefined && { grpcUrl }),
    needsToken,
    traffic: trafficOf(intake.lastTrafficAt, calls > 0 || hasSeries(engine, CALLS, now), now),
    scores: trafficOf(lastScoreAt(options), hasSeries(engine, SCORES, now), now),
    calls,
    series: engine.storeStats().series,
    rules: rules.length,
    brokenRules: rules
      .filter(({ health }) => health === "err")
      .map(({ name, labels, lastError = "" }) => {
        return { name, layer: labelValue(labels, "layer"), error: lastError };
      }),
    alerts: shownAlerts(engine, now),
    judge: shownJudge(engine, now),
  });
  return { status: 200, headers: { "Content-Type": "text/html; charset=utf-8" }, body };
}

/** Users' own evaluations, or the judge's. */
function lastScoreAt({ intake, lastJudgedAt }: AdminOptions): EpochMs | undefined {
  const [sent, judged] = [intake.lastScoreAt, lastJudgedAt()];
  if (sent === undefined || judged === undefined) return sent ?? judged;
  return sent > judged ? sent : judged;
}

const CALLS = "gen_ai_client_operation_duration_seconds_count";
const SCORES = "naruko_evaluation_score_count";

function hasSeries(engine: Engine, metric: string, now: EpochMs): boolean {
  const all = engine.seriesIn(engine.memoryFrom(), now);
  return all.some((labels) => labelValue(labels, METRIC_NAME) === metric);
}

/** What keeps Naruko from doing its work, or from telling of it. */
function troublesOf({ engine, live, disk, skewMs }: AdminOptions): string[] {
  const troubles: string[] = [];
  if (live.fault !== undefined) {
    const what = "Nothing can be written to disk, senders are asked to retry, no rule is evaluated";
    troubles.push(`${what}: ${live.fault}`);
  }
  const { trouble } = disk.queued();
  if (trouble !== undefined) troubles.push(`Results cannot be written to disk: ${trouble}`);
  if (live.counts.faults > 0) {
    troubles.push(`${live.counts.faults} inputs met a bug and were left out; the log has them`);
  }
  if (skewMs() > MAX_SKEW_MS) {
    const seconds = Math.round(skewMs() / SECOND_MS);
    troubles.push(`The machine's clock was set back by ${seconds} s`);
  }
  for (const { receiver, integrations } of engine.alerting.groupsView()) {
    for (const { name, failures, lastFailure } of integrations) {
      if (failures === 0) continue;
      troubles.push(`Receiver ${receiver} (${name}) is not reached: ${lastFailure ?? "unknown"}`);
    }
  }
  return [...new Set(troubles)];
}

/** Clocks are corrected by fractions of a second all the time. */
const MAX_SKEW_MS = 2 * SECOND_MS;

const SEVERE = new Set(["critical", "page"]);

/** Firing ones first, the severe ones of them first, then by how long they have lasted. */
function shownAlerts(engine: Engine, now: EpochMs): ShownAlert[] {
  return engine.alerting
    .alertsView()
    .map(({ state, labels, annotations, activeAt, rule }) => {
      const { layer = "", severity = "" } = labelsToRecord(labels);
      const { summary = "", runbook_url: runbook = "" } = labelsToRecord(annotations);
      const own = keepLabels(labels, (name) => !["alertname", "layer", "severity"].includes(name));
      return {
        name: rule,
        state,
        layer,
        severity,
        summary,
        runbook,
        since: new Date(activeAt).toISOString().slice(0, 19).replace("T", " "),
        forMs: Math.max(0, now - activeAt),
        labels: formatLabels(own),
      };
    })
    .toSorted((a, b) => rankOf(a) - rankOf(b) || b.forMs - a.forMs);
}

function rankOf({ state, severity }: ShownAlert): number {
  return (state === "firing" ? 0 : 2) + (SEVERE.has(severity) ? 0 : 1);
}
