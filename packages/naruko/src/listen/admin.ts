import type { Engine } from "@naruko/core/engine/engine";
import { formatLabels, labelsToRecord, keepLabels } from "@naruko/core/model/labels";
import { SECOND_MS } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import type { Live } from "../drive/live.ts";
import { EXPOSITION_TYPE, writeExposition } from "./exposition.ts";
import type { IntakeCounts } from "./otlp.ts";
import { selfMetrics } from "./self-metrics.ts";
import type { SelfMetricsSources } from "./self-metrics.ts";
import type { Answer, Handler } from "./server.ts";
import { statusPage } from "./status-page.ts";
import type { ShownAlert } from "./status-page.ts";

export type AdminOptions = SelfMetricsSources & {
  readonly version: string;
  readonly otlpUrl: string;
  readonly needsToken: boolean;
  /** Reads the configuration again; the text of the fault when it is refused. */
  readonly reload: () => Promise<string | undefined>;
};

/** The page, the health checks, `/metrics` and the reload. */
export function adminHandler(options: AdminOptions): Handler {
  return async (request, url) => {
    const isGet = request.method === "GET" || request.method === "HEAD";
    switch (url.pathname) {
      case "/":
        return isGet ? page(options) : undefined;
      case "/metrics":
        return isGet ? metrics(options) : undefined;
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

function page(options: AdminOptions): Answer {
  const { engine, live, version, otlpUrl, needsToken, intake } = options;
  const rules = engine.alerting.rulesView().flatMap((group) => group.rules);
  const body = statusPage({
    version,
    troubles: live.fault === undefined ? [] : [`Nothing can be written to disk: ${live.fault}`],
    otlpUrl,
    ...lastTelemetry(intake, live.now()),
    calls: engine.counters().get("calls_first") ?? 0,
    series: engine.storeStats().series,
    rules: rules.length,
    brokenRules: rules
      .filter(({ health }) => health === "err")
      .map(({ name, lastError }) => `${name}: ${lastError}`),
    alerts: shownAlerts(engine),
    needsToken,
  });
  return { status: 200, headers: { "Content-Type": "text/html; charset=utf-8" }, body };
}

function lastTelemetry(intake: IntakeCounts, now: EpochMs): { readonly lastTelemetryS?: number } {
  const { lastTelemetryAt } = intake;
  if (lastTelemetryAt === undefined) return {};
  return { lastTelemetryS: Math.max(0, now - lastTelemetryAt) / SECOND_MS };
}

/** Firing ones first, then by how long they have lasted. */
function shownAlerts(engine: Engine): ShownAlert[] {
  return engine.alerting
    .alertsView()
    .toSorted((a, b) => a.state.localeCompare(b.state) || a.activeAt - b.activeAt)
    .map(({ state, labels, annotations, activeAt, rule }) => {
      const { layer = "", severity = "" } = labelsToRecord(labels);
      const own = keepLabels(labels, (name) => !["alertname", "layer", "severity"].includes(name));
      return {
        name: rule,
        state,
        layer,
        severity,
        summary: labelsToRecord(annotations)["summary"] ?? "",
        since: new Date(activeAt).toISOString().slice(0, 19).replace("T", " "),
        labels: formatLabels(own),
      };
    });
}
