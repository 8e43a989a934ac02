import { unifiedProvider } from "@naruko/core/normalize/provider-names";
import { compilePattern, type Pattern } from "@naruko/core/model/pattern";
import { epochMs, type EpochMs } from "@naruko/core/model/time";
import type { PriceEntry } from "../config/config.ts";
import { flatRate, type Rates } from "./rates.ts";

/** What the configuration says that a model costs at a time; `undefined` where no entry fits. */
export type OwnRates = (
  model: string,
  provider: string | undefined,
  at: EpochMs,
) => Rates | undefined;

/**
 * Prepares the user's own prices. Of the entries that fit and have begun, the one that began last
 * counts; of equally old ones the last in the list.
 */
export function ownRates(entries: readonly PriceEntry[]): OwnRates {
  const prepared = entries
    .map((entry) => ({
      model: patternOf(entry.model),
      provider: entry.provider === undefined ? undefined : unifiedProvider(entry.provider),
      from: entry.from === undefined ? epochMs(0) : startOfDay(entry.from),
      rates: ratesOf(entry),
    }))
    .toSorted((a, b) => a.from - b.from);
  return (model, provider, at) =>
    prepared.findLast(
      (entry) =>
        entry.from <= at &&
        (entry.provider === undefined || entry.provider === provider) &&
        entry.model.matches(model),
    )?.rates;
}

function ratesOf(entry: PriceEntry): Rates {
  return {
    input: flatRate(entry.input),
    output: flatRate(entry.output),
    callUsd: 0,
    ...(entry.cache_read !== undefined && { cacheRead: flatRate(entry.cache_read) }),
    ...(entry.cache_write !== undefined && { cacheWrite: flatRate(entry.cache_write) }),
  };
}

/** `*` stands for any run of characters; everything else for itself, in either case. */
function patternOf(model: string): Pattern {
  const parts = model.split("*").map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  // Names come from telemetry: matching takes time linear in them, however many stars there are.
  const options = { anchored: true, dotAll: true, kind: "config" } as const;
  return compilePattern(`(?i)${parts.join(".*")}`, options);
}

/** Days begin in UTC; the configuration's schema vouches for the form. */
function startOfDay(day: string): EpochMs {
  return epochMs(Date.parse(`${day}T00:00:00Z`));
}
