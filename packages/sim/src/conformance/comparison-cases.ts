import type { ScriptedAnswer } from "../provider-stubs/provider-stub.ts";
import { ANTHROPIC_ANSWERS } from "./anthropic-answers.ts";
import { BEDROCK_ANSWERS } from "./bedrock-answers.ts";
import { GOOGLE_GENAI_ANSWERS } from "./google-genai-answers.ts";
import { OPENAI_ANSWERS } from "./openai-answers.ts";
import { VERCEL_AI_ANSWERS } from "./vercel-ai-answers.ts";

/** Client libraries, as programs know them. */
export type ClientName = "openai" | "anthropic" | "google" | "bedrock" | "vercel";

/** A client whose calls are compared. */
export type ComparedClient = {
  readonly name: ClientName;
  readonly answers: ReadonlyMap<string, readonly ScriptedAnswer[]>;
};

/**
 * Of the cases of our own table, those that every instrumentation can be asked for. What a client's
 * helpers do beside its plain calls is left out, and so is what only we look at.
 */
const COMPARED: readonly string[] = [
  "plain",
  "streamed",
  "streamed, usage asked for",
  "tool call",
  "tool call, streamed",
  "429",
  "streamed, 429",
  "500",
  "timeout",
  "aborted",
  "streamed, aborted",
  "streamed, left early",
  "streamed, cut",
  "refusal",
  "refusal, streamed",
  "content filter",
  "length",
  "length, streamed",
  "cached tokens",
  "cached tokens, streamed",
  "reasoning tokens",
  "reasoning tokens, streamed",
  "embeddings, plain",
  "embeddings, 429",
];

export const CLIENTS: readonly ComparedClient[] = [
  { name: "openai", answers: compared(OPENAI_ANSWERS, ["chat, ", "responses, ", ""]) },
  { name: "anthropic", answers: compared(ANTHROPIC_ANSWERS, [""]) },
  { name: "google", answers: compared(GOOGLE_GENAI_ANSWERS, [""]) },
  { name: "bedrock", answers: compared(BEDROCK_ANSWERS, [""]) },
  { name: "vercel", answers: compared(VERCEL_AI_ANSWERS, [""]) },
];

/** Cases by their order here, which begin with the name of one of the client's APIs. */
function compared(
  answers: ReadonlyMap<string, readonly ScriptedAnswer[]>,
  apis: readonly string[],
): ReadonlyMap<string, readonly ScriptedAnswer[]> {
  const names = apis.flatMap((api) => COMPARED.map((name) => `${api}${name}`));
  return new Map(
    names.flatMap((name) => {
      const scripted = answers.get(name);
      return scripted === undefined ? [] : [[name, scripted] as const];
    }),
  );
}

/** Which API of its client a case is of, where that has several; the rest of the case's name. */
export function apiAndName(run: string): readonly [api: string, name: string] {
  const [, api = "", name = run] = /^(chat|responses|embeddings), (.*)$/.exec(run) ?? [];
  return [api, name];
}
