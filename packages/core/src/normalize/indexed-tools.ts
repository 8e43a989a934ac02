import type { Attributes } from "../receive/records.ts";
import { addToolCall, type FactsDraft, toolOf } from "./call-facts.ts";
import { prepared } from "./indexed-messages.ts";

type ToolKeys = { readonly name: string; readonly parameters: string };

/** How a dialect spreads the tools that were offered over numbered keys. */
export type IndexedTools = (index: number) => ToolKeys;

/** Prepares a spelling, once for each dialect, as `indexedMessages` does. */
export function indexedTools(
  spelling: { readonly prefix: string } & { readonly [K in keyof ToolKeys]: string },
): IndexedTools {
  return prepared(4, (i) => ({
    name: `${spelling.prefix}${i}.${spelling.name}`,
    parameters: `${spelling.prefix}${i}.${spelling.parameters}`,
  }));
}

/** Sets the tools that an attribute map spreads over numbered keys; the first gap ends them. */
export function addIndexedTools(
  draft: FactsDraft,
  attributes: Attributes,
  tools: IndexedTools,
): void {
  for (let i = 0; i < attributes.size; i++) {
    const keys = tools(i);
    const name = attributes.get(keys.name);
    if (typeof name !== "string") return;
    draft.tools ??= [];
    draft.tools.push(toolOf(name, attributes.get(keys.parameters)));
  }
}

type CallKeys = { readonly name: string; readonly arguments: string };
type MessageKeys = {
  readonly single: CallKeys | undefined;
  readonly call: (index: number) => CallKeys;
};

/** How a dialect spreads the tool calls of numbered messages over keys that are numbered again. */
export type IndexedToolCalls = (index: number) => MessageKeys;

export function indexedToolCalls(
  spelling: {
    /** What comes before a message's number. */
    readonly prefix: string;
    /** What comes between it and a call's number. */
    readonly calls: string;
    /** Where a call is told that is the only one of its message. */
    readonly single?: string;
  } & { readonly [K in keyof CallKeys]: string },
): IndexedToolCalls {
  const keysAt = (at: string): CallKeys => ({
    name: at + spelling.name,
    arguments: at + spelling.arguments,
  });
  return prepared(4, (i) => {
    const at = `${spelling.prefix}${i}.`;
    return {
      single: spelling.single === undefined ? undefined : keysAt(at + spelling.single),
      call: prepared(4, (j) => keysAt(`${at}${spelling.calls}${j}.`)),
    };
  });
}

/** Adds the tool calls of numbered messages; a message without any ends them. */
export function addIndexedToolCalls(
  draft: FactsDraft,
  attributes: Attributes,
  messages: IndexedToolCalls,
): void {
  for (let i = 0; i < attributes.size; i++) {
    const { single, call } = messages(i);
    let any = single !== undefined && addOne(draft, attributes, single);
    for (let j = 0; j < attributes.size; j++) {
      if (!addOne(draft, attributes, call(j))) break;
      any = true;
    }
    if (!any) return;
  }
}

function addOne(draft: FactsDraft, attributes: Attributes, keys: CallKeys): boolean {
  const name = attributes.get(keys.name);
  if (typeof name !== "string") return false;
  addToolCall(draft, { name, arguments: attributes.get(keys.arguments) });
  return true;
}
