// A process of its own: sends trace exports over a few connections and prints what came back.
import http from "node:http";
import { gzipSync } from "node:zlib";
import { SPANS_PER_REQUEST, spanRequest } from "./span-request.ts";

/** What is to be sent. */
export type Sending = {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  /** 0: each connection sends as soon as it has its answer. */
  readonly spansPerS: number;
  /** Characters of each call's prompt, and as many of its answer; 0: no text is sent. */
  readonly textLength: number;
};

/** What came of it; times in milliseconds. */
export type Sent = {
  readonly requests: number;
  readonly spans: number;
  readonly elapsedMs: number;
  /** Requests by status; "error" for those without an answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Of answers with status 200, in order of size. */
  readonly latenciesMs: readonly number[];
  readonly bodyBytes: number;
  readonly gzipBytes: number;
  /** Requests that were encoded while sending, because the ones encoded before were used up. */
  readonly encodedLate: number;
};

/** Encoded before the clock starts: for a rate of so many spans a second. */
const ENCODED_FOR_SPANS_PER_S = 50_000;
const ENCODED_WITH_TEXT_PER_S = 20_000;
const ENCODED_MAX_S = 120;

function main(): void {
  // The parent is this bench: it writes what `Sending` says.
  const sending = JSON.parse(process.argv[2] ?? "{}") as Sending;
  void send(sending).then((sent) => process.stdout.write(JSON.stringify(sent)));
}

async function send({ url, seconds, connections, spansPerS, textLength }: Sending): Promise<Sent> {
  const template = spanRequest(textLength);
  const bodyBytes = template.next(Date.now()).length;
  const encode = (): Buffer => gzipSync(template.next(Date.now()));
  const fullSpeed = textLength === 0 ? ENCODED_FOR_SPANS_PER_S : ENCODED_WITH_TEXT_PER_S;
  const rate = spansPerS === 0 ? fullSpeed : spansPerS;
  const count = Math.ceil((Math.min(seconds, ENCODED_MAX_S) * rate) / SPANS_PER_REQUEST);
  const supply = Array.from({ length: count }, encode);
  const gzipBytes = supply.reduce((sum, { length }) => sum + length, 0) / count;

  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const statuses: Record<string, number> = {};
  const latenciesMs: number[] = [];
  let requests = 0;
  let encodedLate = 0;
  const startedMs = performance.now();
  const everyMs = spansPerS === 0 ? 0 : (SPANS_PER_REQUEST * 1000) / spansPerS;

  const connection = async (): Promise<void> => {
    for (;;) {
      // Counted from when it was due, so that a server which stalls is not spared what it delays.
      const dueMs = everyMs === 0 ? performance.now() : startedMs + requests * everyMs;
      if (dueMs >= startedMs + seconds * 1000) return;
      let body = supply[requests++];
      if (body === undefined) {
        body = encode();
        encodedLate++;
      }
      const aheadMs = dueMs - performance.now();
      if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
      const status = await post(url, body, agent);
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status === "200") latenciesMs.push(performance.now() - dueMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  const elapsedMs = performance.now() - startedMs;
  agent.destroy();
  latenciesMs.sort((a, b) => a - b);
  const spans = (statuses["200"] ?? 0) * SPANS_PER_REQUEST;
  const sent = { requests, spans, elapsedMs, statuses, latenciesMs };
  return { ...sent, bodyBytes, gzipBytes, encodedLate };
}

function post(url: string, body: Buffer, agent: http.Agent): Promise<string> {
  return new Promise((resolve) => {
    const headers = {
      "Content-Type": "application/x-protobuf",
      "Content-Encoding": "gzip",
      "Content-Length": body.length,
    };
    const request = http.request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => {
        resolve(String(response.statusCode));
      });
    });
    request.on("error", () => {
      resolve("error");
    });
    request.end(body);
  });
}

main();
