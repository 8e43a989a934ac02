import { settings } from "../settings.ts";
import { type Fields, fieldsOf, textOf } from "../unknown.ts";

/** The server that a client sends its requests to. */
export type Server = { readonly address: string; readonly port: number };

/** Where a client's requests go, and whose they are. */
export type Destination = { readonly provider: string; readonly server?: Server | undefined };

/** Providers with an interface like OpenAI's, by the end of their host's name. */
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
];

/** Hosts whose chat streams tell their usage when they are asked; others may refuse the question. */
const TELL_USAGE: readonly string[] = [
  "openai.com",
  "deepseek.com",
  "groq.com",
  "openrouter.ai",
  "together.xyz",
  "fireworks.ai",
  "x.ai",
];

/** Azure's versions by date: since this one its streams understand the question. */
const AZURE_TELLS_SINCE = "2024-09-01";

const isAt = (address: string, host: string): boolean =>
  address === host || address.endsWith(`.${host}`);

/** The provider by the host; the client's own name where the host is none that is known. */
export function destinationOf(part: unknown): Destination {
  const client = clientOf(part);
  const server = serverOf(client["baseURL"]);
  if (server === undefined) return { provider: "openai" };
  const known = PROVIDERS.find(([host]) => isAt(server.address, host));
  return { provider: known?.[1] ?? "openai", server };
}

/** Whether a chat stream may be asked for its usage. */
export function mayAskUsage(part: unknown, body: Fields): boolean {
  const { includeUsage } = settings();
  if (includeUsage !== "known") return includeUsage === "always";
  const client = clientOf(part);
  const address = serverOf(client["baseURL"])?.address ?? "";
  const version = textOf(client["apiVersion"]);
  if (isAt(address, "openai.azure.com")) {
    // Azure refuses the question beside data sources of its own.
    return (version ?? "") >= AZURE_TELLS_SINCE && body["data_sources"] === undefined;
  }
  return TELL_USAGE.some((host) => isAt(address, host));
}

function clientOf(part: unknown): Fields {
  const { _client: client } = fieldsOf(part);
  return fieldsOf(client);
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "https:": 443, "http:": 80 };

function serverOf(baseUrl: unknown): Server | undefined {
  if (typeof baseUrl !== "string") return undefined;
  const cached = servers.get(baseUrl);
  if (cached !== undefined || !URL.canParse(baseUrl)) return cached;
  const { hostname, port, protocol } = new URL(baseUrl);
  const server = {
    // Without the brackets of an IPv6 address.
    address: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (DEFAULT_PORTS[protocol] ?? 443) : Number(port),
  };
  if (servers.size < SERVERS) servers.set(baseUrl, server);
  return server;
}

/** Base addresses that are remembered as read; an application has few. */
const SERVERS = 64;
const servers = new Map<string, Server>();
