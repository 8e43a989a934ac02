import type { Attributes, SpanContext } from "@opentelemetry/api";
import { parsedJson } from "./content.ts";
import { emitEvent, type Severity } from "./events.ts";

/** The conventions' event of one call: what its span has, and what was said, structured. */
const EVENT = "gen_ai.client.inference.operation.details";
const DEBUG: Severity = { severityNumber: 5, severityText: "DEBUG" };

/**
 * Tells what was said in a call as an event that belongs to its span.
 *
 * @param content attributes in JSON, as spans have them: redacted, and within their length
 */
export function tellDetails(attributes: Attributes, content: Attributes, span: SpanContext): void {
  const said = Object.entries(content).map(([key, json]) => [key, parsedJson(json)] as const);
  emitEvent({
    name: EVENT,
    attributes: { ...attributes, ...Object.fromEntries(said) },
    span,
    severity: DEBUG,
  });
}
