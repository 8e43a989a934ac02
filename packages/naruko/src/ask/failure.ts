import type { Usage } from "@naruko/core/model/call";
import type { Ask, JudgeAnswer, MissingReason } from "@naruko/core/model/judge";
import { type Endpoint, hostOf } from "./endpoint.ts";
import { AnswerTooLong, RequestNotMade } from "./exchange.ts";
import { shownWords, type ServerWords } from "./server-words.ts";
import { isUnsent } from "./unsent.ts";

/** An answer without a verdict, before its usage is added. */
export type Failure = Extract<JudgeAnswer, { readonly ok: false }>;

/** Nobody can have charged for it: told to the budget, which else counts the most that it can have cost. */
export const UNPAID: Usage = { inputTokens: 0, outputTokens: 0 };

/** What refuses a request for good, whatever the status: an account without money is at 429 too. */
const FINAL_CODES = /^(?:insufficient_quota|billing_|credit_balance|access_terminated)/;
/** A filter of the provider's took offence at what is judged; Azure's answers 400. */
const FILTER_CODES = /^(?:content_filter|content_policy_violation|ResponsibleAIPolicyViolation)$/;
/** Statuses whose messages may quote what was sent, or the key: only their codes are shown. */
const QUOTING: ReadonlySet<number> = new Set([400, 401, 403, 413, 415, 422]);

/** What a status means, and whether asking again can help; statuses that are not here are final. */
const STATUSES: ReadonlyMap<number, readonly [MissingReason, retry: boolean]> = new Map([
  [408, ["timeout", true]],
  // OpenAI's clients try again after it: the same request is still being answered.
  [409, ["server-error", true]],
  [425, ["server-error", true]],
  [429, ["rate-limited", true]],
  [501, ["rejected", false]],
  // A gateway's: the model behind it may have answered, and be paid for it.
  [504, ["timeout", true]],
  [505, ["rejected", false]],
  [524, ["timeout", true]],
]);

function meaningOf(
  status: number,
  codes: readonly string[],
): readonly [MissingReason, retry: boolean] {
  if (codes.some((code) => FILTER_CODES.test(code))) return ["refused", false];
  if (codes.some((code) => FINAL_CODES.test(code))) return ["rejected", false];
  return STATUSES.get(status) ?? (status >= 500 ? ["server-error", true] : ["rejected", false]);
}

/** What became of a request that an endpoint refused. */
export function refusedByStatus(
  { status, words }: { readonly status: number; readonly words: ServerWords },
  ask: Ask,
  endpoint: Endpoint,
): Failure {
  const [reason, retry] = meaningOf(status, words.codes);
  const { param = "" } = words;
  const about = /^[\w.[\]-]{1,48}$/.test(param) ? [param] : [];
  const codes = shownWords([...words.codes, ...about].join(", "), ask, endpoint);
  const message = QUOTING.has(status) ? "" : shownWords(words.message, ask, endpoint);
  const redirect = status >= 300 && status < 400 ? "redirects, which is not followed" : message;
  const detail = [
    `${hostOf(endpoint)} answered ${status}`,
    codes === "" ? "" : ` (${codes})`,
    redirect === "" ? "" : `: ${redirect}`,
  ];
  return { ok: false, reason, retry, detail: detail.join("") };
}

/** Codes of Node and of its `fetch` in words; a certificate does not change by asking again. */
const CONNECTIONS: ReadonlyMap<string, readonly [words: string, retry: boolean]> = new Map([
  ["ECONNREFUSED", ["refused the connection", true]],
  ["ECONNRESET", ["cut the connection", true]],
  ["EPIPE", ["cut the connection", true]],
  ["UND_ERR_SOCKET", ["cut the connection", true]],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", ["cut the connection", true]],
  ["ENOTFOUND", ["is not known to DNS", true]],
  ["EAI_AGAIN", ["is not found: DNS does not answer", true]],
  ["EHOSTUNREACH", ["cannot be reached", true]],
  ["ENETUNREACH", ["cannot be reached", true]],
  ["CERT_HAS_EXPIRED", ["has a certificate that has expired", false]],
  ["ERR_TLS_CERT_ALTNAME_INVALID", ["has a certificate of another name", false]],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", ["has a certificate that is not trusted", false]],
  ["SELF_SIGNED_CERT_IN_CHAIN", ["has a certificate that is not trusted", false]],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", ["has a certificate that is not trusted", false]],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", ["has a certificate that is not trusted", false]],
]);
const TIMEOUTS: ReadonlySet<string> = new Set([
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);

/**
 * What became of a request that got no answer. Nothing of the error but its code is shown: messages
 * of errors quote headers. What surely never left says that it cost nothing: an endpoint that is down
 * for a day does not use up the budget.
 */
export function failedExchange(error: unknown, endpoint: Endpoint): Failure {
  const failure = failureOf(error, endpoint);
  return isUnsent(error) ? { ...failure, usage: UNPAID } : failure;
}

function failureOf(error: unknown, endpoint: Endpoint): Failure {
  const host = hostOf(endpoint);
  const codes = codesOf(error);
  if (codes.some((code) => TIMEOUTS.has(code))) {
    return { ok: false, reason: "timeout", retry: true, detail: `${host} did not answer in time` };
  }
  for (const code of codes) {
    const [words, retry] = CONNECTIONS.get(code) ?? [];
    if (words !== undefined && retry !== undefined) {
      return { ok: false, reason: "connection", retry, detail: `${host} ${words} (${code})` };
    }
  }
  if (error instanceof AnswerTooLong) {
    return {
      ok: false,
      reason: "malformed",
      retry: false,
      detail: `${host} sent ${error.message}`,
    };
  }
  if (error instanceof RequestNotMade) {
    const kind = error.cause instanceof Error ? error.cause.name : typeof error.cause;
    const detail = `${host}: ${error.message} (${kind}); check judge.endpoint`;
    return { ok: false, reason: "rejected", retry: false, detail };
  }
  const [code] = codes;
  const isTls = code?.startsWith("ERR_SSL_") === true || code?.startsWith("ERR_TLS_") === true;
  const name = code ?? (error instanceof Error ? error.name : typeof error);
  const detail = `${host}: no answer (${name})`;
  return { ok: false, reason: "connection", retry: !isTls, detail };
}

/** Codes of an error and of what caused it, the innermost first. */
function codesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(codesOf) : [];
  const code = "code" in error && typeof error.code === "string" ? [error.code] : [];
  return [...codesOf(error.cause), ...inner, ...code].filter((one) =>
    /^[A-Z][A-Z0-9_]+$/.test(one),
  );
}
