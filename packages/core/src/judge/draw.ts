import type { EpochMs } from "../model/time.ts";

/**
 * Why a call is judged.
 *
 * `evidence`: the candidate of its conversation and day, drawn at the rate of evidence; the only
 * kind that evidence may use, unweighted. `flag`: drawn because of a free flag, a stream of its own
 * per flag. `coverage`: drawn beside the candidates; it feeds scores alone.
 */
export type DrawKind = "evidence" | "flag" | "coverage";

/** Rates of one segment, all set before the call from other calls: probabilities. */
export type DrawRates = {
  /** Which setting of the rates this is: a number of its own for every change. */
  readonly epoch: number;
  /** That a candidate is judged. At least `coverage`. */
  readonly candidate: number;
  /** The part of `candidate` that is judged without suspicion. */
  readonly calm: number;
  /** That a call which is no candidate is judged. */
  readonly coverage: number;
  /** That the first heads with a flag is judged because of it. */
  readonly flag: number;
  /** That a rubric is in the request about a judged call; rubrics not named: 1. */
  readonly rubrics: Readonly<Record<string, number>>;
};

/** One rubric that applies to the call. */
export type RubricDraw = {
  readonly name: string;
  /** That the call is judged by it, seen from before the call; 0 where its service is not judged. */
  readonly inclusion: number;
  /** Whether it is judged by it. */
  readonly drawn: boolean;
};

/** What was decided about one eligible call, with all that proves its weights. */
export type Draw = {
  readonly at: EpochMs;
  /** 32 and 16 hex digits. */
  readonly traceId: string;
  readonly spanId: string;
  readonly segment: string;
  /** How many calls it stands for, by a head sampler. */
  readonly weight: number;
  /** 16 hex digits, keyed: equal for calls of one conversation. */
  readonly conversation: string;
  /** The window: UTC days since 1970. */
  readonly day: number;
  readonly flags: readonly string[];
  readonly rates: DrawRates;
  /** Probability of heads: 1 without a conversation id, else 1/4. */
  readonly coin: number;
  readonly heads: boolean;
  /** Whether heads makes it the candidate: there was none in this conversation and window. */
  readonly open: boolean;
  /** Those of its flags that had no heads in this conversation and window yet. */
  readonly openFlags: readonly string[];
  /** Flags because of which it is judged. */
  readonly flagDraws: readonly string[];
  /** Why it is judged; empty: it is not. */
  readonly kinds: readonly DrawKind[];
  /** Whether it is judged only because its segment is suspicious. */
  readonly burst: boolean;
  /** π: the probability, seen from before the call, that it is judged at all. */
  readonly inclusion: number;
  readonly rubrics: readonly RubricDraw[];
};

/** The probability, seen from before the call, that it is the candidate of its conversation and day. */
export function candidateProbability({ coin, open }: Pick<Draw, "coin" | "open">): number {
  return open ? coin : 0;
}

/**
 * π, from what is stored with the draw. The past decides whether heads makes a candidate (`open`),
 * so π is the mean over the coin alone. Whoever is no candidate is still drawn at the rate of
 * coverage: no eligible call of a service that is judged has a π of 0.
 */
export function inclusionOf({
  coin,
  open,
  openFlags,
  rates,
}: Pick<Draw, "coin" | "open" | "openFlags" | "rates">): number {
  const { candidate, coverage, flag } = rates;
  const passedOver = (1 - (open ? candidate : coverage)) * (1 - flag) ** openFlags.length;
  return coin * (1 - passedOver) + (1 - coin) * coverage;
}
