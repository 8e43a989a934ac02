import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";

/** Why a request is refused before anything is read of it. */
export type Refusal = { readonly status: 401 | 403; readonly reason: string };

/** The parts of a request that the guard looks at. */
export type GuardedRequest = {
  readonly method: string;
  readonly host: string | undefined;
  /** How many Host headers it had: a proxy may have looked at another one than we do. */
  readonly hosts: number;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
};

/** So much of a wrong header is shown. */
const SHOWN_LENGTH = 100;

export type Guard = (request: GuardedRequest) => Refusal | undefined;

/**
 * Refuses what a web page could do to a server on somebody's machine, and requests without the
 * token where one is set.
 *
 * A page on another site can make the browser send requests here under a name of its own (DNS
 * rebinding: hence only known names; an address cannot be rebound) or change state with a plain
 * form (hence the origin must be this server).
 *
 * @param token absent: everybody who reaches the port may use it
 */
export function guard(allowedHosts: readonly string[], token: string | undefined): Guard {
  const names = new Set(["localhost", ...allowedHosts.map((name) => name.toLowerCase())]);
  const expected = token === undefined ? undefined : digest(token);
  return (request) => {
    if (request.hosts > 1) return { status: 403, reason: "expected one Host header" };
    const name = hostName(request.host);
    if (name === undefined || (isIP(name) === 0 && !names.has(name))) {
      const shown = (request.host ?? "").slice(0, SHOWN_LENGTH);
      const reason = `unknown Host "${shown}"; add it to listen.allowed_hosts`;
      return { status: 403, reason };
    }
    if (changesState(request.method) && !isOwnOrigin(request.origin, request.host)) {
      return { status: 403, reason: "requests from pages of another origin are refused" };
    }
    if (expected !== undefined && !hasToken(request.authorization, expected)) {
      return { status: 401, reason: "expected the header Authorization: Bearer <token>" };
    }
    return undefined;
  };
}

/** Whether an address is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function changesState(method: string): boolean {
  return method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
}

/** The name without port; brackets of an IPv6 address are taken off. */
function hostName(host: string | undefined): string | undefined {
  if (host === undefined) return undefined;
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\s/@]+))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return origin === `http://${host}` || origin === `https://${host}`;
}

function hasToken(authorization: string | undefined, expected: Buffer): boolean {
  const match = /^Bearer +(\S+)\s*$/i.exec(authorization ?? "");
  // Digests have one length, so the comparison takes one time whatever was sent.
  return match !== null && timingSafeEqual(digest(match[1] ?? ""), expected);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
