import type { Ask } from "@naruko/core/model/judge";
import type { ClientOptions } from "openai";
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import { type Endpoint, NO_KEY, revealed } from "./endpoint.ts";
import { exchangeBy, type Exchange } from "./exchange.ts";
import { requestKey, type RequestShape } from "./request-shape.ts";
import { withoutVariable } from "./without-variable.ts";

/**
 * Asks an endpoint that speaks OpenAI's chat completions. Their client is loaded with the first
 * request: a server that judges nothing needs neither its memory nor its time.
 *
 * @throws whatever the network does
 */
export async function askOpenAi(
  ask: Ask,
  shape: RequestShape,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Exchange> {
  const { OpenAI } = await import("openai");
  const { apiKey } = endpoint;
  return exchangeBy((fetchOnce) => {
    const options: ClientOptions = {
      apiKey: apiKey?.reveal() ?? NO_KEY,
      baseURL: endpoint.baseUrl,
      defaultHeaders: {
        // Without a key there is no header either: some gateways refuse an empty one.
        ...(apiKey === undefined && { authorization: null }),
        ...revealed(endpoint.headers),
        "idempotency-key": requestKey(ask.key, shape, endpoint),
      },
      defaultQuery: revealed(endpoint.query),
      // The environment is not to decide as whom the judge is asked, nor what is logged.
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      logLevel: "off",
      maxRetries: 0,
      timeout: ask.timeoutMs,
      fetch: fetchOnce,
    };
    const client = withoutVariable("OPENAI_CUSTOM_HEADERS", () => new OpenAI(options));
    return client.chat.completions.create(bodyOf(ask, shape)).asResponse();
  }, signal);
}

function bodyOf(ask: Ask, shape: RequestShape): ChatCompletionCreateParamsNonStreaming {
  const format = responseFormat(ask, shape);
  return {
    model: ask.model,
    messages: [
      { role: "system", content: ask.system },
      { role: "user", content: ask.user },
    ],
    ...(shape.temperature && { temperature: 0 }),
    [shape.limit]: ask.maxOutputTokens,
    ...(format !== undefined && { response_format: format }),
  };
}

function responseFormat(
  { schema }: Ask,
  { format }: RequestShape,
): ChatCompletionCreateParamsNonStreaming["response_format"] {
  if (format === "json") return { type: "json_object" };
  if (format !== "schema") return undefined;
  return {
    type: "json_schema",
    json_schema: { name: "verdict", strict: true, schema: { ...schema } },
  };
}
