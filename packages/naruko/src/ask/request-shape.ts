import type { Endpoint } from "./endpoint.ts";
import type { ServerWords } from "./server-words.ts";

/**
 * How one request is put. Endpoints and models differ in what they take; each begins with what
 * binds the answer most, and is asked with less where it refuses.
 */
export type RequestShape = {
  /** What holds the answer to its schema: the endpoint, a tool's arguments, JSON alone, nothing. */
  readonly format: "schema" | "tool" | "json" | "text";
  /** Whether temperature 0 is asked for: models that reason take none. */
  readonly temperature: boolean;
  readonly limit: "max_completion_tokens" | "max_tokens";
};

/** What an endpoint did not take. */
export type RefusedPart = "format" | "temperature" | "limit";

/** Statuses by which requests are refused for what is in them. */
const REFUSING: ReadonlySet<number> = new Set([400, 415, 422, 501]);

const FORMATS = {
  openai: ["schema", "json", "text"],
  anthropic: ["schema", "tool", "text"],
} as const;

const FORMAT_NAMED =
  /response_?format|json[_ ](?:schema|object|mode)|structured[ _-]?output|output_?(?:config|format)|output format|guided|grammar|schema/i;
/** Too many tokens are refused by the same names; that is no reason to leave the limit out. */
const UNKNOWN_NAMED =
  /unsupported|not support|unrecogni[sz]ed|unknown|unexpected|extra (?:fields|inputs)|not permitted|not allowed|use '?max_/i;

/** OpenAI's own API and Azure's want the later name; most others know the earlier one alone. */
const LATER_LIMIT = /(?:^|\.)(?:openai\.com|azure\.(?:com|us|cn))$/;

/** What an endpoint is asked first. */
export function firstShape({ provider, baseUrl }: Endpoint): RequestShape {
  const isLater = provider === "openai" && LATER_LIMIT.test(new URL(baseUrl).hostname);
  return {
    format: "schema",
    temperature: true,
    limit: isLater ? "max_completion_tokens" : "max_tokens",
  };
}

/**
 * What to ask instead where a refusal names a part of the request; `undefined` where it is about
 * something else, or nothing is left to leave out. Every step has less in it, so that they end.
 */
export function shapeAfter(
  refusal: { readonly status: number; readonly words: ServerWords },
  shape: RequestShape,
  endpoint: Endpoint,
): { readonly shape: RequestShape; readonly refused: RefusedPart } | undefined {
  if (!REFUSING.has(refusal.status)) return undefined;
  const refused = refusedPart(refusal.words, shape, endpoint);
  if (refused === undefined) return undefined;
  switch (refused) {
    case "temperature":
      return { refused, shape: { ...shape, temperature: false } };
    case "limit":
      return { refused, shape: { ...shape, limit: otherLimit(shape.limit) } };
    case "format":
      return { refused, shape: { ...shape, format: nextFormat(shape, endpoint) ?? "text" } };
  }
}

function refusedPart(
  { param = "", message }: ServerWords,
  shape: RequestShape,
  endpoint: Endpoint,
): RefusedPart | undefined {
  // The parameter that a refusal names counts more than its words, which may repeat anything.
  for (const text of param === "" ? [message] : [param, message]) {
    if (shape.temperature && /temperature/i.test(text)) return "temperature";
    const isFirst = shape.limit === firstShape(endpoint).limit;
    const namesLimit = text.includes(shape.limit) && UNKNOWN_NAMED.test(message);
    if (endpoint.provider === "openai" && isFirst && namesLimit) return "limit";
    const namesFormat = shape.format === "tool" ? /tool/i.test(text) : FORMAT_NAMED.test(text);
    if (nextFormat(shape, endpoint) !== undefined && namesFormat) return "format";
  }
  return undefined;
}

function nextFormat(
  shape: RequestShape,
  { provider }: Endpoint,
): RequestShape["format"] | undefined {
  const formats: readonly RequestShape["format"][] = FORMATS[provider];
  return formats[formats.indexOf(shape.format) + 1];
}

function otherLimit(limit: RequestShape["limit"]): RequestShape["limit"] {
  return limit === "max_tokens" ? "max_completion_tokens" : "max_tokens";
}

/**
 * The key of one request. What is asked otherwise is another request and has another key; equal
 * requests have equal keys, also after a crash that forgot what the endpoint refused.
 */
export function requestKey(askKey: string, shape: RequestShape, endpoint: Endpoint): string {
  const first = firstShape(endpoint);
  const changes = [
    ...(shape.format === first.format ? [] : [shape.format]),
    ...(shape.temperature === first.temperature ? [] : ["untempered"]),
    ...(shape.limit === first.limit ? [] : [shape.limit]),
  ];
  return [askKey, ...changes].join("-");
}

export function sameShape(a: RequestShape, b: RequestShape): boolean {
  return a.format === b.format && a.temperature === b.temperature && a.limit === b.limit;
}
