// What the events of the Vercel AI SDK tell of a request, in the conventions' names.
import type { Attributes } from "@opentelemetry/api";
import { ATTRIBUTE } from "../conventions.ts";
import { type Fields, listOf, textOf } from "../unknown.ts";
import { type NamedFields, numberAttributes } from "./number-attributes.ts";
import type { Server } from "./server.ts";

/** Names of providers, by the first words of the AI SDK's (`openai.chat`, `google.vertex.chat`). */
const PROVIDERS: readonly (readonly [start: string, provider: string])[] = [
  ["google.vertex", "gcp.vertex_ai"],
  ["vertex", "gcp.vertex_ai"],
  ["google", "gcp.gemini"],
  ["amazon-bedrock", "aws.bedrock"],
  ["bedrock", "aws.bedrock"],
  ["azure", "azure.ai.openai"],
  ["mistral", "mistral_ai"],
  ["moonshotai", "moonshot_ai"],
  ["xai", "x_ai"],
];

export function providerOf(name: unknown): string {
  const told = textOf(name) ?? "unknown";
  const known = PROVIDERS.find(([start]) => told.startsWith(start));
  return known?.[1] ?? told.split(".", 1)[0] ?? told;
}

const NUMBERS: NamedFields = [
  ["maxOutputTokens", "gen_ai.request.max_tokens"],
  ["temperature", "gen_ai.request.temperature"],
  ["topP", "gen_ai.request.top_p"],
  ["topK", "gen_ai.request.top_k"],
  ["frequencyPenalty", "gen_ai.request.frequency_penalty"],
  ["presencePenalty", "gen_ai.request.presence_penalty"],
  ["seed", "gen_ai.request.seed"],
];

export function requestAttributes(event: Fields): Attributes {
  const attributes = numberAttributes(event, NUMBERS);
  const stops = listOf(event["stopSequences"]).filter((text) => typeof text === "string");
  if (stops.length > 0) attributes["gen_ai.request.stop_sequences"] = stops;
  // The application's own name for what asks; a context's feature stands before it.
  const feature = textOf(event["functionId"]);
  if (feature !== undefined) attributes[ATTRIBUTE.feature] = feature;
  return attributes;
}

/** Where a request went, which is known with its answer. */
export function serverAttributes(server: Server | undefined): Attributes {
  return server === undefined
    ? {}
    : { [ATTRIBUTE.serverAddress]: server.address, [ATTRIBUTE.serverPort]: server.port };
}
