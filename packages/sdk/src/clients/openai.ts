import { fieldsOf, isMethod } from "../unknown.ts";
import { followOptions } from "./derived-clients.ts";
import { observeMethod } from "./observed-method.ts";
import { observeChat } from "./openai-chat.ts";
import { observeEmbeddings } from "./openai-embeddings.ts";
import { observeResponses } from "./openai-responses.ts";
import { observeToolRuns } from "./openai-tools.ts";

/** Whether it is a client of OpenAI's package (4 to 7), or one made like it. */
export function isOpenAi(client: object): boolean {
  return isMethod(partOf(client, "chat", "completions")["create"]);
}

/**
 * Observes the calls of one client of OpenAI. Its helpers (`parse`, `stream`, `runTools`) make their
 * requests by the same methods, and so do clients made from it by `withOptions`.
 */
export function observeOpenAi(client: object): void {
  observeMethod(partOf(client, "chat", "completions"), "create", observeChat);
  observeMethod(partOf(client, "responses"), "create", observeResponses);
  observeMethod(partOf(client, "embeddings"), "create", observeEmbeddings);
  observeToolRuns(partOf(client, "chat", "completions"));
  // Where version 4 has it.
  observeToolRuns(partOf(client, "beta", "chat", "completions"));
  followOptions(client, observeOpenAi);
}

/** Observes every client made from a class, by the classes of its parts. */
export function observeOpenAiClass(made: unknown): void {
  const { Chat, Responses, Embeddings } = fieldsOf(made);
  const completions = prototypeOf(fieldsOf(Chat)["Completions"]);
  observeMethod(completions, "create", observeChat);
  observeToolRuns(completions);
  observeMethod(prototypeOf(Responses), "create", observeResponses);
  observeMethod(prototypeOf(Embeddings), "create", observeEmbeddings);
}

function prototypeOf(made: unknown): unknown {
  return isMethod(made) ? made.prototype : undefined;
}

function partOf(client: object, ...path: readonly string[]): { readonly [name: string]: unknown } {
  let part: unknown = client;
  for (const name of path) part = fieldsOf(part)[name];
  return fieldsOf(part);
}
