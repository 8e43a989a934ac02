import type { Call } from "../model/call.ts";
import { isCutOff } from "./cut-off.ts";
import { isEmpty } from "./empty.ts";
import { isErrorFinish } from "./error-finish.ts";
import { LENGTH_HABIT } from "./length-habit.ts";

/** One free signal: what its flag is called, what it says, and when one call raises it. */
type Signal = {
  readonly flag: string;
  /** One sentence for people. */
  readonly says: string;
  readonly raisedBy: (call: Call) => boolean;
};

const SIGNALS: readonly Signal[] = [
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
