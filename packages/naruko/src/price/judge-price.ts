import type { JudgePrice } from "@naruko/core/model/judge";
import type { EpochMs } from "@naruko/core/model/time";
import type { PriceEntry } from "../config/config.ts";
import { ratesAtAddress } from "./listed-rates.ts";
import { ownRates } from "./own-rates.ts";

/**
 * What the judge's model costs where it is asked: by the configuration's prices first, else by the
 * public list, if it knows who is at that address. `undefined` where neither knows.
 */
export function judgePrice(
  entries: readonly PriceEntry[],
  {
    model,
    address,
    at,
  }: { readonly model: string; readonly address: string; readonly at: EpochMs },
): JudgePrice | undefined {
  const rates = ownRates(entries)(model, undefined, at) ?? ratesAtAddress(model, address, at);
  // What each call costs beside its tokens cannot be reserved by them.
  if (rates === undefined || rates.callUsd > 0) return undefined;
  const { input, output } = rates;
  // A judged prompt stays far below the lengths at which rates rise.
  return { inputUsdPerMillion: input.base, outputUsdPerMillion: output.base };
}
