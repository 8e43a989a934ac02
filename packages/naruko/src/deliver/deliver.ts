import type { Delivery } from "@naruko/core/model/engine-io";
import type { Outcome } from "@naruko/core/model/outcome";
import type { Routing } from "@naruko/core/notify/routing";
import type { Lifetime } from "./post-json.ts";
import { deliverWebhook } from "./webhook.ts";

/**
 * Carries out one delivery by the integration that it names. A receiver without integrations takes
 * everything: its messages end in the ledger. One that a reload took away refuses for good.
 */
export async function deliver(
  delivery: Delivery,
  routing: Routing,
  lifetime: Lifetime,
): Promise<Outcome> {
  const integrations = routing.receivers.get(delivery.receiver)?.integrations ?? [];
  const integration = integrations.find((one) => one.name === delivery.integration);
  if (integration === undefined) {
    const gone = `${delivery.receiver} ${delivery.integration}`;
    return { ok: false, retry: false, reason: `the configuration has no ${gone} any more` };
  }
  if (integration.webhook === undefined) return { ok: true };
  return deliverWebhook(delivery, integration.webhook, lifetime);
}
