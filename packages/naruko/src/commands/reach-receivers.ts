import { connect as connectPlainly, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import type { Routing } from "@naruko/core/notify/routing";
import type { Config } from "../config/config.ts";
import { NOT_SET } from "../config/environment.ts";
import { type Finding, fine, wrong } from "./finding.ts";

/** Longer than a far host needs, short enough to wait for. */
const PATIENCE_MS = 5000;

type Target = { readonly name: string; readonly url: string };

/**
 * Whether somebody listens where notifications go: a connection is opened and closed, over TLS where
 * the address says so. Nothing is sent, and of addresses, which may be secrets, only the host is
 * shown.
 */
export function reachReceivers(
  config: Config,
  routing: Routing | undefined,
): Promise<readonly Finding[]> {
  const webhooks = [...(routing?.receivers.values() ?? [])].flatMap(({ name, integrations }) =>
    integrations.flatMap(({ name: integration, webhook }): Target[] =>
      webhook === undefined ? [] : [{ name: `${name} ${integration}`, url: webhook.url.reveal() }],
    ),
  );
  const alertmanagers = config.alerting.alertmanagers.map(({ url }) => ({
    name: "Alertmanager",
    url,
  }));
  return Promise.all([...webhooks, ...alertmanagers].filter(isSet).map(reach));
}

/** A variable that is not set is told as such; its placeholder is nobody's host. */
function isSet({ url }: Target): boolean {
  return URL.canParse(url) && !url.includes(NOT_SET);
}

async function reach({ name, url }: Target): Promise<Finding> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isSecure = protocol === "https:";
  const number = port === "" ? (isSecure ? 443 : 80) : Number(port);
  const fault = await faultOf(
    isSecure
      ? connectSecurely({ host, port: number, ...(isName(host) && { servername: host }) })
      : connectPlainly({ host, port: number }),
    isSecure ? "secureConnect" : "connect",
  );
  const where = `${name}: ${hostname}:${number}`;
  return fault === undefined
    ? fine("receivers", `${where} answers; nothing was sent`)
    : wrong("receivers", `${where} cannot be reached: ${fault}`);
}

function isName(host: string): boolean {
  return !/^[\d.]+$/.test(host) && !host.includes(":");
}

function faultOf(
  socket: Socket,
  connected: "connect" | "secureConnect",
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settle = (fault?: string): void => {
      socket.destroy();
      resolve(fault);
    };
    socket.setTimeout(PATIENCE_MS, () => {
      settle(`no answer within ${PATIENCE_MS / 1000} s`);
    });
    socket.once(connected, () => {
      settle();
    });
    socket.on("error", (error: Error & { readonly code?: string }) => {
      settle(error.code ?? error.message);
    });
  });
}
