import type { YamlNode } from "../model/yaml.ts";
import { readHttpConfig, refuseFile, type HttpConfig } from "./http-config-file.ts";
import { NO_INTEGRATION, type Integration, type Receiver } from "./routing.ts";
import { Secret } from "./secret.ts";
import type { YamlFields, YamlReader } from "../model/yaml-reader.ts";

/** Alertmanager 0.34's channels besides webhooks. */
const OTHER_CHANNELS = [
  "discord_configs",
  "email_configs",
  "incidentio_configs",
  "jira_configs",
  "mattermost_configs",
  "msteams_configs",
  "msteamsv2_configs",
  "opsgenie_configs",
  "pagerduty_configs",
  "pushover_configs",
  "rocketchat_configs",
  "slack_configs",
  "sns_configs",
  "telegram_configs",
  "victorops_configs",
  "webex_configs",
  "wechat_configs",
];

const RECEIVER_KEYS = ["name", "labels", "webhook_configs", ...OTHER_CHANNELS];

/** Reads the receivers by name, in document order. */
export function readReceivers(
  reader: YamlReader,
  node: YamlNode | undefined,
  inherited: HttpConfig,
): ReadonlyMap<string, Receiver> {
  const receivers = new Map<string, Receiver>();
  for (const item of reader.list(node, "receivers")) {
    const fields = reader.fields(item, "a receiver", RECEIVER_KEYS);
    if (fields === undefined) continue;
    const name = reader.text(fields.get("name"), "name");
    if (name === undefined) {
      reader.refuse(fields.place, "a receiver needs a name");
      continue;
    }
    if (receivers.has(name)) {
      reader.refuse(fields.keyPlace("name"), `there are two receivers "${name}"; rename one`);
    }
    receivers.set(name, { name, integrations: readIntegrations(reader, fields, name, inherited) });
  }
  return receivers;
}

function readIntegrations(
  reader: YamlReader,
  fields: YamlFields,
  receiver: string,
  inherited: HttpConfig,
): readonly Integration[] {
  const webhooks = reader
    .list(fields.get("webhook_configs"), "webhook_configs")
    .flatMap((node, index) => readWebhook(reader, node, `webhook/${index}`, inherited) ?? []);
  for (const key of OTHER_CHANNELS) {
    const channels = reader.list(fields.get(key), key);
    if (channels.length === 0) continue;
    reader.warn(
      fields.keyPlace(key),
      `${key} is not served yet: receiver "${receiver}" does not send there`,
    );
  }
  if (reader.texts(fields.get("labels"), "labels").length > 0) {
    reader.warn(fields.keyPlace("labels"), "labels of receivers are not served yet");
  }
  return webhooks.length > 0 ? webhooks : [NO_INTEGRATION];
}

const WEBHOOK_KEYS = [
  "send_resolved",
  "http_config",
  "url",
  "url_file",
  "max_alerts",
  "timeout",
  "payload",
];

function readWebhook(
  reader: YamlReader,
  node: YamlNode,
  name: string,
  inherited: HttpConfig,
): Integration | undefined {
  const fields = reader.fields(node, "a webhook", WEBHOOK_KEYS);
  if (fields === undefined) return undefined;
  refuseFile(reader, fields, "url_file");
  if (fields.get("payload") !== undefined) {
    reader.warn(fields.keyPlace("payload"), "payload is not served yet: the usual JSON is sent");
  }
  const url = readUrl(reader, fields);
  const http = fields.get("http_config");
  const sendResolved = reader.flag(fields.get("send_resolved"), "send_resolved") ?? true;
  const maxAlerts = readCount(reader, fields, "max_alerts");
  const timeoutMs = readTimeout(reader, fields);
  const config = http === undefined ? inherited : readHttpConfig(reader, http);
  if (url === undefined) return undefined;
  return { name, sendResolved, maxAlerts, webhook: { url, timeoutMs, ...config } };
}

const HTTP_ADDRESS = /^https?:\/\/[^\s/?#]+[^\s]*$/i;

/** The address is a secret: many receivers know their senders by nothing else. */
function readUrl(reader: YamlReader, fields: YamlFields): Secret | undefined {
  const url = reader.text(fields.get("url"), "url");
  const place = fields.keyPlace("url");
  if (url === undefined) {
    if (fields.get("url_file") !== undefined) return undefined;
    return reader.refuse(place, "a webhook needs a url");
  }
  if (url.includes("{{")) {
    return reader.refuse(place, "templates in a url are not served yet; write the address itself");
  }
  if (HTTP_ADDRESS.test(url)) return new Secret(url);
  return reader.refuse(place, "url must be an address that begins with http:// or https://");
}

function readCount(reader: YamlReader, fields: YamlFields, key: string): number {
  const scalar = reader.scalar(fields.get(key), key);
  if (scalar === undefined) return 0;
  const { value, place } = scalar;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  reader.refuse(place, `${key} must be a whole number, 0 for no limit`);
  return 0;
}

/** Milliseconds in each unit of Go's durations, which this one key has instead of Prometheus'. */
const GO_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const GO_DURATION = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/;
const GO_PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g;

function readTimeout(reader: YamlReader, fields: YamlFields): number {
  const scalar = reader.scalar(fields.get("timeout"), "timeout");
  if (scalar === undefined || scalar.text === "0") return 0;
  if (!GO_DURATION.test(scalar.text)) {
    reader.refuse(scalar.place, `timeout "${scalar.text}" is no duration; write 10s or 1m30s`);
    return 0;
  }
  let ms = 0;
  for (const [, count = "", unit = ""] of scalar.text.matchAll(GO_PART)) {
    ms += Number(count) * (GO_UNITS[unit] ?? 0);
  }
  return Math.ceil(ms);
}
