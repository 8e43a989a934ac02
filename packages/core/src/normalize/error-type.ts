import type { SpanRecord } from "../receive/records.ts";
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
  const httpStatus = numberOf(span.attributes.get("http.response.status_code")) ?? 0;
  if (httpStatus >= 400 && httpStatus <= 599) return String(httpStatus);
  for (const event of span.events) {
    if (event.name !== "exception") continue;
    const type = event.attributes.get("exception.type");
    if (typeof type === "string" && type !== "") return type;
  }
  return "_OTHER";
}
