import type { Call } from "../model/call.ts";
import type { EpochMs } from "../model/time.ts";
import { segmentPath } from "../judge/segment-path.ts";
import {
  answerLengthOf,
  LENGTH_HABIT,
  LengthHabit,
  type SavedLengthHabit,
} from "../quality/length-habit.ts";

/** Adds to calls the one flag that depends on the calls before: whether an answer is as long as usual. */
export class LengthHabits {
  readonly #habit: LengthHabit;

  constructor(segments: number, saved?: SavedLengthHabit) {
    this.#habit =
      saved === undefined ? new LengthHabit(segments) : LengthHabit.load(saved, segments);
  }

  save(): SavedLengthHabit {
    return this.#habit.save();
  }

  /** The call with its flag where its answer's length is out of habit; the same call where it is not. */
  flagged(call: Call, at: EpochMs): Call {
    const length = answerLengthOf(withoutText(call));
    if (length === undefined) return call;
    const verdict = this.#habit.observe(segmentPath(call)[2], length, at);
    const { flags = [] } = call;
    // A call of a replayed history brings the flag that it raised at its time.
    if (verdict === "unknown" || verdict === "usual" || flags.includes(LENGTH_HABIT)) return call;
    return { ...call, flags: [...flags, LENGTH_HABIT] };
  }
}

/** Tokens are known whatever `capture` lets through, so that no flag depends on it. */
function withoutText(call: Call): Call {
  if (call.text === undefined) return call;
  const { text: _text, ...rest } = call;
  return rest;
}
