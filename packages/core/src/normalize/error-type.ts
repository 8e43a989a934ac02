import type { Attributes, SpanRecord } from "../receive/records.ts";
import { numberOf } from "./attributes.ts";

const STATUS_ERROR = 2;

/**
 * Why the operation failed; `undefined` where it did not. What the sender told as `error.type`
 * counts; else, for a span with status error: the HTTP status of the failed request (the AI SDK
 * tells it beside its one error class for all of them), the exception's type, or `_OTHER`.
 */
export function errorTypeOf(span: SpanRecord, told: string | undefined): string | undefined {
  if (told !== undefined) return told;
  if (span.statusCode !== STATUS_ERROR) return undefined;
  const status = numberOf(span.attributes.get("http.response.status_code")) ?? 0;
  if (status >= 400 && status <= 599) return String(status);
  return exceptionTypeIn(span) ?? "_OTHER";
}

/** The type of the exception that a span tells of. */
export function exceptionTypeIn({ events }: SpanRecord): string | undefined {
  for (const event of events) {
    const type = event.name === "exception" ? exceptionType(event.attributes) : undefined;
    if (type !== undefined) return type;
  }
  return undefined;
}

/** The clients of OpenAI and Anthropic begin a failed request's message with its status. */
const LEADING_STATUS = /^(?:Error: )?([45]\d\d)\b/;

/** The HTTP status that a failed request's message begins with. */
export function leadingStatus(message: unknown): string | undefined {
  return typeof message === "string" ? LEADING_STATUS.exec(message)?.[1] : undefined;
}

/**
 * The exception's type; where there is none, or JavaScript's nameless `Error`, the HTTP status that
 * its message begins with.
 */
function exceptionType(attributes: Attributes): string | undefined {
  const type = attributes.get("exception.type");
  const named = typeof type === "string" && type !== "" ? type : undefined;
  if (named !== undefined && named !== "Error") return named;
  return leadingStatus(attributes.get("exception.message")) ?? named;
}
