import { parse, stringify } from "yaml";

/** What stands for a secret. */
const HIDDEN = "<secret>";

/** Keys whose texts lead in somewhere. */
const SECRET_KEY = /token|password|secret|credential|authorization|[_-]key$|_url$|headers$/i;
/** Links for people, addresses without secrets, names of files, and counts, which match the above. */
const PUBLIC_KEY = /^(?:external_url|proxy_url|base_url|max_output_tokens|\w+_file)$/;

/**
 * A configuration as it is written, without comments and without what is secret in it; a reference
 * to the environment stays, for it tells nothing.
 */
export function shownConfig(text: string): string {
  const value = parse(text, { merge: true, maxAliasCount: -1 }) as unknown;
  return stringify(value === null || value === undefined ? {} : withoutSecrets(value, ""));
}

function withoutSecrets(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, key));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    const inside = (name: string): string => nameInside(key, name);
    return Object.fromEntries(
      entries.map(([name, inner]) => [name, withoutSecrets(inner, inside(name))]),
    );
  }
  if (value === null || (typeof value === "string" && /^\$\{\w+\}$/.test(value))) return value;
  if (SECRET_KEY.test(key) && !PUBLIC_KEY.test(key)) return HIDDEN;
  return typeof value === "string" ? withoutUserInfo(value) : value;
}

/** Whoever knows a webhook's address can write to it; any header, and any query, may let somebody in. */
function nameInside(key: string, name: string): string {
  if (key === "webhook_configs" && name === "url") return "webhook_url";
  if (key === "query" && name !== "api-version") return "query_secret";
  return /headers$/i.test(key) ? "headers" : name;
}

/** Name and password, and a query, which may hold a key, are taken off every address. */
function withoutUserInfo(text: string): string {
  if (!/^https?:\/\//i.test(text)) return text;
  const url = URL.parse(text);
  if (url === null || (url.username === "" && url.password === "" && url.search === ""))
    return text;
  url.username = url.password = url.search = "";
  return url.href;
}
