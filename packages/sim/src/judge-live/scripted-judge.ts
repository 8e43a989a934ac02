import assert from "node:assert/strict";
import { setTimeout as after } from "node:timers/promises";
import type { Ask } from "@naruko/core/model/judge";
import * as anthropic from "../provider-stubs/anthropic-wire.ts";
import {
  JudgeStub,
  type AskedOfJudge,
  type JudgeStubAnswer,
} from "../provider-stubs/judge-stub.ts";
import * as openai from "../provider-stubs/openai-wire.ts";
import type { ScriptedAnswer } from "../provider-stubs/provider-stub.ts";

export type Provider = Ask["provider"];

/** What the judge does with one request. */
export type Fault =
  | "none"
  | "bad-answer"
  | "rate-limited"
  | "error"
  | "silent"
  | "cut"
  | "broken-json"
  | "wrong-schema"
  | "refusal"
  | "no-token-left"
  | "another-boundary"
  | "unasked";

/** What the stub charges for each answer that a model made, in tokens. */
export const TOKENS = { input: 900, output: 80 };
/** What an answer has that used up all its tokens to think. */
export const TOKEN_LIMIT = 500;
export const RETRY_AFTER_MS = 2000;

/** One request as the judge's books have it. */
export type Booked = {
  /** The judged call, by its number. */
  readonly call: number;
  readonly key: string;
  readonly fault: Fault;
  /** Of the process that asked, as the test says. */
  readonly life: number;
  readonly atMs: number;
  readonly tokens: { readonly input: number; readonly output: number };
  readonly body: AskedOfJudge["body"];
};

export type ScriptedJudgeOptions = {
  readonly provider: Provider;
  /** By the judged call, and how many requests about it came before. */
  readonly script: (call: number, before: number) => Fault;
  /** How long an answer takes; absent: no time. */
  readonly takesMs?: (call: number) => number;
};

/** An endpoint of a judge on loopback that speaks a provider's wire format and keeps its own books. */
export class ScriptedJudge {
  readonly #options: ScriptedJudgeOptions;
  readonly booked: Booked[] = [];
  /** Counted up by the test with each start of the program. */
  life = 1;
  readonly #stub = new JudgeStub((asked) => this.#answer(asked));

  constructor(options: ScriptedJudgeOptions) {
    this.#options = options;
  }

  /** Opens a free port and returns the address that `judge.endpoint.base_url` takes. */
  async start(): Promise<string> {
    const address = await this.#stub.start();
    return this.#options.provider === "openai" ? `${address}/v1` : address;
  }

  stop(): Promise<void> {
    return this.#stub.stop();
  }

  get mostAtOnce(): number {
    return this.#stub.mostAtOnce;
  }

  get underWay(): number {
    return this.#stub.underWay;
  }

  /** How many requests about a call came so far. */
  askedAbout(call: number): number {
    return this.booked.filter((one) => one.call === call).length;
  }

  async #answer(asked: AskedOfJudge): Promise<JudgeStubAnswer> {
    const { provider, script, takesMs } = this.#options;
    const text = JSON.stringify(asked.body);
    const call = Number(/question number (\d+)/.exec(text)?.[1]);
    const fault = script(call, this.askedAbout(call));
    const key = String(asked.headers["idempotency-key"]);
    const tokens = tokensOf(fault);
    const { life } = this;
    this.booked.push({ call, key, fault, life, atMs: performance.now(), tokens, body: asked.body });
    if (takesMs !== undefined) await after(takesMs(call));
    return answerOf(fault, WIRES[provider], verdictFor(text, fault));
  }
}

/** Whoever answers nothing that a model made charges nothing. */
function tokensOf(fault: Fault): Booked["tokens"] {
  if (fault === "no-token-left") return { ...TOKENS, output: TOKEN_LIMIT };
  const isFree = fault === "rate-limited" || fault === "error";
  return isFree ? { input: 0, output: 0 } : TOKENS;
}

/** A verdict for the rubrics and the boundary that a request names. */
function verdictFor(request: string, fault: Fault): string {
  const boundary = /<answer-([a-z0-9]{16,64})>/.exec(request)?.[1] ?? "";
  const score = fault === "wrong-schema" ? 7 : fault === "bad-answer" ? 0.25 : 0.75;
  const verdicts = Object.entries(LABELS)
    .filter(([name]) => request.includes(`"${name}":{"type":"object"`))
    .map(([name, label]) => [name, { explanation: "As scripted.", label, score }] as const);
  const unasked = [["politeness", { explanation: "", label: "", score: 0 }]] as const;
  const all = fault === "unasked" ? [...verdicts, ...unasked] : verdicts;
  const named = fault === "another-boundary" ? "0123456789abcdef" : boundary;
  const json = JSON.stringify({ boundary: named, verdicts: Object.fromEntries(all) });
  return fault === "broken-json" ? json.slice(0, -20) : json;
}

/** A label of each shipped rubric. */
const LABELS = { faithfulness: "supported", relevance: "relevant", safety: "safe" };

type Wire = {
  readonly said: (verdict: string) => ScriptedAnswer;
  readonly refusal: ScriptedAnswer;
  readonly noTokenLeft: ScriptedAnswer;
  readonly failed: (status: 429 | 500) => ScriptedAnswer;
};

const USED_UP = { input: TOKENS.input, output: TOKEN_LIMIT };

const WIRES: Readonly<Record<Provider, Wire>> = {
  openai: {
    said: (content) => openai.completion({ id: "c", tokens: TOKENS, message: { content } }),
    refusal: openai.completion({ id: "c", tokens: TOKENS, message: { refusal: "I will not." } }),
    noTokenLeft: openai.completion({
      id: "c",
      message: {},
      finish: "length",
      tokens: { ...USED_UP, reasoning: TOKEN_LIMIT },
    }),
    failed: (status) => openai.failure(status, status === 429 ? "rate_limit" : "server_error"),
  },
  anthropic: {
    said: (text) =>
      anthropic.message({ id: "m", tokens: TOKENS, content: [{ type: "text", text }] }),
    refusal: anthropic.message({ id: "m", tokens: TOKENS, content: [], stop: "refusal" }),
    noTokenLeft: anthropic.message({
      id: "m",
      content: [anthropic.THINKING],
      stop: "max_tokens",
      tokens: { ...USED_UP, thinking: TOKEN_LIMIT },
    }),
    failed: (status) => anthropic.failure(status),
  },
};

function answerOf(fault: Fault, wire: Wire, verdict: string): JudgeStubAnswer {
  switch (fault) {
    case "silent":
    case "cut":
      return { kind: fault };
    case "rate-limited":
      return whole(wire.failed(429), { "retry-after": String(RETRY_AFTER_MS / 1000) });
    case "error":
      return whole(wire.failed(500));
    case "refusal":
      return whole(wire.refusal);
    case "no-token-left":
      return whole(wire.noTokenLeft);
    case "none":
    case "bad-answer":
    case "broken-json":
    case "wrong-schema":
    case "another-boundary":
    case "unasked":
      return whole(wire.said(verdict));
  }
}

function whole(
  answer: ScriptedAnswer,
  headers: Readonly<Record<string, string>> = {},
): JudgeStubAnswer {
  assert.ok(answer.kind === "whole", "a judge is not asked for a stream");
  return { ...answer, headers };
}
