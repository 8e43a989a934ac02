import type { Ask } from "@naruko/core/model/judge";
import { type Endpoint, revealed } from "./endpoint.ts";
import { fieldOf, listOf, textOf } from "./json-fields.ts";

/** What a refusal says, in whichever form a server says it. */
export type ServerWords = {
  /** `insufficient_quota`, `rate_limit_error`: words of the API, not sentences. */
  readonly codes: readonly string[];
  /** The part of the request that it is about. */
  readonly param?: string;
  /** For people; may repeat anything that was sent. */
  readonly message: string;
};

/**
 * Reads the error of an answer: OpenAI's and Anthropic's form, those of FastAPI (vLLM, LiteLLM),
 * Gemini's list, and a bare text.
 */
export function wordsOf(body: unknown): ServerWords {
  const whole = Array.isArray(body) ? (body[0] as unknown) : body;
  const inner = fieldOf(whole, "error");
  const error = typeof inner === "object" && inner !== null ? inner : whole;
  const codes = [
    fieldOf(error, "code"),
    fieldOf(error, "type"),
    fieldOf(error, "status"),
    fieldOf(error, "innererror", "code"),
  ];
  const detail = listOf(error, "detail");
  const places = detail.flatMap((one) => listOf(one, "loc")).filter((one) => one !== "body");
  const param = textOf(error, "param") ?? (places.length > 0 ? places.join(".") : undefined);
  const said = [
    textOf(error, "message") ?? textOf(error, "detail") ?? textOf(whole, "error"),
    ...detail.map((one) => textOf(one, "msg")),
  ];
  return {
    codes: [...new Set(codes.filter(isWord).map(String))],
    ...(param !== undefined && { param }),
    message: said.filter((one) => one !== undefined).join("; "),
  };
}

/** A word that an API would use; a longer one, or one with spaces, may be somebody's text. */
function isWord(value: unknown): boolean {
  if (typeof value === "number") return true;
  return typeof value === "string" && /^[A-Za-z][\w.-]{0,47}$/.test(value) && value !== "error";
}

/** Characters of a message that are shown. */
const SHOWN = 200;
/** Characters; a shorter text hides nothing, and would be found inside ordinary words. */
const SECRET_MIN = 6;
/**
 * Bytes that a message may have in common with what was judged: two words of English, four
 * characters of Japanese.
 */
const COMMON_BYTES = 12;

/**
 * What people may see of a text that came from an endpoint: its beginning, on one line, without the
 * endpoint's secrets; nothing of it where it repeats a piece of what was judged.
 */
export function shownWords(text: string, ask: Ask, endpoint: Endpoint): string {
  const plain = text
    .replaceAll(/\\u([0-9a-f]{4})/gi, (_escape, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  let shown = plain;
  for (const secret of secretsOf(endpoint)) shown = shown.replaceAll(secret, "<secret>");
  shown = shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown;
  return repeats(shown, ask.user) ? "" : shown;
}

function secretsOf({ apiKey, headers, query }: Endpoint): readonly string[] {
  const all = [
    apiKey?.reveal() ?? "",
    ...Object.values({ ...revealed(headers), ...revealed(query) }),
  ];
  return all
    .flatMap((one) => [one, ...one.split(/\s+/)])
    .filter((one) => one.length >= SECRET_MIN)
    .toSorted((a, b) => b.length - a.length);
}

/** Letters and digits alone are compared: quotes, escapes and case hide no repetition. */
function repeats(shown: string, judged: string): boolean {
  const piece = lettersOf(shown);
  const whole = lettersOf(judged);
  for (let at = 0; at + COMMON_BYTES <= piece.length; at++) {
    if (whole.includes(piece.subarray(at, at + COMMON_BYTES))) return true;
  }
  return false;
}

function lettersOf(text: string): Buffer {
  return Buffer.from(text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, ""));
}
