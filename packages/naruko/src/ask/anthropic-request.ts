import type { ClientOptions } from "@anthropic-ai/sdk";
import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import type { Ask } from "@naruko/core/model/judge";
import { type Endpoint, NO_KEY, revealed } from "./endpoint.ts";
import { exchangeBy, type Exchange } from "./exchange.ts";
import { requestKey, type RequestShape } from "./request-shape.ts";
import { withoutVariable } from "./without-variable.ts";

/** The tool whose arguments are the verdict, where the endpoint knows no other way to bind it. */
export const VERDICT_TOOL = "verdict";

/**
 * Asks an endpoint that speaks Anthropic's messages. Their client is loaded with the first request.
 *
 * @throws whatever the network does
 */
export async function askAnthropic(
  ask: Ask,
  shape: RequestShape,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Exchange> {
  const { Anthropic } = await import("@anthropic-ai/sdk");
  const { apiKey } = endpoint;
  return exchangeBy((fetchOnce) => {
    const options: ClientOptions = {
      // Not absent: that would look for one in the environment and in files.
      apiKey: apiKey?.reveal() ?? NO_KEY,
      baseURL: endpoint.baseUrl,
      defaultHeaders: {
        ...(apiKey === undefined && { "x-api-key": null, authorization: null }),
        ...revealed(endpoint.headers),
        "idempotency-key": requestKey(ask.key, shape, endpoint),
      },
      defaultQuery: revealed(endpoint.query),
      webhookKey: null,
      openTelemetry: false,
      logLevel: "off",
      maxRetries: 0,
      timeout: ask.timeoutMs,
      fetch: fetchOnce,
    };
    const client = withoutVariable("ANTHROPIC_CUSTOM_HEADERS", () => new Anthropic(options));
    return client.messages.create(bodyOf(ask, shape)).asResponse();
  }, signal);
}

function bodyOf(ask: Ask, shape: RequestShape): MessageCreateParamsNonStreaming {
  return {
    model: ask.model,
    system: ask.system,
    messages: [{ role: "user", content: ask.user }],
    max_tokens: ask.maxOutputTokens,
    ...(shape.temperature && { temperature: 0 }),
    ...formatOf(ask, shape),
  };
}

function formatOf(
  { schema }: Ask,
  { format }: RequestShape,
): Partial<MessageCreateParamsNonStreaming> {
  switch (format) {
    case "schema":
      return { output_config: { format: { type: "json_schema", schema: { ...schema } } } };
    case "tool":
      return {
        tools: [
          {
            name: VERDICT_TOOL,
            description: "Takes the verdict.",
            input_schema: { ...schema, type: "object" },
          },
        ],
        tool_choice: { type: "tool", name: VERDICT_TOOL, disable_parallel_tool_use: true },
      };
    case "json":
    case "text":
      return {};
  }
}
