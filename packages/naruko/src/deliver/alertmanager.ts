import type { NotifiedAlert } from "@naruko/core/model/engine-io";
import { labelsToRecord } from "@naruko/core/model/labels";
import type { Outcome } from "@naruko/core/model/outcome";
import { postJson, type Destination, type Lifetime } from "./post-json.ts";
import { goTime } from "./go-time.ts";

/** Posts alerts to a real Alertmanager; `url` is its base address, with its path prefix if it has one. */
export function postAlerts(
  alerts: readonly NotifiedAlert[],
  alertmanager: Destination,
  lifetime: Lifetime,
): Promise<Outcome> {
  const url = `${alertmanager.url.replace(/\/+$/, "")}/api/v2/alerts`;
  const body = JSON.stringify(alerts.map(postableAlert));
  return postJson(body, {}, { ...alertmanager, url }, lifetime);
}

/** `postableAlert` of Alertmanager's API v2. */
function postableAlert(alert: NotifiedAlert): object {
  return {
    labels: labelsToRecord(alert.labels),
    annotations: labelsToRecord(alert.annotations),
    startsAt: goTime(alert.startsAt),
    ...(alert.endsAt === undefined ? {} : { endsAt: goTime(alert.endsAt) }),
    generatorURL: alert.generatorUrl,
  };
}
