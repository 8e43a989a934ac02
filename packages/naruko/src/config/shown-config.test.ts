import assert from "node:assert/strict";
import test from "node:test";
import { parse } from "yaml";
import { shownConfig } from "./shown-config.ts";

for (const [what, text, shown] of [
  ["nothing", "", {}],
  ["comments alone", "# token: a\n", {}],
  [
    "what is public",
    "interval: 15s # often\nlisten: {port: 1, external_url: 'https://a.example/x?y'}\nrules: [a.yml]\n",
    {
      interval: "15s",
      listen: { port: 1, external_url: "https://a.example/x" },
      rules: ["a.yml"],
    },
  ],
  [
    "tokens",
    "auth: {ingest_token: aaaaaaaaaaaa, admin_token: '${TOKEN}'}\n",
    { auth: { ingest_token: "<secret>", admin_token: "${TOKEN}" } },
  ],
  [
    "a reference in the middle of a secret",
    "auth: {admin_token: 'x${TOKEN}'}\n",
    { auth: { admin_token: "<secret>" } },
  ],
  [
    "what an address may hide",
    "alerting: {alertmanagers: [{url: 'http://u:p@a/x?key=k', basic_auth: {username: u, password: p}, bearer_token: b}]}\n",
    {
      alerting: {
        alertmanagers: [
          {
            url: "http://a/x",
            basic_auth: { username: "u", password: "<secret>" },
            bearer_token: "<secret>",
          },
        ],
      },
    },
  ],
  [
    "receivers",
    `routing:
  global: {slack_api_url: 'https://hooks/T', smtp_auth_password: p, opsgenie_api_key: k}
  receivers:
  - name: a
    webhook_configs: [{url: 'https://a/secret', send_resolved: true}]
    pagerduty_configs: [{routing_key: r, service_key: s, url: 'https://events'}]
    telegram_configs: [{bot_token: t, chat_id: 1}]
`,
    {
      routing: {
        global: {
          slack_api_url: "<secret>",
          smtp_auth_password: "<secret>",
          opsgenie_api_key: "<secret>",
        },
        receivers: [
          {
            name: "a",
            webhook_configs: [{ url: "<secret>", send_resolved: true }],
            pagerduty_configs: [
              { routing_key: "<secret>", service_key: "<secret>", url: "https://events" },
            ],
            telegram_configs: [{ bot_token: "<secret>", chat_id: 1 }],
          },
        ],
      },
    },
  ],
  [
    "an alias and a merge",
    "a: &x {password: p, b: 1}\nc: *x\nd: {<<: *x, b: 2}\n",
    {
      a: { password: "<secret>", b: 1 },
      c: { password: "<secret>", b: 1 },
      d: { password: "<secret>", b: 2 },
    },
  ],
  [
    "headers of requests",
    "h: {headers: {Authorization: 'Bearer x', 'X-Api-Key': k}}\n",
    {
      h: { headers: { Authorization: "<secret>", "X-Api-Key": "<secret>" } },
    },
  ],
  [
    "a judge",
    `judge:
  endpoint:
    base_url: https://ours.example/v1
    api_key: s3cret
    model: m
    headers: {api-key: s3cret}
    query: {api-version: '2026-01-01', code: s3cret}
  max_output_tokens: 2000
`,
    {
      judge: {
        endpoint: {
          base_url: "https://ours.example/v1",
          api_key: "<secret>",
          model: "m",
          headers: { "api-key": "<secret>" },
          query: { "api-version": "2026-01-01", code: "<secret>" },
        },
        max_output_tokens: 2000,
      },
    },
  ],
  ["lists of secrets", "credentials: [a, b]\n", { credentials: ["<secret>", "<secret>"] }],
  ["numbers of secrets", "password: 12345678\n", { password: "<secret>" }],
] as const) {
  test(`shown: ${what}`, () => {
    assert.deepEqual(parse(shownConfig(text)), shown);
  });
}
