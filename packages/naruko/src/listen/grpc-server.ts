import { performServerHandshake } from "node:http2";
import type { ServerHttp2Session, ServerOptions } from "node:http2";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createSecureServer } from "node:tls";
import { SECOND_MS } from "@naruko/core/model/time";
import type { Limits } from "@naruko/core/model/limits";
import { answerCall } from "./grpc-call.ts";
import type { GrpcCallOptions } from "./grpc-call.ts";
import type { Listening } from "./server.ts";
import { tlsOptions } from "./tls-options.ts";
import type { TlsFiles } from "./tls-options.ts";

export type GrpcServerOptions = GrpcCallOptions & {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Absent: HTTP/2 without TLS. */
  readonly tls?: TlsFiles;
  /** A connection did not come to TLS. */
  readonly tlsFailed: (error: Error) => void;
  readonly limits: Pick<Limits, "connections" | "headersMs" | "callsPerConnection">;
  /** After so long without a sign of life a connection is closed; senders open another. */
  readonly idleMs: number;
  /** What somebody is told who speaks HTTP/1 here: where he should go. */
  readonly elsewhere: () => string;
};

/** How long calls that have begun may take once the server stops. */
const CLOSE_WITHIN_MS = 5 * SECOND_MS;

/** How HTTP/2 begins (RFC 9113, section 3.4); so much of it tells it from HTTP/1. */
const PREFACE = Buffer.from("PRI * HTTP/2.0");

/** A sender may be so many bytes ahead of what was read: else each 64 kB would cost a round trip. */
const WINDOW_BYTES = 1024 * 1024;

/** A peer that is gone without a word is noticed within some 70 s. */
const TCP = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60 * SECOND_MS };

/**
 * Opens a port for gRPC.
 *
 * @throws the system's error (EADDRINUSE …) when it cannot be opened
 */
export async function listenGrpc(options: GrpcServerOptions): Promise<Listening> {
  const { limits, limitCounts } = options;
  const connections = new Connections(options);
  const { server, useTls } = created(options, (socket) => {
    connections.greet(socket);
  });
  server.on("connection", (socket) => {
    connections.open(socket);
  });
  server.maxConnections = limits.connections;
  server.on("drop", () => {
    limitCounts.reached("connections");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { port, useTls, close: () => close(server, connections) };
}

function created(
  { tls, tlsFailed, limits }: GrpcServerOptions,
  greet: (socket: Socket) => void,
): { readonly server: Server; readonly useTls: Listening["useTls"] } {
  if (tls === undefined) return { server: createServer(TCP, greet), useTls: () => undefined };
  const secure = { ...TCP, ...tlsOptions(tls), handshakeTimeout: limits.headersMs };
  // Who speaks HTTP/1 is let in to be told where to go.
  const server = createSecureServer({ ...secure, ALPNProtocols: ["h2", "http/1.1"] }, greet);
  server.on("tlsClientError", (error, socket) => {
    tlsFailed(error);
    // After its timeout Node leaves it open.
    socket.destroy();
  });
  return {
    server,
    useTls: (files) => {
      server.setSecureContext(tlsOptions(files));
    },
  };
}

async function close(server: Server, connections: Connections): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  connections.close();
  const impatience = setTimeout(() => {
    connections.destroy();
  }, CLOSE_WITHIN_MS);
  await closed;
  clearTimeout(impatience);
}

/** The connections that are open. */
class Connections {
  readonly #options: GrpcServerOptions;
  readonly #sockets = new Set<Socket>();
  /** Those that have not said yet what they speak. */
  readonly #waiting = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(options: GrpcServerOptions) {
    this.#options = options;
  }

  /** Notes a connection before there is TLS on it. */
  open(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
    });
  }

  /** Looks at the first bytes: an exporter of OTLP/HTTP at the wrong port is told so. */
  greet(socket: Socket): void {
    const { limits, limitCounts, elsewhere } = this.#options;
    this.#waiting.add(socket);
    const patience = setTimeout(() => {
      limitCounts.reached("headersMs");
      socket.destroy();
    }, limits.headersMs);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      clearTimeout(patience);
      this.#waiting.delete(socket);
    });
    let head = Buffer.alloc(0);
    const look = (): void => {
      const part = socket.read() as Buffer | null;
      if (part === null) return;
      head = Buffer.concat([head, part]);
      const isHttp2 = PREFACE.subarray(0, head.length).equals(head.subarray(0, PREFACE.length));
      if (isHttp2 && head.length < PREFACE.length) return;
      socket.off("readable", look);
      clearTimeout(patience);
      this.#waiting.delete(socket);
      if (isHttp2) {
        socket.unshift(head);
        this.#serve(socket);
      } else {
        const text = `${elsewhere()}\n`;
        const length = `Content-Length: ${Buffer.byteLength(text)}`;
        const type = "Content-Type: text/plain; charset=utf-8";
        socket.end(
          `HTTP/1.1 400 Bad Request\r\n${type}\r\n${length}\r\nConnection: close\r\n\r\n${text}`,
        );
        socket.resume();
      }
    };
    socket.on("readable", look);
  }

  #serve(socket: Socket): void {
    const { limits, limitCounts, idleMs } = this.#options;
    const session = performServerHandshake(socket, sessionOptions(limits));
    // The connection's own window, beside that of each call.
    session.setLocalWindowSize(WINDOW_BYTES);
    this.#sessions.add(session);
    let calls = 0;
    session.on("stream", (stream, headers) => {
      calls += 1;
      if (calls === limits.callsPerConnection) limitCounts.reached("callsPerConnection");
      stream.once("close", () => {
        calls -= 1;
      });
      void answerCall(stream, headers, this.#options);
    });
    session.setTimeout(idleMs, () => {
      // A call that waits for the disk is no idle connection.
      if (calls === 0) session.close();
    });
    // Bytes that are no HTTP/2 end the connection, and are the sender's fault.
    session.on("error", () => undefined);
    session.once("close", () => {
      this.#sessions.delete(session);
    });
  }

  /** Lets calls that have begun end, and takes no more. */
  close(): void {
    for (const socket of this.#waiting) socket.destroy();
    for (const session of this.#sessions) session.close();
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function sessionOptions({ callsPerConnection }: Pick<Limits, "callsPerConnection">): ServerOptions {
  return {
    settings: { maxConcurrentStreams: callsPerConnection, initialWindowSize: WINDOW_BYTES },
  };
}
