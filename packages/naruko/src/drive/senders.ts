import type { Engine } from "@naruko/core/engine/engine";
import type { Authorization } from "@naruko/core/notify/routing";
import { Secret } from "@naruko/core/notify/secret";
import type { Config } from "../config/config.ts";
import { alertmanagerName } from "../config/setup.ts";
import { postAlerts } from "../deliver/alertmanager.ts";
import { deliver } from "../deliver/deliver.ts";
import type { Senders } from "./live.ts";

/** Tells receivers and Alertmanagers over HTTP, by the configuration of the moment. */
export function httpSenders(engine: Engine, config: () => Config, signal: AbortSignal): Senders {
  return {
    deliver: (delivery) => deliver(delivery, engine.alerting.routing, { signal }),
    forward: (name, alerts) => {
      const known = config().alerting.alertmanagers;
      const peer = known.find(({ url }) => alertmanagerName(url) === name);
      if (peer === undefined) {
        const reason = `the configuration has no Alertmanager ${name} any more`;
        return Promise.resolve({ ok: false, retry: false, reason });
      }
      const authorization = authorizationOf(peer);
      const destination = {
        url: peer.url,
        timeoutMs: 0,
        ...(authorization === undefined ? {} : { authorization }),
      };
      return postAlerts(alerts, destination, { signal });
    },
  };
}

function authorizationOf(
  peer: Config["alerting"]["alertmanagers"][number],
): Authorization | undefined {
  if (peer.bearer_token !== undefined) {
    return { kind: "header", secret: new Secret(`Bearer ${peer.bearer_token}`) };
  }
  if (peer.basic_auth === undefined) return undefined;
  const { username, password } = peer.basic_auth;
  return { kind: "basic", secret: new Secret(`${username}:${password}`) };
}
