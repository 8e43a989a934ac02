import { fieldsOf, isMethod } from "../unknown.ts";
import { followOptions } from "./derived-clients.ts";
import { observeMethod } from "./observed-method.ts";
import { observeChat } from "./openai-chat.ts";
import { observeEmbeddings } from "./openai-embeddings.ts";
import { observeResponses } from "./openai-responses.ts";

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
  followOptions(client, observeOpenAi);
}

/** Observes every client made from a class, by the classes of its parts. */
export function observeOpenAiClass(made: unknown): void {
  const { Chat, Responses, Embeddings } = fieldsOf(made);
  observeMethod(prototypeOf(fieldsOf(Chat)["Completions"]), "create", observeChat);
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
