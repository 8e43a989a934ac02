import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { quietly } from "../faults.ts";

/** What became of a request: taken, worth another try later, or refused for good. */
export type Sent = "taken" | "later" | "refused";

/** One request. */
export type Post = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
};

/** A server that takes longer is treated as one that is away. */
const TIMEOUT_MS = 10_000;

/** Statuses by which OTLP asks to be sent the same again. */
const LATER: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Posts JSON. Not by `fetch`: its connections keep a process alive that has nothing else to do, and
 * what the application does to `fetch` (mocks, instrumentation) would meet our own requests. What no
 * request can be made of, such as a header with a line's end, is refused. Never rejects.
 */
export function send(post: Post): Promise<Sent> {
  return new Promise((resolve) => {
    const request = quietly(() => opened(post, resolve));
    if (request === undefined) {
      resolve("refused");
      return;
    }
    const timer = setTimeout(() => {
      request.destroy();
    }, TIMEOUT_MS);
    timer.unref();
    request.on("error", () => {
      resolve("later");
    });
    // Whatever ended it without an answer.
    request.on("close", () => {
      clearTimeout(timer);
      resolve("later");
    });
    letGo(request);
    request.end(post.body);
  });
}

function opened({ url, headers }: Post, resolve: (sent: Sent) => void): ClientRequest {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return request(url, { method: "POST", headers }, (response) => {
    response.on("error", () => {
      resolve("later");
    });
    response.resume();
    const { statusCode = 0 } = response;
    // The body is of no interest, and may never come.
    resolve(statusOf(statusCode));
  });
}

function statusOf(status: number): Sent {
  if (status >= 200 && status < 300) return "taken";
  return LATER.has(status) ? "later" : "refused";
}

function letGo(request: ClientRequest): void {
  request.on("socket", (socket: Socket) => {
    socket.unref();
  });
}
