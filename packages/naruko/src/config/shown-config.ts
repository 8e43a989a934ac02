import { parse, stringify } from "yaml";

/** What stands for a secret. */
const HIDDEN = "<secret>";

/** Keys whose texts lead in somewhere. */
const SECRET_KEY = /token|password|secret|credential|authorization|_key$|_url$/i;
/** Links for people, which match the above. */
const PUBLIC_KEYS: ReadonlySet<string> = new Set(["external_url", "proxy_url"]);

/**
 * A configuration as it is written, without comments and without what is secret in it; a reference
 * to the environment stays, for it tells nothing.
 */
export function shownConfig(text: string): string {
  const value = parse(text, { merge: true }) as unknown;
  return stringify(value === null || value === undefined ? {} : withoutSecrets(value, ""));
}

function withoutSecrets(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, key));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    // Whoever knows a webhook's address can write to it.
    const named = (name: string): string => (key === "webhook_configs" ? `webhook_${name}` : name);
    return Object.fromEntries(
      entries.map(([name, inner]) => [name, withoutSecrets(inner, named(name))]),
    );
  }
  if (typeof value !== "string" || /^\$\{\w+\}$/.test(value)) return value;
  if (SECRET_KEY.test(key) && !PUBLIC_KEYS.has(key)) return HIDDEN;
  return withoutUserInfo(value);
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
