import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate as nextTurn, setTimeout as after } from "node:timers/promises";
import { closeAtOnce, openOnLoopback } from "../loopback.ts";

/** What a provider's server answers to one request. */
export type ScriptedAnswer =
  | {
      readonly kind: "whole";
      readonly status: number;
      readonly body: object;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "stream";
      readonly contentType: string;
      /** Events as they go over the wire, by what was asked. */
      readonly frames: Frames | ((asked: object) => Frames);
      /** `cut` breaks the connection, `hang` leaves it open and says nothing more. */
      readonly end: "done" | "cut" | "hang";
    }
  /** Takes the request and never answers. */
  | { readonly kind: "silent" };

/** Events, each a text or bytes. */
export type Frames = readonly (string | Uint8Array)[];

/** What a client asked, as far as the wire shows it. */
export type Asked = {
  readonly case: string;
  readonly path: string;
  readonly body: object;
  /** Between which moments a stream was sent, its last event included; absent until then. */
  sent?: { readonly fromMs: number; readonly toMs: number };
};

/** Where streams are torn apart: a prime, so that lines, characters and CRLF are all hit. */
const PIECE_BYTES = 11;
/** Between the events of a stream, so that they arrive one by one. */
const EVENT_MS = 4;

/**
 * A provider's server on loopback. The first part of a request's path names the case whose answers
 * it gets, one after the other; the last one is repeated.
 */
export class ProviderStub {
  readonly asked: Asked[] = [];
  readonly #answers: ReadonlyMap<string, readonly ScriptedAnswer[]>;
  readonly #eventMs: number;
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response);
  });

  /** @param eventMs how long it waits after each event of a stream */
  constructor(answers: ReadonlyMap<string, readonly ScriptedAnswer[]>, eventMs: number = EVENT_MS) {
    this.#answers = answers;
    this.#eventMs = eventMs;
  }

  /** Opens a free port and returns the base of its addresses. */
  start(): Promise<string> {
    return openOnLoopback(this.#server);
  }

  stop(): Promise<void> {
    return closeAtOnce(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, encoded = "", ...rest] = (request.url ?? "").split("/");
    const name = decodeURIComponent(encoded);
    const body = JSON.parse(await textOf(request)) as object;
    const before = this.asked.filter((asked) => asked.case === name).length;
    const asked: Asked = { case: name, path: `/${rest.join("/")}`, body };
    this.asked.push(asked);
    const answers = this.#answers.get(name) ?? [];
    const answer = answers[Math.min(before, answers.length - 1)];
    if (answer === undefined) {
      response.writeHead(404).end(JSON.stringify({ error: { message: `no case ${name}` } }));
    } else if (answer.kind === "whole") {
      const headers = {
        "Content-Type": "application/json",
        "retry-after-ms": "1",
        ...answer.headers,
      };
      response.writeHead(answer.status, headers).end(JSON.stringify(answer.body));
    } else if (answer.kind === "stream") {
      const fromMs = Date.now();
      asked.sent = { fromMs, toMs: await this.#stream(response, answer, body) };
    }
  }

  /** Sends the events of a stream, and resolves to the moment of the last one. */
  async #stream(
    response: ServerResponse,
    { contentType, frames, end }: ScriptedAnswer & { readonly kind: "stream" },
    asked: object,
  ): Promise<number> {
    let lastMs = Date.now();
    response.writeHead(200, { "Content-Type": contentType });
    response.socket?.setNoDelay(true);
    for (const frame of typeof frames === "function" ? frames(asked) : frames) {
      const bytes = Buffer.from(frame);
      for (let from = 0; from < bytes.length && !response.destroyed; from += PIECE_BYTES) {
        response.write(bytes.subarray(from, from + PIECE_BYTES));
        await nextTurn();
      }
      lastMs = Date.now();
      await after(this.#eventMs);
    }
    if (end === "done") response.end();
    if (end === "cut") response.destroy();
    return lastMs;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

/** Server-sent events with CRLF; `named` ones carry their type, as those of OpenAI's responses. */
export function serverSentEvents(
  events: readonly (object | string)[],
  named = false,
): readonly string[] {
  return events.map((event) => {
    const data = typeof event === "string" ? event : JSON.stringify(event);
    const type = named && typeof event === "object" && "type" in event ? String(event.type) : "";
    return `${type === "" ? "" : `event: ${type}\r\n`}data: ${data}\r\n\r\n`;
  });
}
