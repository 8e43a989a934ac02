import type { YamlNode } from "../model/yaml.ts";
import type { WebhookConfig } from "./routing.ts";
import { Secret } from "./secret.ts";
import type { YamlFields, YamlReader } from "../model/yaml-reader.ts";

const HTTP_KEYS = [
  "authorization",
  "basic_auth",
  "bearer_token",
  "bearer_token_file",
  "oauth2",
  "tls_config",
  "follow_redirects",
  "enable_http2",
  "proxy_url",
  "no_proxy",
  "proxy_from_environment",
  "proxy_connect_header",
  "http_headers",
];

/** Keys whose absence from a request it will show by failing, at the latest. */
const UNSERVED = [
  "oauth2",
  "tls_config",
  "proxy_url",
  "no_proxy",
  "proxy_from_environment",
  "proxy_connect_header",
  "http_headers",
];

/** What of an `http_config` reaches the request. */
export type HttpConfig = Pick<WebhookConfig, "authorization">;

/** Reads how requests are authenticated; the rest of `http_config` is checked and warned of. */
export function readHttpConfig(reader: YamlReader, node: YamlNode | undefined): HttpConfig {
  const fields = node && reader.fields(node, "http_config", HTTP_KEYS);
  if (fields === undefined) return {};
  for (const key of UNSERVED) {
    if (fields.get(key) === undefined) continue;
    reader.warn(fields.keyPlace(key), `${key} is not served yet and has no effect`);
  }
  if (reader.flag(fields.get("follow_redirects"), "follow_redirects") === true) {
    reader.warn(
      fields.keyPlace("follow_redirects"),
      "redirects are not followed: give the address that answers",
    );
  }
  reader.flag(fields.get("enable_http2"), "enable_http2");
  const ways = ["authorization", "basic_auth", "bearer_token", "bearer_token_file", "oauth2"];
  const [first, second] = fields.keys.filter((key) => ways.includes(key));
  if (first !== undefined && second !== undefined) {
    reader.refuse(fields.keyPlace(second), `http_config has both ${first} and ${second}; keep one`);
    return {};
  }
  refuseFile(reader, fields, "bearer_token_file");
  const header = bearerOf(reader, fields) ?? authorizationOf(reader, fields);
  if (header !== undefined)
    return { authorization: { kind: "header", secret: new Secret(header) } };
  const pair = basicOf(reader, fields);
  return pair === undefined ? {} : { authorization: { kind: "basic", secret: new Secret(pair) } };
}

/** Core reads no files; a file that is named and not read would send requests without credentials. */
export function refuseFile(reader: YamlReader, fields: YamlFields, key: string): void {
  if (fields.get(key) === undefined) return;
  const inline = key.replace(/_file$/, "");
  reader.refuse(fields.keyPlace(key), `${key} is not served yet; use ${inline} instead`);
}

function bearerOf(reader: YamlReader, fields: YamlFields): string | undefined {
  const token = reader.text(fields.get("bearer_token"), "bearer_token");
  return token === undefined ? undefined : `Bearer ${token}`;
}

const AUTHORIZATION_KEYS = ["type", "credentials", "credentials_file", "credentials_ref"];

function authorizationOf(reader: YamlReader, http: YamlFields): string | undefined {
  const node = http.get("authorization");
  const fields = node && reader.fields(node, "authorization", AUTHORIZATION_KEYS);
  if (fields === undefined) return undefined;
  refuseFile(reader, fields, "credentials_file");
  refuseReference(reader, fields, "credentials_ref");
  const type = reader.text(fields.get("type"), "type")?.trim() ?? "Bearer";
  if (type.toLowerCase() === "basic") {
    return reader.refuse(fields.keyPlace("type"), 'for type "basic" use basic_auth instead');
  }
  const credentials = reader.text(fields.get("credentials"), "credentials");
  return credentials === undefined ? undefined : `${type} ${credentials}`;
}

const BASIC_KEYS = [
  "username",
  "username_file",
  "username_ref",
  "password",
  "password_file",
  "password_ref",
];

function basicOf(reader: YamlReader, http: YamlFields): string | undefined {
  const node = http.get("basic_auth");
  const fields = node && reader.fields(node, "basic_auth", BASIC_KEYS);
  if (fields === undefined) return undefined;
  for (const key of ["username_file", "password_file"]) refuseFile(reader, fields, key);
  for (const key of ["username_ref", "password_ref"]) refuseReference(reader, fields, key);
  const username = reader.text(fields.get("username"), "username") ?? "";
  const password = reader.text(fields.get("password"), "password") ?? "";
  return `${username}:${password}`;
}

function refuseReference(reader: YamlReader, fields: YamlFields, key: string): void {
  if (fields.get(key) === undefined) return;
  const inline = key.replace(/_ref$/, "");
  reader.refuse(fields.keyPlace(key), `${key} is not served: use ${inline} instead`);
}
