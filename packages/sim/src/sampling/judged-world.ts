import { Random } from "../random.ts";

/** A call whose score by the judge is known, though nobody asked. */
export type WorldCall = {
  readonly traceId: string;
  readonly spanId: string;
  readonly conversationId?: string;
  readonly flags: readonly string[];
  /** What the judge would say: 0 to 1. */
  readonly score: number;
};

export type WorldOptions = {
  readonly calls: number;
  /** Share of calls that are bad in ordinary times. */
  readonly badShare: number;
  /** Scores between 0 and 1 in place of 0 or 1. */
  readonly graded: boolean;
};

/** Calls that come together are often bad together: in bad times, six times as many are. */
const BAD_TIMES = 6;
const BAD_TIME_SHARE = 0.1;
const CONVERSATION_SHARE = 0.6;
const GOES_ON = 0.8;

/**
 * Calls in the order of time: in conversations whose calls are good or bad together, with stretches
 * of bad times, and a flag that tells a little of what is bad.
 */
export function judgedWorld(
  seed: number,
  { calls, badShare, graded }: WorldOptions,
): readonly WorldCall[] {
  const random = new Random(seed, "world");
  const open: { id: string; badness: number }[] = [];
  const made: WorldCall[] = [];
  let badTime = false;
  for (let i = 0; i < calls; i++) {
    if (random.chance(badTime ? 0.02 : (0.02 * BAD_TIME_SHARE) / (1 - BAD_TIME_SHARE)))
      badTime = !badTime;
    const share = Math.min(1, badShare * (badTime ? BAD_TIMES : 1));
    const conversation = random.chance(CONVERSATION_SHARE)
      ? conversationOf(random, open, share, i)
      : undefined;
    const bad = random.chance(conversation?.badness ?? share);
    const spread = graded ? random.next() * 0.3 : 0;
    made.push({
      traceId: random.hex(32),
      spanId: random.hex(16),
      ...(conversation === undefined ? {} : { conversationId: conversation.id }),
      flags: random.chance(bad ? 0.4 : 0.02) ? ["refusal"] : [],
      score: bad ? spread : 1 - spread,
    });
  }
  return made;
}

/** One that goes on, or a new one, most of whose calls are good, or bad, together. */
function conversationOf(
  random: Random,
  open: { id: string; badness: number }[],
  share: number,
  number: number,
): { id: string; badness: number } {
  const [first, ...others] = open;
  if (first !== undefined && random.chance(GOES_ON)) return random.pick([first, ...others]);
  // Half of the calls of a bad conversation are bad.
  const conversation = { id: `c${number}`, badness: random.chance(2 * share) ? 0.5 : 0 };
  open.push(conversation);
  if (open.length > 5) open.shift();
  return conversation;
}
