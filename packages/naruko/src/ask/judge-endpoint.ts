import { readVerdict } from "@naruko/core/judge/read-verdict";
import type { Ask, JudgeAnswer } from "@naruko/core/model/judge";
import type { Clock } from "../drive/clock.ts";
import { anthropicReply } from "./anthropic-reply.ts";
import { askAnthropic } from "./anthropic-request.ts";
import { type Endpoint, hostOf } from "./endpoint.ts";
import type { Exchange } from "./exchange.ts";
import { failedExchange, refusedByStatus, type Failure, UNPAID } from "./failure.ts";
import { countOf, fieldOf, jsonOf } from "./json-fields.ts";
import { openAiReply } from "./openai-reply.ts";
import { askOpenAi } from "./openai-request.ts";
import { pauseAfter } from "./pause.ts";
import type { Reply } from "./reply.ts";
import {
  firstShape,
  type RefusedPart,
  type RequestShape,
  sameShape,
  shapeAfter,
} from "./request-shape.ts";
import { type ServerWords, wordsOf } from "./server-words.ts";

/** What people should know of an endpoint; told once. Never holds text or keys. */
export type EndpointNotice = {
  readonly kind: "asked-with-less" | "ignores-the-limit" | "another-model";
  readonly message: string;
};

export type JudgeEndpointPorts = {
  readonly clock: Clock;
  readonly tell: (notice: EndpointNotice) => void;
};

const ASK = { openai: askOpenAi, anthropic: askAnthropic };
const REPLY = { openai: openAiReply, anthropic: anthropicReply };

/** The judge as it is reached over the network. */
export class JudgeEndpoint {
  readonly #endpoint: Endpoint;
  readonly #ports: JudgeEndpointPorts;
  /** How each model is asked, where the endpoint refused what is asked first. */
  readonly #shapes = new Map<string, RequestShape>();
  readonly #told = new Set<string>();
  /** By the model that was asked: what it was called in answers, the first name first. */
  readonly #names = new Map<string, Set<string>>();

  constructor(endpoint: Endpoint, ports: JudgeEndpointPorts) {
    this.#endpoint = endpoint;
    this.#ports = ports;
  }

  /**
   * Sends one request and says what became of it. Never throws, never asks again what failed: only a
   * request that the endpoint refused for a part of it is sent without that part, as another one.
   *
   * @param stopping ends what is under way when the process stops
   */
  async ask(ask: Ask, stopping?: AbortSignal): Promise<JudgeAnswer> {
    const late = new AbortController();
    const cancel = this.#ports.clock.after(ask.timeoutMs, () => {
      late.abort();
    });
    const signals = stopping === undefined ? [late.signal] : [late.signal, stopping];
    try {
      return await this.#negotiated(ask, AbortSignal.any(signals));
    } catch (error) {
      const host = hostOf(this.#endpoint);
      if (late.signal.aborted) {
        const detail = `${host} did not answer within ${ask.timeoutMs} ms`;
        return { ok: false, reason: "timeout", retry: true, detail };
      }
      if (stopping?.aborted === true) {
        const detail = `${host}: the program stopped before the answer`;
        return { ok: false, reason: "interrupted", retry: true, detail };
      }
      return failedExchange(error, this.#endpoint);
    } finally {
      cancel();
    }
  }

  /** Asks with less, step by step, as long as the endpoint refuses a part of the request. */
  async #negotiated(ask: Ask, signal: AbortSignal): Promise<JudgeAnswer> {
    const first = this.#shapes.get(ask.model) ?? firstShape(this.#endpoint);
    const refused: RefusedPart[] = [];
    for (let shape = first; ;) {
      const exchange = await ASK[this.#endpoint.provider](ask, shape, this.#endpoint, signal);
      const body = jsonOf(exchange.text);
      const refusal = refusalOf(exchange, body);
      const next = refusal && shapeAfter(refusal, shape, this.#endpoint);
      if (next === undefined) {
        if (refusal === undefined && refused.length > 0) this.#remember(ask.model, shape, refused);
        return this.#answerOf(exchange, body, ask);
      }
      refused.push(next.refused);
      shape = next.shape;
    }
  }

  /** Only what was answered is remembered: words in a refusal alone prove nothing. */
  #remember(model: string, shape: RequestShape, refused: readonly RefusedPart[]): void {
    const known = this.#shapes.get(model);
    this.#shapes.set(model, shape);
    // Requests that were under way together find the same.
    if (known !== undefined && sameShape(known, shape)) return;
    const parts = refused.map((part) => INSTEAD[part](shape)).join("; ");
    const message = `${hostOf(this.#endpoint)} does not take everything with ${model}: ${parts}`;
    this.#ports.tell({ kind: "asked-with-less", message });
  }

  #answerOf(exchange: Exchange, body: unknown, ask: Ask): JudgeAnswer {
    const pauseMs = pauseAfter(exchange, this.#ports.clock.wallMs());
    const pause = pauseMs === undefined ? {} : { pauseMs };
    const refusal = refusalOf(exchange, body);
    if (refusal === undefined && (typeof body !== "object" || body === null)) {
      const failure = this.#failed("malformed", whatInstead(exchange));
      // Of a proxy that wants a login, or of another program at this address: no model was asked.
      return { ...failure, ...(isWebPage(exchange) && { usage: UNPAID }), ...pause };
    }
    const reply = REPLY[this.#endpoint.provider](body);
    const { usage, model } = reply;
    // What a refusal says was used is paid for, too.
    const paid = usage === undefined ? {} : { usage };
    if (refusal !== undefined) {
      return { ...refusedByStatus(refusal, ask, this.#endpoint), ...paid, ...pause };
    }
    this.#checkLimit(reply, ask);
    this.#checkName(model, ask);
    return {
      ...this.#judged(reply, ask),
      ...paid,
      ...(model !== undefined && { model }),
      ...pause,
    };
  }

  #judged({ said }: Reply, ask: Ask): JudgeAnswer {
    if (said.kind !== "text") return this.#failed(said.kind, said.detail);
    const verdict = readVerdict(said.text, ask.expect);
    if (!verdict.ok) return this.#failed(verdict.reason, verdict.detail);
    const { verdicts, ignored } = verdict;
    return { ok: true, verdicts, ...(ignored > 0 && { unasked: ignored }) };
  }

  #failed(reason: Failure["reason"], detail: string): Failure {
    return { ok: false, reason, retry: true, detail: `${hostOf(this.#endpoint)}: ${detail}` };
  }

  /** An answer longer than the limit was paid for beyond what the budget had reserved. */
  #checkLimit({ usage }: Reply, { model, maxOutputTokens }: Ask): void {
    const tokens = usage?.outputTokens ?? 0;
    if (tokens <= maxOutputTokens || this.#told.has(model)) return;
    this.#told.add(model);
    const message =
      `${hostOf(this.#endpoint)} let ${model} answer with ${tokens} tokens, above ` +
      `judge.max_output_tokens (${maxOutputTokens}): the budget cannot hold what is not kept`;
    this.#ports.tell({ kind: "ignores-the-limit", message });
  }

  /** A name without a date is whatever its provider makes of it: another judge, without a word. */
  #checkName(name: string | undefined, { model }: Ask): void {
    if (name === undefined || !MODEL_NAME.test(name)) return;
    const names = this.#names.get(model) ?? new Set();
    this.#names.set(model, names);
    const [first] = names;
    if (names.has(name) || names.size >= NAMES_TOLD_MAX) return;
    names.add(name);
    if (first === undefined) return;
    const message =
      `${hostOf(this.#endpoint)} answered for ${model} as ${first} and now as ${name}: their verdicts ` +
      "are in the same scores; a dated model name keeps the judge the same";
    this.#ports.tell({ kind: "another-model", message });
  }
}

/** What could be somebody's text is not shown. */
const MODEL_NAME = /^[\w.:/@-]{1,100}$/;
/** Gateways may name every server behind them. */
const NAMES_TOLD_MAX = 10;

type Refusal = { readonly status: number; readonly words: ServerWords };

/** A refusal by its status; or, as some gateways send it, by an error in an answer of 200. */
function refusalOf({ status }: Exchange, body: unknown): Refusal | undefined {
  if (status < 200 || status >= 300) return { status, words: wordsOf(body) };
  const error = fieldOf(body, "error");
  if (error === undefined || error === null) return undefined;
  const told = countOf(error, "code") ?? 0;
  return { status: told >= 400 && told < 600 ? told : 502, words: wordsOf(body) };
}

function whatInstead(exchange: Exchange): string {
  if (exchange.text.trim() === "") return "answered with an empty body";
  return isWebPage(exchange)
    ? "answered with a web page; is base_url the address of the API?"
    : "answered with broken JSON";
}

/** A content type alone is no proof: some gateways call everything HTML. */
function isWebPage({ text }: Exchange): boolean {
  return /^\s*</.test(text);
}

const FORMATS: Readonly<Record<RequestShape["format"], string>> = {
  schema: "by JSON Schema",
  tool: "by a forced tool",
  json: "in JSON mode",
  text: "in plain text",
};

/** What is done in place of what was refused, for people. */
const INSTEAD: Readonly<Record<RefusedPart, (shape: RequestShape) => string>> = {
  format: ({ format }) => `verdicts are asked for ${FORMATS[format]}`,
  temperature: () => "the temperature is the model's own",
  limit: ({ limit }) => `the limit is sent as ${limit}`,
};
