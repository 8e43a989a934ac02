import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Ask, JudgeAnswer, RubricVerdict } from "@naruko/core/model/judge";
import { epochMs } from "@naruko/core/model/time";
import { Secret } from "@naruko/core/notify/secret";
import type { Endpoint } from "naruko/ask/endpoint";
import { type EndpointNotice, JudgeEndpoint } from "naruko/ask/judge-endpoint";
import type { Clock } from "naruko/drive/clock";
import * as anthropic from "../provider-stubs/anthropic-wire.ts";
import {
  JudgeStub,
  type AskedOfJudge,
  type JudgeStubAnswer,
} from "../provider-stubs/judge-stub.ts";
import * as openai from "../provider-stubs/openai-wire.ts";

export type Provider = Ask["provider"];

export const KEY = "sk-canary-key-0123456789";
export const HEADER = "canary-header-0123456789";
export const JUDGED = "The canary sings of Nara, カナリアは奈良を歌う, before dawn";
export const BOUNDARY = "b0undary0123456789";
export const NOW: number = Date.UTC(2026, 10, 2, 10, 4);

export const VERDICT: string = JSON.stringify({
  boundary: BOUNDARY,
  verdicts: { safety: { explanation: "Harmless.", label: "safe", score: 0.75 } },
});
export const JUDGED_WELL: readonly RubricVerdict[] = [
  { name: "safety", score: 0.75, label: "safe", explanation: "Harmless." },
];

export function askOf(provider: Provider, rest: Partial<Ask> = {}): Ask {
  return {
    key: "0123456789abcdef",
    at: epochMs(NOW),
    about: "call",
    provider,
    model: "judge-1",
    system: "You judge.",
    user: `<answer-${BOUNDARY}>\n${JUDGED}\n</answer-${BOUNDARY}>`,
    schema: { type: "object", properties: {}, required: [], additionalProperties: false },
    maxOutputTokens: 2000,
    timeoutMs: 60_000,
    expect: {
      boundary: BOUNDARY,
      rubrics: [{ name: "safety", min: 0, max: 1, labels: ["safe", "unsafe"] }],
    },
    ...rest,
  };
}

/** A clock whose timers run when the test says so. */
export class HandClock implements Clock {
  readonly timers: Set<() => void> = new Set();
  readonly wallMs = (): number => NOW;
  readonly monotonicMs = (): number => 0;
  readonly after = (_delayMs: number, run: () => void): (() => void) => {
    this.timers.add(run);
    return () => this.timers.delete(run);
  };
  strike(): void {
    for (const run of this.timers) run();
  }
}

/** What of an endpoint a test has otherwise; `undefined` takes the key away. */
type Otherwise = Partial<Omit<Endpoint, "apiKey">> & { readonly apiKey?: Secret | undefined };

export type World = {
  readonly stub: JudgeStub;
  /** Where the stub is, without the API's path. */
  readonly address: string;
  readonly clock: HandClock;
  readonly notices: EndpointNotice[];
  readonly judge: JudgeEndpoint;
  readonly ask: (rest?: Partial<Ask>) => Promise<JudgeAnswer>;
  /** Another judge at the same stub. */
  readonly at: (otherwise: Otherwise) => JudgeEndpoint;
  readonly stop: () => Promise<void>;
};

/** A judge whose endpoint gives these answers in turn; the last one again and again. */
export async function worldOf(
  t: TestContext,
  provider: Provider,
  script: readonly JudgeStubAnswer[] | ((asked: AskedOfJudge, index: number) => JudgeStubAnswer),
): Promise<World> {
  const answerOf =
    typeof script === "function"
      ? script
      : (_asked: AskedOfJudge, index: number): JudgeStubAnswer =>
          script[Math.min(index, script.length - 1)] ?? { kind: "silent" };
  const stub = new JudgeStub(answerOf);
  const address = await stub.start();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stub.stop());
  t.after(stop);
  const clock = new HandClock();
  const notices: EndpointNotice[] = [];
  const at = (otherwise: Otherwise): JudgeEndpoint => {
    const { apiKey, ...rest } = { apiKey: new Secret(KEY), ...otherwise };
    const endpoint: Endpoint = {
      provider,
      baseUrl: provider === "openai" ? `${address}/v1` : address,
      headers: { "x-canary": new Secret(HEADER) },
      query: {},
      ...rest,
      ...(apiKey !== undefined && { apiKey }),
    };
    return new JudgeEndpoint(endpoint, { clock, tell: (notice) => notices.push(notice) });
  };
  const judge = at({});
  const ask = (rest: Partial<Ask> = {}): Promise<JudgeAnswer> => judge.ask(askOf(provider, rest));
  return { stub, address, clock, notices, judge, ask, at, stop };
}

export type Answering = {
  readonly said: (text: string, rest?: { readonly finish?: string }) => JudgeStubAnswer;
  readonly failed: (status: 429 | 500) => JudgeStubAnswer;
};

export const ANSWERING: Readonly<Record<Provider, Answering>> = {
  openai: {
    said: (content, { finish = "stop" } = {}) =>
      openai.completion({
        id: "c",
        message: { content },
        finish,
        tokens: { input: 900, output: 80, cached: 100, reasoning: 30 },
      }) as JudgeStubAnswer,
    failed: (status) => openai.failure(status, "rate_limit_exceeded") as JudgeStubAnswer,
  },
  anthropic: {
    said: (text, { finish = "end_turn" } = {}) =>
      anthropic.message({
        id: "m",
        content: text === "" ? [] : [anthropic.THINKING, { type: "text", text }],
        stop: finish,
        tokens: { input: 700, output: 80, cacheRead: 100, cacheWrite: 100, thinking: 30 },
      }) as JudgeStubAnswer,
    failed: (status) => anthropic.failure(status) as JudgeStubAnswer,
  },
};

export const PROVIDERS = ["openai", "anthropic"] as const;
export const MODEL = { openai: "gpt-5.1-2025-11-13", anthropic: "claude-opus-5-5-20260901" };
export const USAGE = {
  openai: { inputTokens: 900, outputTokens: 80, cacheReadTokens: 100, reasoningTokens: 30 },
  anthropic: {
    inputTokens: 900,
    outputTokens: 80,
    cacheReadTokens: 100,
    cacheWriteTokens: 100,
    reasoningTokens: 30,
  },
};

export function raw(
  status: number,
  text: string,
  headers: Record<string, string> = {},
): JudgeStubAnswer {
  return { kind: "raw", status, headers, text, end: "done" };
}

export function withHeaders(
  answer: JudgeStubAnswer,
  headers: Record<string, string>,
): JudgeStubAnswer {
  assert.ok(answer.kind === "whole");
  return { ...answer, headers };
}
