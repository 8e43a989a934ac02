import type { Call } from "../model/call.ts";
import { hasBadToolArguments } from "./bad-tool-arguments.ts";
import { isCutOff } from "./cut-off.ts";
import { isEmpty } from "./empty.ts";
import { isErrorFinish } from "./error-finish.ts";
import { isInvalidJson } from "./invalid-json.ts";
import { hasLeakedMarkup } from "./leaked-markup.ts";
import { LENGTH_HABIT } from "./length-habit.ts";
import { isPromptEcho } from "./prompt-echo.ts";
import { isRefusal } from "./refusal.ts";
import { isRepetitive } from "./repetition.ts";
import { isSchemaMismatch } from "./schema-mismatch.ts";
import { isUnknownTool } from "./unknown-tool.ts";
import { isWrongLanguage } from "./wrong-language.ts";

/** One free signal: what its flag is called, what it says, and when one call raises it. */
export type Signal = {
  readonly flag: string;
  /** One sentence for people. */
  readonly says: string;
  readonly raisedBy: (call: Call) => boolean;
};

/** Those that one call raises by itself, in the order in which their flags are given. */
export const SIGNALS: readonly Signal[] = [
  {
    flag: "refusal",
    says: "The model says that it does not do what was asked.",
    raisedBy: isRefusal,
  },
  {
    flag: "empty",
    says: "The answer has no text that anybody can see, and calls no tool.",
    raisedBy: isEmpty,
  },
  {
    flag: "cut-off",
    says: "The answer stops before its end: by its finish reason, or as its text shows.",
    raisedBy: isCutOff,
  },
  {
    flag: "error-finish",
    says: "The provider says that an error ended the answer.",
    raisedBy: isErrorFinish,
  },
  {
    flag: "invalid-json",
    says: "JSON was asked for, and the answer as a whole is none.",
    raisedBy: isInvalidJson,
  },
  {
    flag: "schema-mismatch",
    says: "The answer is JSON, but does not match the schema that was given.",
    raisedBy: isSchemaMismatch,
  },
  {
    flag: "unknown-tool",
    says: "The model calls a tool that it was not offered.",
    raisedBy: isUnknownTool,
  },
  {
    flag: "bad-tool-arguments",
    says: "A tool call's arguments do not parse, or do not match the tool's parameters.",
    raisedBy: hasBadToolArguments,
  },
  {
    flag: "repetition",
    says: "The answer goes round in circles.",
    raisedBy: isRepetitive,
  },
  {
    flag: "wrong-language",
    says: "The answer is in a language or script that the input has nothing of.",
    raisedBy: isWrongLanguage,
  },
  {
    flag: "leaked-markup",
    says: "The answer has marks of a chat format, or placeholders that nobody filled in.",
    raisedBy: hasLeakedMarkup,
  },
  {
    flag: "prompt-echo",
    says: "The answer says the input or the system prompt itself.",
    raisedBy: isPromptEcho,
  },
];

/** All flags and what each says, those of `flagsOf` first, in the order in which it gives them. */
export const FLAGS: readonly { readonly flag: string; readonly says: string }[] = [
  ...SIGNALS.map(({ flag, says }) => ({ flag, says })),
  {
    flag: LENGTH_HABIT,
    says: "The answer is shorter or longer than nearly all of its segment so far.",
  },
];

/**
 * The flags that one call raises, by itself: what depends on earlier calls is `LengthHabit`'s. Only
 * what a model answered has flags. Takes time linear in the call's text, and throws on no text.
 */
export function flagsOf(call: Call): readonly string[] {
  if (call.kind !== "inference") return [];
  return SIGNALS.filter(({ raisedBy }) => raisedBy(call)).map(({ flag }) => flag);
}
