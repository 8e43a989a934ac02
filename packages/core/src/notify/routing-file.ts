import type { InputError } from "../model/input-error.ts";
import type { YamlFile, YamlNode } from "../model/yaml.ts";
import { readHttpConfig } from "./http-config-file.ts";
import { readInhibitRules, readTimeIntervals } from "./muting-file.ts";
import { readReceivers } from "./receiver-file.ts";
import { readRouteTree } from "./route-file.ts";
import type { Routing } from "./routing.ts";
import { YamlReader, type YamlFields } from "../model/yaml-reader.ts";

const TOP_KEYS = [
  "global",
  "route",
  "receivers",
  "inhibit_rules",
  "time_intervals",
  "mute_time_intervals",
  "templates",
  "tracing",
  "event_recorder",
];

/** `global` of Alertmanager 0.34. Only `http_config` matters to webhooks. */
const GLOBAL_KEYS = [
  "resolve_timeout",
  "http_config",
  "jira_api_url",
  "smtp_from",
  "smtp_hello",
  "smtp_smarthost",
  "smtp_auth_username",
  "smtp_auth_password",
  "smtp_auth_password_file",
  "smtp_auth_secret",
  "smtp_auth_secret_file",
  "smtp_auth_identity",
  "smtp_require_tls",
  "smtp_tls_config",
  "smtp_force_implicit_tls",
  "slack_api_url",
  "slack_api_url_file",
  "slack_app_token",
  "slack_app_token_file",
  "slack_app_url",
  "pagerduty_url",
  "opsgenie_api_url",
  "opsgenie_api_key",
  "opsgenie_api_key_file",
  "wechat_api_url",
  "wechat_api_secret",
  "wechat_api_secret_file",
  "wechat_api_corp_id",
  "victorops_api_url",
  "victorops_api_key",
  "victorops_api_key_file",
  "telegram_api_url",
  "telegram_bot_token",
  "telegram_bot_token_file",
  "webex_api_url",
  "rocketchat_api_url",
  "rocketchat_token",
  "rocketchat_token_file",
  "rocketchat_token_id",
  "rocketchat_token_id_file",
  "mattermost_webhook_url",
  "mattermost_webhook_url_file",
];

export type ParsedRouting = {
  /** Present exactly when there are no errors. */
  readonly routing: Routing | undefined;
  readonly errors: readonly InputError[];
  /** What is accepted and has no effect here. */
  readonly warnings: readonly InputError[];
};

/**
 * Reads a routing file: Alertmanager's configuration format, as 0.34 accepts and refuses it. What
 * is not served yet (other channels, inhibition, time intervals, templates) is checked as far as
 * that is cheap, and warned of. No message ever quotes an address or a credential.
 *
 * Source: https://prometheus.io/docs/alerting/latest/configuration/
 */
export function parseRouting(file: YamlFile): ParsedRouting {
  const reader = new YamlReader(file, "routing");
  const routing = readRouting(reader, file.root);
  const { errors, warnings } = reader;
  return { routing: errors.length === 0 ? routing : undefined, errors, warnings };
}

function readRouting(reader: YamlReader, root: YamlNode | undefined): Routing | undefined {
  if (root === undefined) {
    const start = { from: 0, to: 0 };
    return reader.refuse(start, "the file is empty; it needs a route and its receivers");
  }
  const top = reader.fields(root, "the routing file", TOP_KEYS);
  if (top === undefined) return undefined;
  const receivers = readReceivers(reader, top.get("receivers"), readGlobal(reader, top));
  const timeIntervals = readTimeIntervals(reader, top);
  readInhibitRules(reader, top);
  reader.textList(top.get("templates"), "templates");
  for (const key of ["inhibit_rules", "templates", "tracing", "event_recorder"]) {
    const node = top.get(key);
    const isEmptyList = node?.kind === "list" && node.items.length === 0;
    if (node !== undefined && !isEmptyList) {
      reader.warn(top.keyPlace(key), `${key} is not served yet and has no effect`);
    }
  }
  const route = top.get("route");
  if (route === undefined) {
    return reader.refuse(top.place, 'there is no route; add "route:" with a receiver');
  }
  const tree = readRouteTree(reader, route, {
    receivers: new Set(receivers.keys()),
    timeIntervals,
  });
  return tree && { root: tree, receivers };
}

function readGlobal(reader: YamlReader, top: YamlFields): ReturnType<typeof readHttpConfig> {
  const node = top.get("global");
  const fields = node && reader.fields(node, "global", GLOBAL_KEYS);
  if (fields === undefined) return {};
  reader.durationMs(fields.get("resolve_timeout"), "resolve_timeout");
  for (const key of fields.keys) {
    // The rules tell when an alert has ended, so that resolve_timeout never comes to bear.
    if (key === "http_config" || key === "resolve_timeout" || !GLOBAL_KEYS.includes(key)) continue;
    reader.warn(fields.keyPlace(key), `${key} belongs to a channel that is not served yet`);
  }
  return readHttpConfig(reader, fields.get("http_config"));
}
