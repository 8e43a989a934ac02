import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SECOND_MS } from "@naruko/core/model/time";
import type { Guard } from "./guard.ts";

/** An answer; headers that every answer has are added by the server. */
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
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
  readonly guard: Guard;
  /** Paths that answer without a token: `/-/healthy` for a load balancer. */
  readonly open?: ReadonlySet<string>;
  readonly handlers: readonly Handler[];
  /** How a refusal reads on this port: OTLP has a format of its own for it. */
  readonly refuse: (request: IncomingMessage, status: number, reason: string) => Answer;
  /** Somebody's request met a bug of ours. */
  readonly broke: (error: unknown, where: string) => void;
};

const REQUEST_TIMEOUT_MS = 60 * SECOND_MS;

// Nothing that is shown may load, run or embed anything from elsewhere.
const SECURITY_HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
} as const;

export type Listening = { readonly port: number; readonly close: () => Promise<void> };

/**
 * Opens a port.
 *
 * @throws the system's error (EADDRINUSE …) when it cannot be opened
 */
export async function listen(options: ServerOptions): Promise<Listening> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    void respond(options, request, response);
  });
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

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
    options.broke(error, `${request.method} ${request.url}`);
    answer = options.refuse(request, 500, "internal error; the log of the server has it");
  }
  // A body that was not read to its end would be taken for the next request.
  const connection = request.complete ? {} : { Connection: "close" };
  response.writeHead(answer.status, { ...SECURITY_HEADERS, ...connection, ...answer.headers });
  response.end(request.method === "HEAD" ? undefined : answer.body);
}

async function answerTo(options: ServerOptions, request: IncomingMessage): Promise<Answer> {
  const url = URL.parse(request.url ?? "/", "http://localhost");
  if (url === null) return options.refuse(request, 400, "the path is not valid");
  const { authorization, host, origin } = request.headers;
  const refusal = options.guard({ method: request.method ?? "GET", host, origin, authorization });
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

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections();
  await closed;
}
