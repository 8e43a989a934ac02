import type { Attributes } from "@opentelemetry/api";
import { settings } from "../settings.ts";
import { type Fields, fieldsOf, listOf, textOf } from "../unknown.ts";
import { type NamedFields, numberAttributes } from "./number-attributes.ts";

const NUMBERS: NamedFields = [
  ["temperature", "gen_ai.request.temperature"],
  ["top_p", "gen_ai.request.top_p"],
  ["frequency_penalty", "gen_ai.request.frequency_penalty"],
  ["presence_penalty", "gen_ai.request.presence_penalty"],
  ["seed", "gen_ai.request.seed"],
];

/** Attributes of a request that chat completions and responses write alike. */
export function samplingAttributes(body: Fields): Attributes {
  const attributes = numberAttributes(body, NUMBERS);
  const { stop, service_tier: tier } = body;
  const stops = (typeof stop === "string" ? [stop] : listOf(stop)).filter(
    (text) => typeof text === "string",
  );
  if (stops.length > 0) attributes["gen_ai.request.stop_sequences"] = stops;
  // `auto` asks for nothing.
  if (textOf(tier) !== undefined && tier !== "auto") {
    attributes["openai.request.service_tier"] = textOf(tier);
  }
  const effort = textOf(body["reasoning_effort"]) ?? textOf(fieldsOf(body["reasoning"])["effort"]);
  if (effort !== undefined && settings().generation === "latest") {
    attributes["gen_ai.request.reasoning.level"] = effort;
  }
  return attributes;
}

/** `gen_ai.output.type` of a requested format. */
export function outputTypeOf(format: unknown): string | undefined {
  if (format === "json_schema" || format === "json_object") return "json";
  return format === "text" ? "text" : undefined;
}
