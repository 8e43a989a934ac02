import assert from "node:assert/strict";
import test from "node:test";
import { readConfig } from "./load-config.ts";
import { parseYaml } from "./parse-yaml.ts";
import { remoteName, type RemoteWriteConfig } from "./remote-write-schema.ts";

const read = (text: string): readonly RemoteWriteConfig[] =>
  readConfig(parseYaml("naruko.yml", text)).config.remote_write;

test("a remote needs its address alone, and has Prometheus' defaults", () => {
  const [remote] = read("remote_write: [{ url: 'https://mimir.example/api/v1/push' }]");
  assert.ok(remote);
  assert.equal(remoteName(remote), "mimir.example");
  assert.deepEqual(remote.queue_config, {
    max_samples_per_send: 2000,
    min_backoff: 30,
    max_backoff: 5000,
    sample_age_limit: 0,
  });
  assert.deepEqual(
    [remote.remote_timeout, remote.protobuf_message],
    [30_000, "prometheus.WriteRequest"],
  );
  assert.deepEqual(remote.metadata_config, { send: true, send_interval: 60_000 });
  assert.deepEqual(read(""), []);
});

const REMOTE = "remote_write:\n  - url: http://a\n    ";
const refused: readonly (readonly [text: string, message: string])[] = [
  ["remote_write: {}", "1:15: remote_write: expected a list of remote stores"],
  ["remote_write: [{ url: a }]", "1:23: remote_write.0.url: expected an http or https URL"],
  [`${REMOTE}remote_timeout: 5`, "3:21: remote_write.0.remote_timeout: expected a duration"],
  [`${REMOTE}remote_timeout: 0s`, "3:21: remote_write.0.remote_timeout: expected more than 0"],
  [
    `${REMOTE}protobuf_message: v2`,
    "3:23: remote_write.0.protobuf_message: expected one of prometheus.WriteRequest",
  ],
  [`${REMOTE}headers: { Authorization: a }`, "3:31: remote_write.0.headers.Authorization: "],
  [`${REMOTE}headers: { X-A: "é" }`, "3:21: remote_write.0.headers.X-A: expected printable ASCII"],
  [
    `${REMOTE}queue_config: { capacity: 1 }`,
    '3:21: unknown key "capacity"; known keys: max_samples_per_send',
  ],
  [
    `${REMOTE}queue_config: { min_backoff: 10s }`,
    "3:19: remote_write.0.queue_config.max_backoff: expected at least min_backoff",
  ],
  [`${REMOTE}sigv4: {}`, '3:5: unknown key "sigv4"'],
  [
    `${REMOTE}write_relabel_configs: [{}]`,
    "3:29: remote_write.0.write_relabel_configs.0: the action replace needs",
  ],
  [
    `${REMOTE}basic_auth: {}\n    authorization: { credentials: a }`,
    "4:20: remote_write.0.authorization: expected basic_auth or authorization",
  ],
  [
    "remote_write:\n  - url: http://a/1\n  - url: http://a/2\n",
    '3:5: remote_write.1: "a" is there twice: give each a name',
  ],
];
for (const [text, message] of refused) {
  test(`refuses ${text.replace(REMOTE, "")}`, () => {
    assert.throws(
      () => read(text),
      (error: Error) => {
        const [first = ""] = error.message.split("\n");
        assert.equal(first.slice(0, message.length + 11), `naruko.yml:${message}`);
        return true;
      },
    );
  });
}
