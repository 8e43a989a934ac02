import { fieldsOf } from "../unknown.ts";

/** The server that a client sends its requests to. */
export type Server = { readonly address: string; readonly port: number };

/** Whose it is, by its name. */
type KnownServer = Server & { readonly provider: string | undefined };

/** Where a client's requests go, and whose they are. */
export type Destination = { readonly provider: string; readonly server?: Server | undefined };

/** Providers by the end of their host's name: one provider's client may ask another's server. */
const PROVIDERS: readonly (readonly [host: string, provider: string])[] = [
  ["openai.azure.com", "azure.ai.openai"],
  ["services.ai.azure.com", "azure.ai.inference"],
  ["cognitiveservices.azure.com", "azure.ai.openai"],
  ["deepseek.com", "deepseek"],
  ["groq.com", "groq"],
  ["mistral.ai", "mistral_ai"],
  ["moonshot.ai", "moonshot_ai"],
  ["moonshot.cn", "moonshot_ai"],
  ["perplexity.ai", "perplexity"],
  ["x.ai", "x_ai"],
  ["cohere.ai", "cohere"],
  ["cohere.com", "cohere"],
  ["anthropic.com", "anthropic"],
  ["generativelanguage.googleapis.com", "gcp.gemini"],
  ["aiplatform.googleapis.com", "gcp.vertex_ai"],
  ["amazonaws.com", "aws.bedrock"],
];

export const isAt = (address: string, host: string): boolean =>
  address === host || address.endsWith(`.${host}`);

/**
 * Where a part of a client sends its requests.
 *
 * @param usual the provider of the client's package, where the host is none that is known
 */
export function destinationOf(part: unknown, usual: string): Destination {
  const server = serverOf(clientOf(part)["baseURL"]);
  if (server === undefined) return { provider: usual };
  return { provider: server.provider ?? usual, server };
}

/** The client that a part of it belongs to. */
export function clientOf(part: unknown): { readonly [field: string]: unknown } {
  return fieldsOf(fieldsOf(part)["_client"]);
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "https:": 443, "http:": 80 };

/** The server of an address; an address that cannot be read has none. */
export function serverOf(baseUrl: unknown): KnownServer | undefined {
  if (typeof baseUrl !== "string") return undefined;
  const cached = servers.get(baseUrl);
  if (cached !== undefined || !URL.canParse(baseUrl)) return cached;
  const { hostname, port, protocol } = new URL(baseUrl);
  // Without the brackets of an IPv6 address.
  const address = hostname.replace(/^\[|\]$/g, "");
  const server = {
    address,
    provider: PROVIDERS.find(([host]) => isAt(address, host))?.[1],
    port: port === "" ? (DEFAULT_PORTS[protocol] ?? 443) : Number(port),
  };
  if (servers.size < SERVERS) servers.set(baseUrl, server);
  return server;
}

/** Base addresses that are remembered as read; an application has few. */
const SERVERS = 64;
const servers = new Map<string, KnownServer>();
