import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { InputError } from "@naruko/core/model/input-error";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Config } from "./config.ts";
import { withEnvironment } from "./environment.ts";
import { loadConfig, readConfig } from "./load-config.ts";
import { parseYaml } from "./parse-yaml.ts";
import { checkConfig } from "./schema.ts";

const read = (text: string, environment = {}): Config =>
  readConfig(withEnvironment(parseYaml("naruko.yml", text), environment)).config;

test("without a file everything has a default", () => {
  const { config } = loadConfig(undefined, {});
  assert.equal(config.listen.host, "127.0.0.1");
  assert.deepEqual(
    [config.listen.port, config.listen.otlp_http_port, config.listen.otlp_grpc_port],
    [4320, 4318, 4317],
  );
  assert.equal(config.interval, 15_000);
  assert.equal(config.retention.series, 15 * 86_400_000);
  assert.equal(config.capture.mode, "off");
});

test("every key is read", () => {
  const config = read(
    `
listen: { host: 0.0.0.0, port: 1, otlp_http_port: 2, otlp_grpc_port: 3, external_url: "https://n.example/", allowed_hosts: [n.example], insecure: true }
auth: { ingest_token: "\${INGEST}", admin_token: "a-\${ADMIN}-z" }
data: /var/lib/naruko
interval: 1m
retention: { series: 1w, calls: 2d, size: 1.5GB }
limits: { bodyBytes: 1000 }
rules: [a.yml, b.yml]
routing: alertmanager.yml
alerting: { alertmanagers: [{ url: "http://am:9093", basic_auth: { username: u, password: p } }] }
services: { shop: { source: metrics } }
capture: store
prices: [{ model: "my-*", input: 1, output: 2, from: 2026-01-01 }]
`,
    { INGEST: "ingest-token-1", ADMIN: "admin-token-1" },
  );
  assert.deepEqual(config.auth, {
    ingest_token: "ingest-token-1",
    admin_token: "a-admin-token-1-z",
  });
  assert.equal(config.interval, 60_000);
  assert.equal(config.retention.size, 1.5e9);
  assert.equal(config.limits.bodyBytes, 1000);
  assert.deepEqual(config.capture, { mode: "store", redact: [] });
  assert.equal(config.services["shop"]?.source, "metrics");
  assert.equal(config.prices[0]?.from, "2026-01-01");
});

const refused: readonly (readonly [string, string])[] = [
  ["listen:\n  port: web\n", "naruko.yml:2:9: listen.port: expected a port, 0 to 65535"],
  ["listn: {}\n", 'naruko.yml:1:1: unknown key "listn"; known keys: listen, tls, auth, data,'],
  ["listen:\n  prt: 1\n", 'naruko.yml:2:3: unknown key "prt"; known keys: host, port,'],
  ["interval: 5x\n", "naruko.yml:1:11: interval: expected a duration such as 15s"],
  ["interval: 5ms\n", "naruko.yml:1:11: interval: expected at least 1s"],
  ["capture: all\n", "naruko.yml:1:10: capture.mode: expected off, judge or store"],
  ["auth:\n  admin_token: ${NOPE}\n", "naruko.yml:2:16: the environment variable NOPE is not set"],
  ["auth:\n  admin_token: ${EMPTY}\n", "naruko.yml:2:16: auth.admin_token: expected a token of at"],
  ["auth: { ingest_token: elevenchars }\n", "naruko.yml:1:23: auth.ingest_token: expected a token"],
  ["auth: { ingest_token: twelve chars }\n", "without spaces"],
  [
    "auth: { ingest_token: twelve-chars, admin_token: twelve-chars }\n",
    "naruko.yml:1:50: auth.admin_token: expected another token than ingest_token",
  ],
  ["alerting: { alertmanagers: [{ url: 'http://am', bearer_token: '${EMPTY}' }] }\n", "a secret"],
  ["a: 1\na: 2\n", "naruko.yml:2:1: Map keys must be unique"],
  ["listen: {port: 1\n", "naruko.yml:2:1: "],
  ["- a\n", "naruko.yml:1:1: Invalid input: expected object"],
  ["prices: [{ model: m }]\n", "naruko.yml:1:10: prices.0.input: expected US dollars"],
  ["limits: { nope: 1 }\n", 'naruko.yml:1:11: unknown key "nope"; known keys: bodyBytes'],
  ["alerting: { alertmanagers: [{ url: 'ftp://x' }] }\n", "expected an http or https URL"],
];
for (const [text, expected] of refused) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => read(text, { EMPTY: "" }),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.ok(error.message.includes(expected), error.message);
        return true;
      },
    );
  });
}

test("keys without effect are told with their place", () => {
  const { warnings } = readConfig(parseYaml("naruko.yml", "data: d\ndetect: { budget: 1 }\n"));
  assert.deepEqual(warnings, ["naruko.yml:2:1: detect is accepted and has no effect yet"]);
});

test("all faults are told at once", () => {
  assert.throws(() => read("interval: 1\nlisten: { port: -1 }\n"), /1:11[\s\S]*2:17/);
});

test("an unreadable file is named", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-config-"));
  try {
    assert.throws(() => loadConfig(folder, {}), /cannot be read: EISDIR/);
    assert.throws(() => loadConfig(path.join(folder, "no.yml"), {}), /no\.yml: cannot be read/);
    writeFileSync(path.join(folder, "yes.yml"), "data: d\n");
    assert.equal(loadConfig(path.join(folder, "yes.yml"), {}).config.data, "d");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("limits know exactly the core's names", () => {
  const all = checkConfig({
    limits: Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((k) => [k, 1])),
  });
  assert.ok("config" in all);
});
