import type { EpochMs } from "./time.ts";

/** One verdict about one call: a `gen_ai.evaluation.result` event, the user's or the judge's. */
export type Evaluation = {
  /** `gen_ai.evaluation.name`: `faithfulness`, `relevance` … */
  readonly name: string;
  readonly at: EpochMs;
  /** 0 to 1 by our rubrics; a user's own scale may differ, and is kept as sent. */
  readonly score?: number;
  readonly label?: string;
  readonly explanation?: string;
  /** The evaluator itself failed: such a verdict is missing, not bad. */
  readonly errorType?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly responseId?: string;
  readonly service: string;
  readonly environment?: string;
  /** The judge of this program that gave it, by its version; absent: somebody else did. */
  readonly judge?: string;
  /** How many calls this verdict stands for, where a sampler drew its call; absent: 1. */
  readonly weight?: number;
};
