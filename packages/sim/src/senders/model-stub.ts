import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate as nextTurn, setTimeout as after } from "node:timers/promises";
import { CASES, type Case } from "./cases.ts";
import {
  refusal,
  streamedAnswer,
  type StreamEvent,
  type Tokens,
  wholeAnswer,
} from "./model-answers.ts";

/** What went over the wire for one request: what a sender's telemetry is held against. */
export type Served = {
  readonly sender: string;
  readonly model: string;
  readonly status: number;
  readonly cut: boolean;
  /**
   * Milliseconds from the whole request until its answer began, or until a stream's last word was
   * out: no client can have taken less.
   */
  readonly servedMs: number;
  /** Milliseconds until the stream began; streams only. */
  readonly firstMs?: number;
  /** The usage that the answer told; absent where it told none. */
  readonly tokens?: Tokens;
};

/** Where the body of a stream is torn apart: a prime, so that lines, characters and CRLF are all hit. */
const PIECE_BYTES = 11;
/** How long the stub thinks before it answers or streams its first word, and between words. */
const THINK_MS = 60;
const WORD_MS = 15;

/** Some instrumentations hold up their process for seconds; its connections live on meanwhile. */
const KEEP_ALIVE_MS = 60_000;

/** A local stub of the APIs of OpenAI and Anthropic; a sender's name is the first part of its paths. */
export class ModelStub {
  readonly served: Served[] = [];
  readonly #server = createServer((request, answer) => {
    void this.#answer(request, answer);
  });

  /** Opens a free port on loopback and returns the base of its URLs. */
  async start(): Promise<string> {
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** What was served to a sender for a model, in order. */
  servedTo(sender: string, model: string): readonly Served[] {
    return this.served.filter((one) => one.sender === sender && one.model === model);
  }

  async #answer(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = JSON.parse(await textOf(request)) as Body;
    const startedMs = performance.now();
    const sender = (request.url ?? "").split("/")[1] ?? "";
    const asked = CASES.find(({ model }) => model === body.model);
    if (asked === undefined) {
      json(answer, 404, { error: { message: `no case of this model: ${String(body.model)}` } });
      return;
    }
    const before = this.servedTo(sender, asked.model).length;
    const status = statusFor(asked, before);
    const told = { sender, model: asked.model, status, cut: asked.answer === "cut" };
    await after(THINK_MS);
    if (status !== 200) {
      // What clients wait before they try again.
      answer.setHeader("retry-after-ms", "1");
      this.served.push({ ...told, servedMs: performance.now() - startedMs });
      json(answer, status, refusal(asked.api, status));
      return;
    }
    const tokens = tokensOf(asked, before);
    const id = `${sender}-${asked.model}-${before}`;
    if (body.stream !== true) {
      this.served.push({ ...told, tokens, servedMs: performance.now() - startedMs });
      json(answer, 200, wholeAnswer(asked, id, tokens));
      return;
    }
    const asksUsage = asked.api !== "chat" || body.stream_options?.include_usage === true;
    const stream = streamedAnswer(asked, id, { tokens, asksUsage });
    const firstMs = performance.now() - startedMs;
    answer.writeHead(200, { "Content-Type": "text/event-stream" });
    await writeTorn(answer, stream.opening);
    for (const word of told.cut ? stream.content.slice(0, 2) : stream.content) {
      await writeTorn(answer, [word]);
      await after(WORD_MS);
    }
    const servedMs = performance.now() - startedMs;
    this.served.push({ ...told, firstMs, servedMs, ...(asksUsage && !told.cut && { tokens }) });
    if (told.cut) {
      answer.destroy();
      return;
    }
    await writeTorn(answer, stream.closing);
    answer.end();
  }
}

type Body = {
  readonly model?: unknown;
  readonly stream?: unknown;
  readonly stream_options?: { readonly include_usage?: unknown } | null;
};

function statusFor(asked: Case, before: number): 200 | 429 | 500 {
  if (asked.answer === "rate-limited") return 429;
  if (asked.answer === "failing") return 500;
  return asked.answer === "once-limited" && before === 0 ? 429 : 200;
}

/** Differs from answer to answer, so that a count that is taken twice or lost shows in the sums. */
function tokensOf(asked: Case, before: number): Tokens {
  const reasoning = asked.api === "messages" ? 0 : 5;
  if (asked.api === "embeddings") return { input: 7, cached: 0, output: 0, reasoning: 0 };
  return { input: 120 + 7 * before, cached: 20, output: 30 + 11 * before, reasoning };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

function json(answer: ServerResponse, status: number, body: object): void {
  answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

function eventText({ name, data }: StreamEvent): string {
  const line = `data: ${data === "[DONE]" ? data : JSON.stringify(data)}`;
  return `${name === undefined ? "" : `event: ${name}\r\n`}${line}\r\n\r\n`;
}

/** Each piece is a chunk and a packet of its own. */
async function writeTorn(answer: ServerResponse, events: readonly StreamEvent[]): Promise<void> {
  const bytes = Buffer.from(events.map(eventText).join(""));
  answer.socket?.setNoDelay(true);
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    answer.write(bytes.subarray(from, from + PIECE_BYTES));
    await nextTurn();
  }
}
