import type { LogRecord } from "../receive/records.ts";
import type { ReadContext } from "./context.ts";
import { addGenaiFacts } from "./dialects/otel-genai.ts";
import { addMessages, emptyText, finishText, type Said } from "./message-text.ts";

const TOOL = "gen_ai.tool.message";

/** Events of v1.36 and earlier, one a message, with the message as the record's body. */
const MESSAGES: ReadonlyMap<unknown, "system" | "input" | "output"> = new Map([
  ["gen_ai.system.message", "system"],
  ["gen_ai.user.message", "input"],
  ["gen_ai.assistant.message", "input"],
  [TOOL, "input"],
  ["gen_ai.choice", "output"],
]);

/** The event of v1.37 and later, with the messages of a span as attributes. */
const DETAILS = "gen_ai.client.inference.operation.details";

/** Whether a log record tells what was said in a call. */
export function isTextEvent(name: unknown): boolean {
  return name === DETAILS || MESSAGES.has(name);
}

/** What an event says of its span; nothing where its content was not captured. */
export function eventTextFrom(
  { attributes, body }: LogRecord,
  name: unknown,
  context: ReadContext,
): Said {
  const draft = emptyText();
  const to = MESSAGES.get(name);
  if (to !== undefined) addMessages(draft, to, body, context);
  // Its role is told by its name, and may be left out of its body.
  if (name === TOOL) [draft.input, draft.context] = ["", draft.input + draft.context];
  if (name === DETAILS) {
    addMessages(draft, "system", attributes.get("gen_ai.system_instructions"), context);
    addMessages(draft, "input", attributes.get("gen_ai.input.messages"), context);
    addMessages(draft, "output", attributes.get("gen_ai.output.messages"), context);
    addGenaiFacts(draft, attributes);
  }
  return finishText(draft, context);
}
