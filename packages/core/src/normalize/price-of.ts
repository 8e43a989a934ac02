import type { Usage } from "../model/call.ts";
import type { EpochMs } from "../model/time.ts";

/** What a call used, as a price table is asked about it. */
export type PriceAsk = {
  /** Unified name, as in `Call.provider`; absent where the telemetry does not tell it. */
  readonly provider?: string;
  readonly model: string;
  /** With the detail fields as subsets, as in `Call.usage`. */
  readonly usage: Usage;
  /** Prices change: the one in force at this time counts. */
  readonly at: EpochMs;
};

/** US dollars for a call's usage; never 0 for a model that is not in the table. */
export type PriceOf = (ask: PriceAsk) => number | "unknown-model";

/** Tokens in a text as the model counts them; `undefined` where no tokenizer fits the model. */
export type EstimateTokens = (text: string, model: string) => number | undefined;
