import type { Delivery, NotifiedAlert } from "@naruko/core/model/engine-io";
import { labelsToRecord } from "@naruko/core/model/labels";
import type { Outcome } from "@naruko/core/model/outcome";
import type { WebhookConfig } from "@naruko/core/notify/routing";
import { goTime } from "./go-time.ts";
import { postJson, type Lifetime } from "./post-json.ts";

/** Sends one message to a webhook, with its key as `Idempotency-Key`. */
export function deliverWebhook(
  delivery: Delivery,
  config: WebhookConfig,
  lifetime: Lifetime,
): Promise<Outcome> {
  const { url, authorization, timeoutMs } = config;
  const headers = { "idempotency-key": delivery.key };
  const body = JSON.stringify(webhookMessage(delivery));
  return postJson(body, headers, { url: url.reveal(), authorization, timeoutMs }, lifetime);
}

/**
 * The message as Alertmanager writes it, version 4.
 *
 * Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export function webhookMessage(delivery: Delivery): object {
  return {
    receiver: delivery.receiver,
    status: delivery.alerts.some((alert) => alert.status === "firing") ? "firing" : "resolved",
    alerts: delivery.alerts.map(webhookAlert),
    groupLabels: labelsToRecord(delivery.groupLabels),
    commonLabels: labelsToRecord(delivery.commonLabels),
    commonAnnotations: labelsToRecord(delivery.commonAnnotations),
    externalURL: delivery.externalUrl,
    version: "4",
    groupKey: delivery.groupKey,
    truncatedAlerts: delivery.truncatedAlerts,
  };
}

function webhookAlert(alert: NotifiedAlert): object {
  return {
    status: alert.status,
    labels: labelsToRecord(alert.labels),
    annotations: labelsToRecord(alert.annotations),
    startsAt: goTime(alert.startsAt),
    endsAt: goTime(alert.endsAt),
    generatorURL: alert.generatorUrl,
    fingerprint: alert.fingerprint,
  };
}
