import type { Html } from "./html.ts";
import { html } from "./html.ts";
import { judgeLine, type ShownJudge } from "./judge-line.ts";
import { STATUS_STYLE } from "./status-style.ts";
import type { Traffic } from "./traffic.ts";

/** One alert as the page shows it. */
export type ShownAlert = {
  readonly name: string;
  readonly state: "pending" | "firing";
  readonly layer: string;
  readonly severity: string;
  readonly summary: string;
  readonly runbook: string;
  /** UTC, `2026-11-02 10:04:00`. */
  readonly since: string;
  /** Since then, in ms. */
  readonly forMs: number;
  readonly labels: string;
};

export type StatusPage = {
  readonly version: string;
  readonly isDemo: boolean;
  /** What does not work; empty while all is well. */
  readonly troubles: readonly string[];
  /** No rule is evaluated: a layer without alerts is then not a quiet one. */
  readonly isBlind: boolean;
  readonly otlpUrl: string;
  /** Absent where OTLP/gRPC is not served. */
  readonly grpcUrl?: string;
  readonly needsToken: boolean;
  /** Calls and data points; scores of answers. */
  readonly traffic: Traffic;
  readonly scores: Traffic;
  readonly calls: number;
  readonly series: number;
  readonly rules: number;
  readonly brokenRules: readonly {
    readonly name: string;
    readonly layer: string;
    readonly error: string;
  }[];
  readonly alerts: readonly ShownAlert[];
  readonly judge: ShownJudge;
};

/** What a layer, or all of them, comes to: the word is shown too, never the colour alone. */
type Tone = "broken" | "firing" | "pending" | "no-data" | "no-traffic" | "quiet";

type Layer = { readonly id: string; readonly name: string; readonly feed: "traffic" | "scores" };

const LAYERS: readonly Layer[] = [
  { id: "L1", name: "Infrastructure", feed: "traffic" },
  { id: "L2", name: "Application", feed: "traffic" },
  { id: "L3", name: "Quality", feed: "scores" },
];

/** Alerts listed; the rest is counted. A page of ten thousand rows helps nobody. */
const SHOWN_ALERTS = 200;

/** The page at `/`: is it well, what fires, how to send data. Works without scripts. */
export function statusPage(page: StatusPage): string {
  const { alerts, isDemo, version } = page;
  const firing = alerts.filter(({ state }) => state === "firing").length;
  const title = `${firing === 0 ? "" : `(${firing}) `}Naruko${isDemo ? " demo" : ""}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="refresh" content="10" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        <style>
          ${{ html: STATUS_STYLE }}
        </style>
      </head>
      <body>
        ${isDemo ? DEMO_NOTE : []}
        <header>
          <h1>Naruko</h1>
          <small>${version}</small>
        </header>
        ${verdict(page)}
        <div class="layers">${LAYERS.map((layer) => layerCard(layer, page))}</div>
        ${alertList(alerts)} ${brokenRules(page)}
        <h2>What it sees</h2>
        <p>${seen(page)}</p>
        ${judged(page)} ${howToSend(page)}
      </body>
    </html>`.html;
}

const DEMO_NOTE: Html = html`<p class="demo">
  Demo: every service, model, call and alert here is simulated. Nothing of it is real.
</p>`;

/** The one line that is read first. */
function verdict(page: StatusPage): Html {
  const { alerts } = page;
  const troubles = [...page.troubles, ...brokenCount(page.brokenRules.length)];
  const counted = countsOf(alerts);
  if (troubles.length > 0) {
    return html`<div class="verdict broken">
      Naruko itself is in trouble${counted === "" ? "" : `; ${counted}`}
      <ul>
        ${troubles.map((trouble) => html`<li>${trouble}</li>`)}
      </ul>
    </div>`;
  }
  const tone = alerts.length > 0 ? toneOf(alerts) : idleTone(page.traffic);
  const text = alerts.length > 0 ? counted : idleText(page.traffic);
  return html`<div class="verdict ${tone}">${text}</div>`;
}

function brokenCount(rules: number): readonly string[] {
  if (rules === 0) return [];
  return [`${rules === 1 ? "A rule" : `${rules} rules`} cannot be evaluated, see below`];
}

function countsOf(alerts: readonly ShownAlert[]): string {
  const firing = alerts.filter(({ state }) => state === "firing").length;
  const pending = alerts.length - firing;
  const parts = [firing > 0 ? `${firing} firing` : "", pending > 0 ? `${pending} pending` : ""];
  return parts.filter((part) => part !== "").join(", ");
}

function toneOf(alerts: readonly ShownAlert[]): Tone {
  return alerts.some(({ state }) => state === "firing") ? "firing" : "pending";
}

function idleTone({ kind }: Traffic): Tone {
  return kind === "flowing" ? "quiet" : kind;
}

function idleText(traffic: Traffic): string {
  switch (traffic.kind) {
    case "no-data":
      return "No data: nothing has been sent yet";
    case "no-traffic":
      return `No traffic ${lasting(traffic)}`;
    case "flowing":
      return "Quiet: traffic flows, and no alert is active";
  }
}

function layerCard({ id, name, feed }: Layer, page: StatusPage): Html {
  const own = page.alerts.filter(({ layer }) => layer === id);
  const broken = page.brokenRules.filter(({ layer }) => layer === id).length;
  const words = [
    broken > 0 ? `${broken} ${broken === 1 ? "rule" : "rules"} broken` : "",
    own.length > 0 ? countsOf(own) : "",
    page.isBlind ? "not evaluated" : own.length > 0 ? "" : idleWord(page, feed),
  ];
  const calm = own.length > 0 ? toneOf(own) : idleTone(page[feed]);
  const tone: Tone = (broken > 0 || page.isBlind) && calm !== "firing" ? "broken" : calm;
  return html`<div class="layer ${tone}">
    <p>${id} ${name}</p>
    <p><strong>${words.filter((word) => word !== "").join(", ")}</strong></p>
  </div>`;
}

function idleWord(page: StatusPage, feed: Layer["feed"]): string {
  const traffic = page[feed];
  const what = feed === "scores" ? "scores" : "traffic";
  if (traffic.kind === "no-data" && feed === "scores") {
    return page.judge.kind === "on" ? "no data: no scores yet" : "blind: nobody judges";
  }
  if (traffic.kind === "no-data") return "no data";
  return traffic.kind === "flowing" ? "quiet" : `no ${what} ${lasting(traffic)}`;
}

function lasting({ forMs }: { readonly forMs?: number }): string {
  return forMs === undefined ? "since the start" : `for ${spoken(forMs)}`;
}

/** `40 s`, `12 min`, `3 h 5 min`: as exact as a reader needs. */
function spoken(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return `${Math.floor(ms / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function alertList(alerts: readonly ShownAlert[]): Html {
  const more = alerts.length - SHOWN_ALERTS;
  if (alerts.length === 0) return html``;
  return html`<h2>Alerts</h2>
    <table>
      <tr>
        <th>State</th>
        <th>What</th>
        <th>Since</th>
      </tr>
      ${alerts.slice(0, SHOWN_ALERTS).map(alertRow)}
    </table>
    ${more > 0 ? html`<p>${more} more are active: <a href="/api/v1/alerts">all of them</a>.</p>` : []}`;
}

function alertRow(alert: ShownAlert): Html {
  const { name, state, severity, summary, runbook, since, forMs, labels } = alert;
  return html`<tr class="${state}">
    <td>
      <p class="state">${state}</p>
      <p class="dim">${severity}</p>
    </td>
    <td>
      <p><b>${name}</b></p>
      <p>${summary}</p>
      <p class="dim"><code>${labels}</code></p>
      ${runbook === "" ? [] : html`<p class="dim">What to do: ${runbookLink(runbook)}</p>`}
    </td>
    <td>
      <p>${spoken(forMs)}</p>
      <p class="dim">${since} UTC</p>
    </td>
  </tr>`;
}

/** Rules come from people, but their values come from telemetry: only a web address is a link. */
function runbookLink(runbook: string): Html {
  if (!/^https?:\/\//.test(runbook)) return html`<code>${runbook}</code>`;
  return html`<a href="${runbook}" rel="noreferrer">${runbook}</a>`;
}

function brokenRules({ brokenRules: rules }: StatusPage): Html {
  if (rules.length === 0) return html``;
  return html`<h2>Rules that cannot be evaluated</h2>
    <ul class="broken">
      ${rules.map(({ name, error }) => html`<li><span class="state">${name}</span> ${error}</li>`)}
    </ul>`;
}

function seen({ calls, series, rules, traffic, scores }: StatusPage): string {
  const last = `${lastOf("telemetry", traffic)}, ${lastOf("score", scores)}`;
  return `${calls} calls taken; ${last}. ${rules} rules are evaluated over ${series} series.`;
}

function judged({ judge }: StatusPage): Html {
  const { state, rest } = judgeLine(judge);
  const isTrouble = judge.kind === "blind" || (judge.kind === "on" && judge.isOutOfMoney);
  return html`<p class="${isTrouble ? "judge broken" : "judge"}">
    <span class="state">${state}</span>${rest}
  </p>`;
}

function lastOf(what: string, traffic: Traffic): string {
  if (traffic.kind === "no-data") return `no ${what} yet`;
  if (traffic.forMs === undefined) return `no ${what} since the start`;
  return `last ${what} ${spoken(traffic.forMs)} ago`;
}

function howToSend({ otlpUrl, grpcUrl, needsToken, traffic }: StatusPage): Html {
  const token = needsToken
    ? `\nexport OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20<ingest token>"`
    : "";
  const lines = `export OTEL_EXPORTER_OTLP_ENDPOINT=${otlpUrl}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf${token}`;
  return html`<h2>Send telemetry</h2>
    ${traffic.kind === "no-data" ? html`<p>Nothing has come in: these lines are what is missing.</p>` : []}
    <p>Point the application's OpenTelemetry exporter here, and start it again:</p>
    <pre>${lines}</pre>
    ${
      grpcUrl === undefined
        ? []
        : html`<p class="dim">
            Exporters that speak gRPC: endpoint <code>${grpcUrl}</code>, protocol <code>grpc</code>.
          </p>`
    }
    <p class="dim">
      Also here: Prometheus' HTTP API at <a href="/api/v1/alerts">/api/v1/</a>, the program's own
      metrics at <a href="/metrics">/metrics</a>.
    </p>`;
}
