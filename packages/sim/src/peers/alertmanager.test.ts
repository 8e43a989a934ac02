// Telemetry in at one end, a message of a real Alertmanager out at the other; and the same of the
// server's own webhook, which is told again after a refusal.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { epochMs } from "@naruko/core/model/time";
import { serveNaruko } from "naruko/testing/serve-naruko";
import { chatSpan, spanLine } from "naruko/testing/span-line";
import { startAlertmanager } from "./alertmanager-process.ts";
import { skipWithout } from "./installed.ts";
import { WebhookInbox } from "./webhook-inbox.ts";
import type { Received } from "./webhook-inbox.ts";

const RULES = `groups:
  - name: calls
    rules:
      - alert: CallsFail
        expr: sum by (model) (increase(llm_errors_total[5s])) > 0
        for: 0s
        labels: { severity: critical }
        annotations: { summary: "calls to {{ $labels.model }} fail" }
`;

const MODELS = ["gpt-5", "gpt-5-mini"];

async function failOnce(otlp: string): Promise<void> {
  const now = epochMs(Date.now());
  const body = spanLine(
    "shop",
    MODELS.map((model) => chatSpan(now, model, "timeout")),
    1,
  );
  const response = await fetch(`${otlp}/v1/traces`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
  assert.equal(response.status, 200);
}

/** Whether a message tells of both models, in one status. */
function tellsOfBoth(status: "firing" | "resolved"): (received: Received) => boolean {
  return ({ message }) =>
    message.status === status &&
    message.alerts.every((alert) => alert.status === status) &&
    message.alerts
      .map(({ labels }) => labels["model"] ?? "")
      .toSorted()
      .join() === MODELS.join();
}

const skip = skipWithout("prometheus-alertmanager");

test("an alert reaches a real Alertmanager, grouped, and resolves", { skip }, async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-forward-"));
  const inbox = new WebhookInbox();
  context.after(() => {
    inbox.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const hook = await inbox.open();
  const alertmanager = await startAlertmanager(
    folder,
    `route: { receiver: pager, group_by: [alertname], group_wait: 500ms, group_interval: 1s }
receivers: [{ name: pager, webhook_configs: [{ url: "${hook}" }] }]
`,
  );
  context.after(alertmanager.stop);
  const config = path.join(folder, "naruko.yml");
  writeFileSync(path.join(folder, "rules.yml"), RULES);
  writeFileSync(
    config,
    `interval: 1s
rules: [rules.yml]
alerting: { alertmanagers: [{ url: "${alertmanager.url}" }] }
`,
  );
  const { otlp } = await serveNaruko(
    context,
    "--config",
    config,
    "--data",
    path.join(folder, "data"),
  );
  await failOnce(otlp);
  const { message } = await inbox.waitFor(tellsOfBoth("firing"));
  assert.deepEqual(message.groupLabels, { alertname: "CallsFail" });
  assert.deepEqual(
    message.alerts.map(({ annotations }) => annotations["summary"] ?? "").toSorted(),
    MODELS.map((model) => `calls to ${model} fail`),
  );
  await inbox.waitFor(tellsOfBoth("resolved"));
});

test("a webhook is told again after a refusal, under the same key", async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-webhook-"));
  const inbox = new WebhookInbox(1);
  context.after(() => {
    inbox.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const hook = await inbox.open();
  const config = path.join(folder, "naruko.yml");
  // Long enough for the alert to outlast the wait before the second try, 15 s.
  writeFileSync(path.join(folder, "rules.yml"), RULES.replace("[5s]", "[1m]"));
  writeFileSync(
    config,
    `interval: 1s
rules: [rules.yml]
routing:
  route: { receiver: pager, group_by: [alertname], group_wait: 0s }
  receivers: [{ name: pager, webhook_configs: [{ url: "${hook}" }] }]
`,
  );
  const { otlp } = await serveNaruko(
    context,
    "--config",
    config,
    "--data",
    path.join(folder, "data"),
  );
  await failOnce(otlp);
  const first = await inbox.waitFor(tellsOfBoth("firing"));
  assert.equal(first.message.version, "4");
  assert.equal(first.message.receiver, "pager");
  assert.ok(first.idempotencyKey !== undefined);
  const second = await inbox.waitFor((received) => received !== first);
  assert.equal(second.idempotencyKey, first.idempotencyKey);
  assert.deepEqual(second.message, first.message);
});
