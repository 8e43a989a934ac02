import { createServer, STATUS_CODES } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Server as SecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { SECOND_MS } from "@naruko/core/model/time";
import type { Limits } from "@naruko/core/model/limits";
import type { Guard, GuardedRequest } from "./guard.ts";
import type { HttpCounts } from "./http-counts.ts";
import type { LimitCounts } from "./limit-counts.ts";
import { sendAnswer } from "./send-answer.ts";
import { tlsOptions } from "./tls-options.ts";
import type { TlsFiles } from "./tls-options.ts";

/** An answer; headers that every answer has are added by the server. */
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** In place of a body that would be too large to hold: its pieces, made while they are sent. */
  readonly stream?: Iterable<string>;
  /** Compresses it for clients that take that. */
  readonly compress?: boolean;
  /** Called once, when it is sent or cannot be. */
  readonly sent?: () => void;
};

/** Answers one request, or `undefined` where the path is not its own. */
export type Handler = (
  request: IncomingMessage,
  url: URL,
) => Answer | undefined | Promise<Answer | undefined>;

export type ServerOptions = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Absent: plain HTTP. */
  readonly tls?: TlsFiles;
  /** A connection did not come to TLS. */
  readonly tlsFailed: (error: Error) => void;
  readonly guard: Guard;
  /** Paths with a guard of their own. */
  readonly guards?: ReadonlyMap<string, Guard>;
  /** Paths that answer without a token: `/-/healthy` for a load balancer. */
  readonly open?: ReadonlySet<string>;
  readonly handlers: readonly Handler[];
  readonly limits: Pick<Limits, "connections" | "headerBytes" | "headersMs" | "requestMs">;
  readonly limitCounts: LimitCounts;
  readonly counts: HttpCounts;
  /** How a refusal reads on this port: OTLP has a format of its own for it. */
  readonly refuse: (request: IncomingMessage, status: number, reason: string) => Answer;
  /** Somebody's request met a bug of ours. */
  readonly broke: (error: unknown, where: string) => void;
};

/** How often connections are looked at for senders that are too slow. */
const CHECK_EVERY_MS = 5 * SECOND_MS;

// Nothing that is shown may load, run or embed anything from elsewhere.
const SECURITY_HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
} as const;

/** How long requests that have begun may take once the server stops. */
const CLOSE_WITHIN_MS = 5 * SECOND_MS;

export type Listening = {
  readonly port: number;
  /** Takes another certificate for connections to come; without effect on a plain port. */
  readonly useTls: (files: TlsFiles) => void;
  readonly close: () => Promise<void>;
};

/**
 * Opens a port.
 *
 * @throws the system's error (EADDRINUSE …) when it cannot be opened
 */
export async function listen(options: ServerOptions): Promise<Listening> {
  const { limits } = options;
  const { server, useTls, isAgreed } = created(options);
  server.maxConnections = limits.connections;
  server.on("drop", () => {
    options.limitCounts.reached("connections");
  });
  server.on("clientError", (error, socket) => {
    // Words would never reach somebody with whom there is no TLS yet.
    if (isAgreed(socket)) refuseBytes(options, error, socket);
    else socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, useTls, close: () => close(server) };
}

function created(options: ServerOptions): {
  readonly server: Server | SecureServer;
  readonly useTls: Listening["useTls"];
  /** Whether there is TLS on a connection, where there is to be. */
  readonly isAgreed: (socket: Duplex) => boolean;
} {
  const { limits, tls, tlsFailed } = options;
  const settings = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: CHECK_EVERY_MS,
    insecureHTTPParser: false,
    requireHostHeader: true,
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    void respond(options, request, response);
  };
  if (tls === undefined) {
    const server = createServer(settings, answer);
    return { server, useTls: () => undefined, isAgreed: () => true };
  }
  const secure = { ...settings, ...tlsOptions(tls), handshakeTimeout: limits.headersMs };
  const server = createSecureServer(secure, answer);
  const agreed = new WeakSet<Duplex>();
  server.on("tlsClientError", tlsFailed);
  server.on("secureConnection", (socket) => {
    agreed.add(socket);
  });
  return {
    server,
    isAgreed: (socket) => agreed.has(socket),
    useTls: (files) => {
      server.setSecureContext(tlsOptions(files));
    },
  };
}

/** What is sent to somebody whose bytes are no request, or come too slowly. */
function refuseBytes(options: ServerOptions, error: Error, socket: Duplex): void {
  const code = "code" in error ? error.code : undefined;
  if (code === "ECONNRESET") return;
  const status = code === TIMED_OUT ? 408 : code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
  // Node has one code for both of its timeouts.
  if (status === 408) options.limitCounts.reached("requestMs");
  if (status === 431) options.limitCounts.reached("headerBytes");
  options.counts.answered(status);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { headerBytes } = options.limits;
  const body =
    status === 431
      ? `address and headers have more than ${headerBytes} bytes (limit headerBytes); send parameters as a form\n`
      : "";
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

const TIMED_OUT = "ERR_HTTP_REQUEST_TIMEOUT";

async function respond(
  options: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answer: Answer;
  try {
    answer = await answerTo(options, request);
  } catch (error) {
    // A sender that hung up in the middle of its body has no use for an answer.
    if (request.destroyed && !request.complete) return;
    options.broke(error, shownPath(request));
    answer = options.refuse(request, 500, "internal error; the log of the server has it");
  }
  // A body that was not read to its end would be taken for the next request.
  const connection = request.complete ? {} : { Connection: "close" };
  options.counts.answered(answer.status);
  const headers = { ...SECURITY_HEADERS, ...connection, ...answer.headers };
  try {
    await sendAnswer(request, response, { ...answer, headers }, options.limits.requestMs);
  } catch (error) {
    options.broke(error, shownPath(request));
  } finally {
    answer.sent?.();
  }
}

/** Without the query: it may hold what somebody asked for, and is as long as they like. */
function shownPath({ method, url }: IncomingMessage): string {
  return `${method} ${url?.split("?", 1)[0]}`;
}

async function answerTo(options: ServerOptions, request: IncomingMessage): Promise<Answer> {
  const url = pathOf(request);
  const guard = options.guards?.get(url?.pathname ?? "") ?? options.guard;
  const refusal = guard(guarded(request));
  if (url === undefined) return options.refuse(request, 400, "expected a path that begins with /");
  const isOpen = refusal?.status === 401 && options.open?.has(url.pathname) === true;
  if (refusal !== undefined && !isOpen) {
    const answer = options.refuse(request, refusal.status, refusal.reason);
    if (refusal.status !== 401) return answer;
    return { ...answer, headers: { ...answer.headers, "WWW-Authenticate": "Bearer" } };
  }
  for (const handler of options.handlers) {
    const answer = await handler(request, url);
    if (answer !== undefined) return answer;
  }
  return options.refuse(request, 404, `nothing is served at ${url.pathname}`);
}

function guarded({ method = "GET", headers, rawHeaders }: IncomingMessage): GuardedRequest {
  const { authorization, host, origin } = headers;
  const names = rawHeaders.filter((_, i) => i % 2 === 0);
  const hosts = names.filter((name) => name.toLowerCase() === "host").length;
  return { method, host, hosts, origin, authorization };
}

/** Only a path is taken: in `GET http://other/metrics` or `GET //other/metrics` the host is not ours. */
function pathOf({ url = "" }: IncomingMessage): URL | undefined {
  if (!url.startsWith("/") || url.startsWith("//")) return undefined;
  return URL.parse(url, "http://localhost") ?? undefined;
}

async function close(server: Server | SecureServer): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections();
  // Node looks at slow senders no more once it closes: one of them could hold the process for ever.
  const impatience = setTimeout(() => {
    server.closeAllConnections();
  }, CLOSE_WITHIN_MS);
  await closed;
  clearTimeout(impatience);
}
