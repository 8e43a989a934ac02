import type { Html } from "./html.ts";
import { html } from "./html.ts";

/** One alert as the page shows it. */
export type ShownAlert = {
  readonly name: string;
  readonly state: "pending" | "firing";
  readonly layer: string;
  readonly severity: string;
  readonly summary: string;
  /** UTC, `2026-11-02 10:04:00`. */
  readonly since: string;
  readonly labels: string;
};

export type StatusPage = {
  readonly version: string;
  /** Empty while all is well. */
  readonly troubles: readonly string[];
  readonly otlpUrl: string;
  /** Seconds since the last telemetry; absent when there was none. */
  readonly lastTelemetryS?: number;
  readonly calls: number;
  readonly series: number;
  readonly rules: number;
  readonly brokenRules: readonly string[];
  readonly alerts: readonly ShownAlert[];
  readonly needsToken: boolean;
};

const LAYERS: readonly (readonly [string, string])[] = [
  ["L1", "Infrastructure"],
  ["L2", "Application"],
  ["L3", "Quality"],
];

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bad: #c0392b; --wait: #b9770e; --good: #1e8449 }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
.layers { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .8rem }
.layer { border: 1px solid var(--line); border-left: .4rem solid var(--good); border-radius: .4rem; padding: .6rem .9rem }
.layer.firing { border-left-color: var(--bad) } .layer.pending { border-left-color: var(--wait) }
.layer.blind { border-left-color: var(--line) }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .4rem .6rem; border-top: 1px solid var(--line); vertical-align: top }
.firing b { color: var(--bad) } .pending b { color: var(--wait) } .trouble { color: var(--bad) }
code, pre { font: 13px/1.45 ui-monospace, monospace } pre { border: 1px solid var(--line); border-radius: .4rem; padding: .8rem; overflow-x: auto }
small { opacity: .75 }
`;

/** The page at `/`: is it well, what fires, how to send data. Works without scripts. */
export function statusPage(page: StatusPage): string {
  const { alerts, troubles } = page;
  const firing = alerts.filter(({ state }) => state === "firing").length;
  const title = firing === 0 ? "Naruko" : `(${firing}) Naruko`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="refresh" content="10" />
        <title>${title}</title>
        <style>
          ${{ html: STYLE }}
        </style>
      </head>
      <body>
        <h1>Naruko <small>${page.version}</small></h1>
        ${health(troubles)}
        <div class="layers">${LAYERS.map(([id, name]) => layer(id, name, page))}</div>
        <h2>Alerts</h2>
        ${alertTable(alerts)}
        <h2>What it sees</h2>
        <p>${seen(page)} ${page.rules} rules are evaluated over ${page.series} series.</p>
        ${broken(page.brokenRules)}
        <h2>Send telemetry</h2>
        ${howToSend(page)}
      </body>
    </html>`.html;
}

function health(troubles: readonly string[]): Html {
  if (troubles.length === 0) return html`<p>All parts work.</p>`;
  return html`<ul class="trouble">
    ${troubles.map((trouble) => html`<li>${trouble}</li>`)}
  </ul>`;
}

function layer(id: string, name: string, page: StatusPage): Html {
  const own = page.alerts.filter((alert) => alert.layer === id);
  const firing = own.filter(({ state }) => state === "firing").length;
  const pending = own.length - firing;
  const blind = page.lastTelemetryS === undefined;
  const state = firing > 0 ? "firing" : pending > 0 ? "pending" : blind ? "blind" : "quiet";
  const counted = [firing > 0 ? `${firing} firing` : "", pending > 0 ? `${pending} pending` : ""];
  const text = counted.filter((one) => one !== "").join(", ");
  const idle = blind ? "no data yet" : "no alert";
  return html`<div class="layer ${state}">
    <b>${id}</b> ${name}<br />
    <small>${text === "" ? idle : text}</small>
  </div>`;
}

function alertTable(alerts: readonly ShownAlert[]): Html {
  if (alerts.length === 0) return html`<p>None is pending or firing.</p>`;
  return html`<table>
    <tr>
      <th>State</th>
      <th>Alert</th>
      <th>Since (UTC)</th>
      <th>Severity</th>
    </tr>
    ${alerts.map(
      (alert) =>
        html`<tr class="${alert.state}">
          <td><b>${alert.state}</b></td>
          <td>
            ${alert.name}<br />${alert.summary}<br /><small><code>${alert.labels}</code></small>
          </td>
          <td>${alert.since}</td>
          <td>${alert.severity}</td>
        </tr>`,
    )}
  </table>`;
}

function seen({ calls, lastTelemetryS }: StatusPage): string {
  if (lastTelemetryS === undefined) return "No telemetry has arrived since the start.";
  const ago = lastTelemetryS < 1 ? "just now" : `${Math.floor(lastTelemetryS)} s ago`;
  return `${calls} calls since the start, the last telemetry ${ago}.`;
}

function broken(rules: readonly string[]): Html {
  if (rules.length === 0) return html``;
  return html`<ul class="trouble">
    ${rules.map((rule) => html`<li>${rule}</li>`)}
  </ul>`;
}

function howToSend({ otlpUrl, needsToken }: StatusPage): Html {
  const token = needsToken
    ? `\nexport OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20<ingest token>"`
    : "";
  const lines = `export OTEL_EXPORTER_OTLP_ENDPOINT=${otlpUrl}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf${token}`;
  return html`<p>Point the application's OpenTelemetry exporter here, and start it again:</p>
    <pre>${lines}</pre>
    <p>
      Prometheus' HTTP API is at <code>/api/v1/</code>, the program's own metrics are at
      <a href="/metrics"><code>/metrics</code></a
      >.
    </p>`;
}
