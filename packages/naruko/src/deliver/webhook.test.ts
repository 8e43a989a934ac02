import assert from "node:assert/strict";
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import test, { after, before } from "node:test";
import type { Delivery, NotifiedAlert } from "@naruko/core/model/engine-io";
import { labels } from "@naruko/core/model/labels";
import type { Outcome } from "@naruko/core/model/outcome";
import { epochMs } from "@naruko/core/model/time";
import { Secret } from "@naruko/core/notify/secret";
import { DEFAULT_ROUTING, type Integration, type WebhookConfig } from "@naruko/core/notify/routing";
import { postAlerts } from "./alertmanager.ts";
import { deliver } from "./deliver.ts";
import { deliverWebhook } from "./webhook.ts";

type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
};

const received: Received[] = [];
let respond: (response: ServerResponse) => void = (response) => response.end();
let server: Server;
let host: string;

before(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
      received.push({ path: request.url ?? "", headers: request.headers, body });
      respond(response);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

const firing: NotifiedAlert = {
  status: "firing",
  labels: labels({ alertname: "Slow", service: "chat" }),
  annotations: labels({ summary: "遅い" }),
  startsAt: epochMs(Date.UTC(2026, 10, 2, 10, 4)),
  value: 7,
  fingerprint: "00c0ffee00c0ffee",
  generatorUrl: "http://naruko/rule",
};
const ended: NotifiedAlert = {
  ...firing,
  status: "resolved",
  endsAt: epochMs(firing.startsAt + 90_250),
};

const delivery: Delivery = {
  key: "0123456789abcdef",
  at: epochMs(0),
  receiver: "pager",
  integration: "webhook/0",
  groupKey: '{}:{service="chat"}',
  groupLabels: labels({ service: "chat" }),
  commonLabels: labels({ alertname: "Slow", service: "chat" }),
  commonAnnotations: labels({ summary: "遅い" }),
  reason: "first",
  alerts: [firing, ended],
  truncatedAlerts: 3,
  externalUrl: "http://naruko",
  attempt: 1,
};

function configFor(url: string, rest: Partial<WebhookConfig> = {}): WebhookConfig {
  return { url: new Secret(url), timeoutMs: 0, ...rest };
}

/** Sends the message to the local server, which answers as told. */
async function send(
  answer: (response: ServerResponse) => void,
  rest: Partial<WebhookConfig> = {},
  url = `http://${host}/hook`,
): Promise<{ readonly outcome: Outcome; readonly got: Received | undefined }> {
  respond = answer;
  received.length = 0;
  const outcome = await deliverWebhook(delivery, configFor(url, rest), {});
  return { outcome, got: received[0] };
}

function answering(status: number, text = "", headers: Record<string, string> = {}) {
  return (response: ServerResponse): void => {
    response.writeHead(status, headers).end(text);
  };
}

test("the message is Alertmanager's, version 4, under its key", async () => {
  const { outcome, got } = await send(answering(200));
  assert.deepEqual(outcome, { ok: true });
  assert.equal(got?.headers["idempotency-key"], delivery.key);
  assert.equal(got.headers["content-type"], "application/json");
  assert.equal(got.headers.authorization, undefined);
  const alert = {
    labels: { alertname: "Slow", service: "chat" },
    annotations: { summary: "遅い" },
    startsAt: "2026-11-02T10:04:00Z",
    generatorURL: "http://naruko/rule",
    fingerprint: "00c0ffee00c0ffee",
  };
  assert.deepEqual(got.body, {
    receiver: "pager",
    status: "firing",
    alerts: [
      { status: "firing", ...alert, endsAt: "0001-01-01T00:00:00Z" },
      { status: "resolved", ...alert, endsAt: "2026-11-02T10:05:30.25Z" },
    ],
    groupLabels: { service: "chat" },
    commonLabels: { alertname: "Slow", service: "chat" },
    commonAnnotations: { summary: "遅い" },
    externalURL: "http://naruko",
    version: "4",
    groupKey: '{}:{service="chat"}',
    truncatedAlerts: 3,
  });
});

type Answered = readonly [status: number, text: string, expected: Outcome | "ok"];
const no = (retry: boolean, reason: string): Outcome => ({
  ok: false,
  retry,
  reason: `HOST answered ${reason}`,
});
const answers: readonly Answered[] = [
  [200, "", "ok"],
  [202, "queued", "ok"],
  [204, "", "ok"],
  [400, "no such field", no(false, "400: no such field")],
  [401, "", no(false, "401")],
  [404, "", no(false, "404")],
  [408, "", no(true, "408")],
  [410, "gone\n\u001b[31m for\tgood", no(false, "410: gone [31m for good")],
  [429, "slow down", no(true, "429: slow down")],
  [500, "x".repeat(9000), no(true, `500: ${"x".repeat(200)}`)],
  [503, "", no(true, "503")],
];
for (const [status, text, expected] of answers) {
  test(`an answer of ${status} ${JSON.stringify(text.slice(0, 20))}`, async () => {
    const { outcome } = await send(answering(status, text));
    const shown = outcome.ok ? "ok" : { ...outcome, reason: outcome.reason.replace(host, "HOST") };
    assert.deepEqual(shown, expected);
  });
}

test("a redirect is not followed", async () => {
  const elsewhere = answering(307, "", { location: "http://elsewhere.example/s3cret-path" });
  const { outcome } = await send(elsewhere);
  const reason = `${host} answered 307: redirects to elsewhere.example, which is not followed`;
  assert.deepEqual(outcome, { ok: false, retry: false, reason });
  assert.equal(received.length, 1);
});

test("an answer without an end is read no further than needed", async () => {
  const { outcome } = await send((response) => {
    response.writeHead(400);
    const more = (): void => {
      while (!response.destroyed && response.write("y".repeat(1024)));
    };
    response.on("drain", more);
    more();
  });
  assert.equal(outcome.ok ? "" : outcome.reason, `${host} answered 400: ${"y".repeat(200)}`);
});

test("a receiver that does not answer in time may be tried again", async () => {
  const { outcome } = await send(() => {}, { timeoutMs: 50 });
  assert.deepEqual(outcome, { ok: false, retry: true, reason: `${host}: no answer within 50 ms` });
});

test("a cut connection may be tried again", async () => {
  const { outcome } = await send((response) => response.destroy());
  assert.deepEqual(outcome, { ok: false, retry: true, reason: `${host}: socket hang up` });
});

test("a receiver that is not there may be tried again", async () => {
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, "close");
  const outcome = await deliverWebhook(delivery, configFor(`http://localhost:${port}/`), {});
  assert.equal(outcome.ok ? undefined : outcome.retry, true);
  assert.match(outcome.ok ? "" : outcome.reason, /^localhost:\d+: .*ECONNREFUSED/);
});

test("a stopping process ends what is under way, and it may be tried again", async () => {
  const stop = new AbortController();
  respond = () => stop.abort();
  const world = { signal: stop.signal };
  const outcome = await deliverWebhook(delivery, configFor(`http://${host}/`), world);
  assert.deepEqual(outcome, {
    ok: false,
    retry: true,
    reason: `${host}: The operation was aborted`,
  });
});

function webhookCalled(name: string): Integration {
  const webhook = configFor(`http://${host}/${name}`);
  return { name, sendResolved: true, maxAlerts: 0, webhook };
}

test("a delivery goes to the integration that it names", async () => {
  respond = answering(200);
  received.length = 0;
  const pager = {
    name: "pager",
    integrations: [webhookCalled("webhook/0"), webhookCalled("webhook/1")],
  };
  const routing = { ...DEFAULT_ROUTING, receivers: new Map([["pager", pager]]) };
  const to = { ...delivery, integration: "webhook/1" };
  assert.deepEqual(await deliver(to, routing, {}), { ok: true });
  assert.deepEqual(
    received.map((one) => one.path),
    ["/webhook/1"],
  );
});

test("a receiver without integrations takes everything", async () => {
  const to = { ...delivery, receiver: "default", integration: "none" };
  assert.deepEqual(await deliver(to, DEFAULT_ROUTING, {}), { ok: true });
});

test("an integration that a reload took away refuses for good", async () => {
  const reason = "the configuration has no pager webhook/0 any more";
  assert.deepEqual(await deliver(delivery, DEFAULT_ROUTING, {}), {
    ok: false,
    retry: false,
    reason,
  });
});

test("an address that is none is refused for good", async () => {
  const outcome = await deliverWebhook(delivery, configFor("http://host:99999999/s3cret-path"), {});
  const reason = "the receiver's address is not a valid URL";
  assert.deepEqual(outcome, { ok: false, retry: false, reason });
});

const bearer = { kind: "header", secret: new Secret("Bearer s3cret-token") } as const;
const basic = { kind: "basic", secret: new Secret("user:s3cret-word") } as const;
const encoded = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
const credentials: readonly (readonly [string, Partial<WebhookConfig>, string])[] = [
  ["", { authorization: bearer }, "Bearer s3cret-token"],
  ["", { authorization: basic }, encoded("user:s3cret-word")],
  ["user:s3cret%20word@", {}, encoded("user:s3cret word")],
];
for (const [inUrl, rest, header] of credentials) {
  test(`credentials leave as ${header}, and are never shown`, async () => {
    const url = `http://${inUrl}${host}/s3cret-path?token=s3cret-query`;
    const known = decodeURIComponent(url) + (rest.authorization?.secret.reveal() ?? "");
    const secrets = ["s3cret-token", "s3cret-word", "s3cret word", "s3cret-path", "s3cret-query"];
    const echo = secrets.filter((secret) => known.includes(secret)).join(" and ");
    const { outcome, got } = await send(answering(500, echo), rest, url);
    assert.equal(got?.headers.authorization, header);
    assert.equal(got.path, "/s3cret-path?token=s3cret-query");
    assert.match(
      outcome.ok ? "" : outcome.reason,
      /answered 500: <secret> and <secret> and <secret>$/,
    );
  });
}

test("credentials are hidden as a whole, not in part", async () => {
  const { outcome } = await send(answering(401, "no user:s3cret-word here"), {
    authorization: basic,
  });
  assert.match(outcome.ok ? "" : outcome.reason, /answered 401: no <secret> here$/);
});

test("alerts are posted to Alertmanager's API v2, below its path prefix", async () => {
  respond = answering(200);
  received.length = 0;
  const alertmanager = { url: `http://${host}/prefix/`, authorization: basic, timeoutMs: 0 };
  assert.deepEqual(await postAlerts([firing, ended], alertmanager, {}), { ok: true });
  const [got] = received;
  assert.equal(got?.path, "/prefix/api/v2/alerts");
  assert.equal(got.headers.authorization, encoded("user:s3cret-word"));
  const alert = {
    labels: { alertname: "Slow", service: "chat" },
    annotations: { summary: "遅い" },
    startsAt: "2026-11-02T10:04:00Z",
    generatorURL: "http://naruko/rule",
  };
  assert.deepEqual(got.body, [alert, { ...alert, endsAt: "2026-11-02T10:05:30.25Z" }]);
});
