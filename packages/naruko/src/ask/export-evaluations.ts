import type { Evaluation } from "@naruko/core/model/evaluation";
import { SECOND_MS } from "@naruko/core/model/time";
import type { EvaluationExport } from "../config/judge-schema.ts";
import type { Clock } from "../drive/clock.ts";
import { Requester } from "../scrape/http-client.ts";
import { encodeEvaluations } from "./encode-evaluations.ts";
import { countOf, jsonOf, textOf } from "./json-fields.ts";
import { pauseAfter } from "./pause.ts";

/** Verdicts that wait at most: at a verdict a second, almost three hours of a receiver's absence. */
const WAITING_MAX = 10_000;
/** Verdicts of one request. */
const BATCH_MAX = 512;
/** A verdict waits so long for others to go with it. */
const GATHER_MS = SECOND_MS;
const FIRST_PAUSE_MS = SECOND_MS;
const LONGEST_PAUSE_MS = 60 * SECOND_MS;
/** For the last request at a stop. */
const LAST_MS = SECOND_MS;
/** Bytes of an answer: what the protocol has in it is short. */
const ANSWER_MAX_BYTES = 64 * 1024;
/** What the OTLP specification has tried again; everything else is final. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** What became of verdicts, for `/metrics`: each is counted once, as sent, refused or dropped. */
export type ExportCounts = {
  readonly sent: number;
  /** For good, by the receiver. */
  readonly refused: number;
  /** Came when too many waited, or waited still at the stop. */
  readonly dropped: number;
  readonly requests: number;
  readonly retries: number;
};

export type EvaluationExporterPorts = {
  readonly clock: Clock;
  readonly report: (event: string, details: Readonly<Record<string, unknown>>) => void;
  readonly version: string;
  /** What the names of files are relative to. */
  readonly folder: string;
};

/**
 * Sends verdicts to an OTLP receiver, as events. A copy for others: what is kept and counted here does
 * not wait for it, and what waits when the process dies is not sent.
 */
export class EvaluationExporter {
  readonly #url: string;
  readonly #config: EvaluationExport;
  readonly #ports: EvaluationExporterPorts;
  readonly #requester: Requester;
  readonly #stopping = new AbortController();
  #waiting: Evaluation[] = [];
  /** The batch that is on its way is still among those that wait, at their head. */
  #sending: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #fault: string | undefined;
  #counts = { sent: 0, refused: 0, dropped: 0, requests: 0, retries: 0 };

  constructor(config: EvaluationExport, ports: EvaluationExporterPorts) {
    this.#url = logsUrl(config.url);
    this.#config = config;
    this.#ports = ports;
    this.#requester = new Requester({ ...config, http_headers: {} }, ports.folder);
  }

  get counts(): ExportCounts {
    return { ...this.#counts };
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Why the last request was not taken; `undefined` while all is well. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Takes verdicts to be sent; those that there is no room for are dropped, the newest first. */
  add(evaluations: readonly Evaluation[]): void {
    const room = this.#stopping.signal.aborted ? 0 : WAITING_MAX - this.#waiting.length;
    const taken = evaluations.slice(0, room);
    this.#waiting.push(...taken);
    this.#counts.dropped += evaluations.length - taken.length;
    if (this.#sending !== undefined || this.#waiting.length === 0) return;
    // A pause after a failure goes on, however many come meanwhile.
    if (this.#waiting.length >= BATCH_MAX && this.#fault === undefined) this.#send();
    else if (this.#cancelTimer === undefined) this.#sendAfter(GATHER_MS);
  }

  /** Ends what is under way and tries once more, for a second; what waits then is counted as dropped. */
  async stop(): Promise<void> {
    this.#cancelTimer?.();
    this.#stopping.abort();
    await this.#sending;
    const deadline = AbortSignal.timeout(LAST_MS);
    for (let before = Infinity; this.#waiting.length < before && this.#waiting.length > 0;) {
      before = this.#waiting.length;
      await this.#attempt(deadline);
    }
    this.#counts.dropped += this.#waiting.length;
    this.#waiting = [];
    this.#requester.close();
  }

  #sendAfter(delayMs: number): void {
    this.#cancelTimer = this.#ports.clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      this.#send();
    });
  }

  #send(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#sending = this.#sendNext();
  }

  async #sendNext(): Promise<void> {
    const nextMs = await this.#attempt(this.#stopping.signal);
    this.#sending = undefined;
    if (this.#stopping.signal.aborted || this.#waiting.length === 0) return;
    this.#sendAfter(nextMs);
  }

  /** Sends one batch, and says after how many milliseconds the next one may go. */
  async #attempt(signal: AbortSignal): Promise<number> {
    const batch = this.#waiting.slice(0, BATCH_MAX);
    this.#counts.requests++;
    const answer = await this.#requester.send({
      url: this.#url,
      method: "POST",
      headers: {
        ...this.#config.headers,
        "content-type": "application/json",
        "user-agent": `naruko/${this.#ports.version}`,
      },
      body: Buffer.from(encodeEvaluations(batch, this.#ports.version)),
      timeoutMs: this.#config.timeout,
      maxBytes: ANSWER_MAX_BYTES,
      signal,
    });
    if (!answer.ok) return this.#retry(answer.reason);
    const { status, headers, body } = answer;
    if (RETRYABLE.has(status)) {
      const told = { "retry-after": headers["retry-after"] ?? "", date: headers.date ?? "" };
      const pause = { status, headers: new Headers(told) };
      return this.#retry(`answered ${status}`, pauseAfter(pause, this.#ports.clock.wallMs()));
    }
    this.#waiting.splice(0, batch.length);
    this.#pauseMs = FIRST_PAUSE_MS;
    const isTaken = status >= 200 && status < 300;
    const refused = isTaken ? rejectedIn(body, batch.length) : batch.length;
    this.#counts.refused += refused;
    this.#counts.sent += batch.length - refused;
    if (refused === 0) this.#fault = undefined;
    else this.#tell(`answered ${status} and refused verdicts`, "verdicts are not exported");
    return this.#waiting.length >= BATCH_MAX ? 0 : GATHER_MS;
  }

  #retry(reason: string, askedMs?: number): number {
    if (this.#stopping.signal.aborted) return 0;
    this.#counts.retries++;
    this.#tell(reason, "verdicts wait to be exported");
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    return askedMs ?? pauseMs;
  }

  /** A fault is told when it comes, and not again while it lasts. */
  #tell(reason: string, event: string): void {
    if (this.#fault !== reason) {
      this.#ports.report(event, { receiver: new URL(this.#url).host, reason });
    }
    this.#fault = reason;
  }
}

/** The signal's own path, below a base that may have one (OTLP exporter specification). */
function logsUrl(base: string): string {
  const url = new URL(base);
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = path.endsWith("/v1/logs") ? path : `${path}/v1/logs`;
  return url.href;
}

/** How many records a receiver says that it did not take, of a request that it did. */
function rejectedIn(body: Buffer, most: number): number {
  const path = ["partialSuccess", "rejectedLogRecords"] as const;
  const answer = jsonOf(body.toString("utf8"));
  // A 64-bit number is a text in OTLP's JSON; some servers write a number.
  const told = countOf(answer, ...path) ?? Number(textOf(answer, ...path));
  return Number.isSafeInteger(told) ? Math.min(Math.max(told, 0), most) : 0;
}
