import { readFile } from "node:fs/promises";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { AgentOptions } from "node:https";
import path from "node:path";
import type { HttpClient } from "../config/http-schema.ts";

/** Redirects that are followed at most, as in Go. */
const REDIRECTS = 10;
/** How long an idle connection is kept for the next request. */
const IDLE_MS = 5 * 60_000;

export type HttpRequest = {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For the whole exchange, redirects included. */
  readonly timeoutMs: number;
  /** Bytes of the answer that are read at most; the rest is refused. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
};

/** Any answer, whatever its status; or why there was none. Never shows credentials. */
export type HttpAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: IncomingMessage["headers"];
      readonly body: Buffer;
    }
  | { readonly ok: false; readonly reason: string; readonly tooLarge: boolean };

/**
 * Makes requests as one `http_client_config` says. Connections are kept between requests; files with
 * certificates and secrets are read for every connection and every request, so that new ones count.
 */
export class Requester {
  readonly #config: HttpClient;
  readonly #folder: string;
  readonly #plain = new HttpAgent({ keepAlive: true, timeout: IDLE_MS });
  #secure: { readonly agent: HttpsAgent; readonly key: string } | undefined;

  /** @param folder what the names of files are relative to */
  constructor(config: HttpClient, folder: string) {
    this.#config = config;
    this.#folder = folder;
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const timeout = AbortSignal.timeout(request.timeoutMs);
    const signal = AbortSignal.any([timeout, request.signal]);
    try {
      return await this.#follow({ ...request, signal });
    } catch (error) {
      const late = `no answer within ${request.timeoutMs} ms`;
      const reason = timeout.aborted ? late : messageOf(error);
      return { ok: false, reason, tooLarge: error instanceof TooLarge };
    }
  }

  /** Lets the kept connections go. */
  close(): void {
    this.#plain.destroy();
    this.#secure?.agent.destroy();
  }

  async #follow(request: HttpRequest): Promise<HttpAnswer> {
    const first = new URL(request.url);
    let url = first;
    for (let redirects = 0; ; redirects++) {
      // Credentials are for the host that was written down, and for no other that it names.
      const own = url.origin === first.origin ? await this.#ownHeaders(url) : {};
      const answer = await exchange(url, await this.#agentFor(url), {
        ...request,
        headers: { ...request.headers, ...own },
      });
      const { location } = answer.headers;
      const isRedirect = answer.status >= 300 && answer.status < 400 && location !== undefined;
      if (!isRedirect || !this.#config.follow_redirects) return { ok: true, ...answer };
      if (request.method !== "GET") return { ok: true, ...answer };
      if (redirects === REDIRECTS) throw new Error(`more than ${REDIRECTS} redirects`);
      const next = URL.parse(location, url.href);
      if (next === null || !/^https?:$/.test(next.protocol)) {
        throw new Error("redirected to what is no http address");
      }
      url = next;
    }
  }

  async #ownHeaders(url: URL): Promise<Record<string, string>> {
    const { http_headers } = this.#config;
    const authorization = await this.#authorization(url);
    const own = Object.entries(http_headers).map(
      ([name, { values, secrets }]) => [name, [...values, ...secrets].join(", ")] as const,
    );
    return { ...Object.fromEntries(own), ...(authorization && { authorization }) };
  }

  async #authorization(url: URL): Promise<string | undefined> {
    const { basic_auth, authorization } = this.#config;
    if (authorization !== undefined) {
      const { type, credentials, credentials_file } = authorization;
      return `${type} ${credentials ?? (await this.#secretIn(credentials_file))}`;
    }
    if (basic_auth !== undefined) {
      const { username, password, password_file } = basic_auth;
      return basic(username, password ?? (await this.#secretIn(password_file)));
    }
    if (url.username === "" && url.password === "") return undefined;
    return basic(decodeURIComponent(url.username), decodeURIComponent(url.password));
  }

  async #secretIn(file: string | undefined): Promise<string> {
    return file === undefined ? "" : (await this.#read(file)).toString("utf8").trim();
  }

  async #agentFor(url: URL): Promise<HttpAgent> {
    if (url.protocol !== "https:") return this.#plain;
    const { ca_file, cert_file, key_file, server_name, insecure_skip_verify } =
      this.#config.tls_config;
    const [ca, cert, key] = await Promise.all(
      [ca_file, cert_file, key_file].map((file) => this.#optional(file)),
    );
    const known = [ca, cert, key].map((file) => file?.toString("base64") ?? "").join();
    if (this.#secure?.key !== known) {
      this.#secure?.agent.destroy();
      const options: AgentOptions = {
        keepAlive: true,
        timeout: IDLE_MS,
        rejectUnauthorized: !insecure_skip_verify,
        ...(ca && { ca }),
        ...(cert && { cert }),
        ...(key && { key }),
        ...(server_name !== undefined && { servername: server_name }),
      };
      this.#secure = { agent: new HttpsAgent(options), key: known };
    }
    return this.#secure.agent;
  }

  async #optional(file: string | undefined): Promise<Buffer | undefined> {
    return file === undefined ? undefined : await this.#read(file);
  }

  #read(file: string): Promise<Buffer> {
    return readFile(path.resolve(this.#folder, file));
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

class TooLarge extends Error {}

type Exchanged = {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
};

async function exchange(url: URL, agent: HttpAgent, request: HttpRequest): Promise<Exchanged> {
  const { method, headers, body, maxBytes, signal } = request;
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const bare = new URL(url);
  bare.username = bare.password = "";
  const length = body === undefined ? {} : { "content-length": body.length };
  const options = { method, agent, signal, headers: { ...headers, ...length } };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = send(bare, options, resolve);
    sent.on("error", reject);
    sent.end(body);
  });
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw new TooLarge(`the answer has more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(parts, bytes),
  };
}

/** The innermost sensible words: a connection that is refused on two addresses has no message. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(messageOf).join(", ");
  }
  return error.message;
}
