import { calcPrice, type ModelPrice } from "@pydantic/genai-prices";
import type { EpochMs } from "@naruko/core/model/time";
import { flatRate, type Rate, type Rates } from "./rates.ts";

/** The price list's own names where they differ from OpenTelemetry's. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ["aws.bedrock", "aws"],
  ["azure.ai.inference", "azure"],
  ["azure.ai.openai", "azure"],
  ["gcp.gemini", "google"],
  ["gcp.gen_ai", "google"],
  ["gcp.vertex_ai", "google"],
  ["mistral_ai", "mistral"],
  ["moonshot_ai", "moonshotai"],
  ["x_ai", "x-ai"],
]);

/**
 * What a public price list says that a model cost at a time (`@pydantic/genai-prices`, a snapshot
 * with effective dates and hours); `undefined` where it does not know the model or the provider, so
 * that a model that somebody hosts is not given another's price. Without a provider the model's
 * name decides.
 */
export function listedRates(
  model: string,
  provider: string | undefined,
  at: EpochMs,
): Rates | undefined {
  const found = calcPrice({}, model, {
    timestamp: new Date(at),
    ...(provider !== undefined && { providerId: PROVIDERS.get(provider) ?? provider }),
  });
  return found === null ? undefined : ratesFrom(found.model_price);
}

/** The same, of the provider whose API is at an address; `undefined` where the list knows none there. */
export function ratesAtAddress(model: string, address: string, at: EpochMs): Rates | undefined {
  const found = calcPrice({}, model, { timestamp: new Date(at), providerApiUrl: address });
  return found === null ? undefined : ratesFrom(found.model_price);
}

/** `undefined` where the model is not billed by text tokens: audio by the hour, pages, characters. */
function ratesFrom(price: ModelPrice): Rates | undefined {
  const input = rateFrom(price["input_mtok"]);
  const output = rateFrom(price["output_mtok"]);
  if (input === undefined && output === undefined) return undefined;
  const cacheRead = rateFrom(price["cache_read_mtok"]);
  const cacheWrite = rateFrom(price["cache_write_mtok"]);
  const reasoning = rateFrom(price["output_reasoning_mtok"]);
  const perThousandCalls = price["requests_kcount"];
  return {
    // Embeddings have no output, and the list then has no price for it.
    input: input ?? flatRate(0),
    output: output ?? flatRate(0),
    callUsd: typeof perThousandCalls === "number" ? perThousandCalls / 1000 : 0,
    ...(cacheRead !== undefined && { cacheRead }),
    ...(cacheWrite !== undefined && { cacheWrite }),
    ...(reasoning !== undefined && { reasoning }),
  };
}

function rateFrom(price: ModelPrice[string]): Rate | undefined {
  if (price === undefined) return undefined;
  if (typeof price === "number") return flatRate(price);
  const steps = price.tiers
    .toSorted((a, b) => a.start - b.start)
    .map(({ start, price: rate }) => ({ above: start, rate }));
  return { base: price.base, steps };
}
