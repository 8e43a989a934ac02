import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { findServer } from "../disk/data-dir.ts";
import { Requester } from "../scrape/http-client.ts";
import { Misuse, textOption } from "./command.ts";
import type { Option, Values, World } from "./command.ts";

/** How to trust a server, and how to be trusted by it; for every command that asks one. */
export const TLS_OPTIONS: Readonly<Record<string, Option>> = {
  "ca-file": {
    type: "string",
    value: "FILE",
    help: "CA that an https server is to be trusted by (default: the system's)",
  },
  "cert-file": {
    type: "string",
    value: "FILE",
    help: "certificate to show, where the server wants one of its clients",
  },
  "key-file": { type: "string", value: "FILE", help: "its key" },
};

/** Where a server listens that nobody configured otherwise. */
export const DEFAULT_URL = "http://127.0.0.1:4320";

/** Whom to ask, for every command that asks a server or a data directory. */
export const PLACE_OPTIONS: Readonly<Record<string, Option>> = {
  url: { type: "string", value: "URL", help: `server to ask (default: ${DEFAULT_URL})` },
  data: {
    type: "string",
    value: "DIR",
    help: "data directory; its server is asked where one holds it",
  },
  ...TLS_OPTIONS,
};

/** Whom the options name: a server, or a data directory that none holds. @throws Misuse */
export async function askedPlace(
  values: Values,
): Promise<{ readonly url: string } | { readonly folder: string }> {
  const [folder, url] = [textOption(values, "data"), textOption(values, "url")];
  if (folder === undefined) return { url: url ?? DEFAULT_URL };
  if (url !== undefined) {
    throw new Misuse("--url asks a server and --data a directory: give one of them");
  }
  const server = await findServer(folder);
  return server === undefined ? { folder } : { url: server.address };
}

/** What the server said, or why it said nothing, with what would do. */
export type ServerAnswer =
  { readonly status: number; readonly text: string } | { readonly reason: string };

/** Asks by POST where there is a form, else by GET. */
export type AskServer = (path: string, form?: URLSearchParams) => Promise<ServerAnswer>;

/** A server is given longer than it gives itself, so that its own words are heard. */
const PATIENCE_MS = 5 * DEFAULT_LIMITS.queryMs;
/** About what one text can hold. */
const ANSWER_BYTES = 512 * 1024 * 1024;

/** Asks the server at a URL, with the token that the environment has. @throws Misuse */
export function serverAt(url: string, values: Values, { environment }: World): AskServer {
  const token = environment["NARUKO_ADMIN_TOKEN"];
  const [ca_file, cert_file, key_file] = ["ca-file", "cert-file", "key-file"].map((name) =>
    textOption(values, name),
  );
  if ((cert_file === undefined) !== (key_file === undefined)) {
    throw new Misuse("--cert-file and --key-file go together");
  }
  const requester = new Requester(
    {
      ...(token !== undefined && { authorization: { type: "Bearer", credentials: token } }),
      tls_config: { ca_file, cert_file, key_file, insecure_skip_verify: false },
      follow_redirects: true,
      http_headers: {},
    },
    process.cwd(),
  );
  const base = url.replace(/\/+$/, "");
  return async (path, form) => {
    const post = { method: "POST", body: Buffer.from(String(form)), headers: FORM } as const;
    const answer = await requester.send({
      url: base + path,
      ...(form === undefined ? ({ method: "GET", headers: {} } as const) : post),
      timeoutMs: PATIENCE_MS,
      maxBytes: ANSWER_BYTES,
      signal: NEVER,
    });
    requester.close();
    if (!answer.ok) return { reason: withRemedy(answer.reason) };
    return { status: answer.status, text: answer.body.toString("utf8") };
  };
}

type ApiAnswer = {
  readonly data?: unknown;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
};

/** What Prometheus' API answered, with its warnings and notes, or the refusal of it or of the port, whose text says why. */
export function apiData({
  status,
  text,
}: Exclude<ServerAnswer, { reason: string }>):
  { readonly data: unknown; readonly notes: readonly string[] } | { readonly error: string } {
  try {
    const { data, error, warnings = [], infos = [] } = JSON.parse(text) as ApiAnswer;
    return data === undefined
      ? { error: error ?? `the server answered ${status}` }
      : { data, notes: [...warnings, ...infos] };
  } catch {
    return { error: `the server answered ${status}: ${text.slice(0, 200).trim()}` };
  }
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const NEVER = new AbortController().signal;

/** OpenSSL says what is wrong; what would do depends on where the certificate comes from. */
function withRemedy(reason: string): string {
  const shown = reason.replace(OPENSSL, "$1").trim();
  const remedy = REMEDIES.find(([pattern]) => pattern.test(shown))?.[1];
  return remedy === undefined ? shown : `${shown}; ${remedy}`;
}

/** `number:error:code:SSL routines:function:reason:file:line:…` */
const OPENSSL = /^\w+:error:\w+:SSL routines:\w*:([^:]+):.*$/s;

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/altnames/, "ask it by a name that its certificate has, with --url"],
  [/certificate required/, "it wants a certificate: give one with --cert-file and --key-file"],
  [/self-signed certificate|unable to (?:verify|get)/, "name the CA to trust with --ca-file"],
  [/wrong version number|packet length too long/, "it is without TLS: ask it by http://"],
  [/socket hang up|ECONNRESET/, "if it has TLS, ask it by https://"],
  [/ECONNREFUSED/, "is `naruko serve` running there?"],
];
