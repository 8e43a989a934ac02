import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Outcome } from "@naruko/core/model/outcome";
import type { Authorization } from "@naruko/core/notify/routing";

/** Where to post, and as whom. The address may itself be a secret, its host is shown to people. */
export type Destination = {
  readonly url: string;
  readonly authorization?: Authorization | undefined;
  /** Milliseconds for the whole exchange; 0 for the default. */
  readonly timeoutMs: number;
};

/** How long a delivery may go on. */
export type Lifetime = {
  /** Ends what is under way when the process stops. */
  readonly signal?: AbortSignal;
};

/** The wait for a receiver that sets no limit of its own. */
const TIMEOUT_DEFAULT_MS = 30_000;
/** Bytes read of an answer: only its beginning is shown, and a receiver owes us no more. */
const ANSWER_MAX_BYTES = 4096;
/** Characters of an answer in a reason. */
const ANSWER_SHOWN = 200;

/** Characters; a shorter text hides nothing, and would be found inside ordinary words. */
const SECRET_MIN = 6;

type Answer = {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
};

/**
 * Posts JSON and tells what became of it. Never throws for what the world does: 2xx is ok; no
 * answer, 408, 429 and 5xx may be tried again; everything else is final. Redirects are not
 * followed: credentials and alerts go only to the address that somebody wrote down. Reasons name
 * the host and nothing else of the address, nor any credential.
 */
export async function postJson(
  body: string,
  headers: Readonly<Record<string, string>>,
  destination: Destination,
  lifetime: Lifetime,
): Promise<Outcome> {
  if (!URL.canParse(destination.url)) {
    return { ok: false, retry: false, reason: "the receiver's address is not a valid URL" };
  }
  const url = new URL(destination.url);
  const secrets = secretsOf(url, destination);
  try {
    const answer = await exchange(url, body, headers, { destination, lifetime });
    return outcomeOf(answer, url.host, secrets);
  } catch (error) {
    const cause = redact(causeOf(error), secrets);
    return { ok: false, retry: true, reason: `${url.host}: ${cause}` };
  }
}

function outcomeOf(answer: Answer, host: string, secrets: readonly string[]): Outcome {
  const { status, location, text } = answer;
  if (status >= 200 && status < 300) return { ok: true };
  const retry = status === 408 || status === 429 || status >= 500;
  const shown = redact(text, secrets).slice(0, ANSWER_SHOWN);
  const to = location === undefined ? undefined : hostOf(location, host);
  const detail = to === undefined ? shown : `redirects to ${to}, which is not followed`;
  return { ok: false, retry, reason: `${host} answered ${status}${detail && `: ${detail}`}` };
}

function exchange(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  { destination, lifetime }: { readonly destination: Destination; readonly lifetime: Lifetime },
): Promise<Answer> {
  const timeoutMs = destination.timeoutMs > 0 ? destination.timeoutMs : TIMEOUT_DEFAULT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal =
    lifetime.signal === undefined ? timeout : AbortSignal.any([timeout, lifetime.signal]);
  const authorization = authorizationOf(url, destination.authorization);
  const options = {
    method: "POST",
    headers: {
      ...headers,
      ...(authorization === undefined ? {} : { authorization }),
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "user-agent": "naruko",
    },
    signal,
    // Messages are rare: a connection kept from the last one would often be dead by the next.
    agent: false as const,
  };
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const late = new Error(`no answer within ${timeoutMs} ms`, { cause: error });
      reject(timeout.aborted ? late : error);
    };
    const request = send(url, options, (response) => {
      readAnswer(response).then(resolve, fail);
    });
    request.on("error", fail);
    request.end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop closes the connection.
    if (length >= ANSWER_MAX_BYTES) break;
  }
  const text = Buffer.concat(chunks).subarray(0, ANSWER_MAX_BYTES).toString("utf8");
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location,
    text: text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim(),
  };
}

function authorizationOf(url: URL, given: Authorization | undefined): string | undefined {
  if (given?.kind === "header") return given.secret.reveal();
  const inUrl = url.username === "" && url.password === "" ? undefined : userInfoOf(url);
  const pair = given?.secret.reveal() ?? inUrl;
  return pair === undefined ? undefined : `Basic ${Buffer.from(pair).toString("base64")}`;
}

function userInfoOf(url: URL): string {
  return `${decoded(url.username)}:${decoded(url.password)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that begins no escape stands for itself.
    return text;
  }
}

/** Everything of the address and the credentials that an answer or an error could repeat. */
function secretsOf(url: URL, destination: Destination): readonly string[] {
  const credentials = destination.authorization?.secret.reveal() ?? "";
  // As it is sent: a receiver that repeats the header repeats the pair in base64.
  const header = authorizationOf(url, destination.authorization) ?? "";
  const pairs = [...credentials.split(/[\s:]/), ...header.split(" ")];
  const words = [...pairs, url.username, url.password];
  const paths = [url.pathname + url.search, url.pathname, ...url.pathname.split("/")];
  const queries = [...url.searchParams.values()];
  const sent = [destination.url, url.href, credentials, ...words, ...paths, ...queries];
  return [...sent, ...sent.map(decoded)]
    .filter((one) => one.length >= SECRET_MIN)
    .toSorted((a, b) => b.length - a.length);
}

function redact(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) shown = shown.replaceAll(secret, "<secret>");
  return shown;
}

function hostOf(location: string, host: string): string {
  return URL.canParse(location) ? new URL(location).host : host;
}

/** The innermost sensible words: a connection that is refused on two addresses has no message. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(causeOf).join(", ");
  }
  return error.message;
}
