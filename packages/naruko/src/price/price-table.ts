import { MINUTE_MS } from "@naruko/core/model/time";
import type { PriceAsk, PriceOf } from "@naruko/core/normalize/price-of";
import type { PriceEntry } from "../config/config.ts";
import { listedRates } from "./listed-rates.ts";
import { ownRates } from "./own-rates.ts";
import { costUsd, type Rates } from "./rates.ts";

/**
 * Models whose rates are remembered. Names come from telemetry, so there is no end to them: when
 * the memory is full it is emptied, and costs a look-up each again.
 */
const REMEMBERED_MODELS = 10_000;

type Remembered = { readonly minute: number; readonly rates: Rates | undefined };

/**
 * What calls cost: by the configuration's prices first, else by the public list. A model that
 * neither knows is `unknown-model`, never free.
 */
export function priceTable(entries: readonly PriceEntry[]): PriceOf {
  const own = ownRates(entries);
  const remembered = new Map<string, Remembered>();
  const ratesAt = ({ provider, model, at }: PriceAsk): Rates | undefined => {
    // Prices change at a minute: some by the day, some between day and night.
    const minute = Math.floor(at / MINUTE_MS);
    const key = `${provider ?? ""}\n${model}`;
    const known = remembered.get(key);
    if (known?.minute === minute) return known.rates;
    const rates = own(model, provider, at) ?? listedRates(model, provider, at);
    if (known === undefined && remembered.size >= REMEMBERED_MODELS) remembered.clear();
    remembered.set(key, { minute, rates });
    return rates;
  };
  return (ask) => {
    const rates = ratesAt(ask);
    return rates === undefined ? "unknown-model" : costUsd(ask.usage, rates);
  };
}
