import assert from "node:assert/strict";
import test from "node:test";
import { readConfig } from "./load-config.ts";
import { parseYaml } from "./parse-yaml.ts";
import type { ScrapeConfig } from "./scrape-schema.ts";

const read = (text: string): readonly ScrapeConfig[] =>
  readConfig(parseYaml("naruko.yml", text)).config.scrape_configs;

test("a job needs its name alone, and has Prometheus' defaults", () => {
  const [job] = read("scrape_configs: [{ job_name: vllm }]");
  assert.ok(job);
  assert.deepEqual([job.scrape_interval, job.scrape_timeout], ["1m", "10s"]);
  assert.deepEqual([job.metrics_path, job.scheme, job.body_size_limit], ["/metrics", "http", 0]);
  assert.deepEqual([job.honor_labels, job.honor_timestamps], [false, true]);
  const [quick] = read("scrape_configs: [{ job_name: vllm, scrape_interval: 5s }]");
  assert.equal(quick?.scrape_timeout, "5s");
  assert.deepEqual(read(""), []);
});

test("every key is read", () => {
  const [job] = read(`
scrape_configs:
  - job_name: gpu
    scrape_interval: 30s
    scrape_timeout: 20s
    metrics_path: /m
    scheme: https
    params: { "collect[]": [a, b] }
    honor_labels: true
    honor_timestamps: false
    track_timestamps_staleness: true
    enable_compression: false
    scrape_native_histograms: true
    always_scrape_classic_histograms: true
    scrape_protocols: [PrometheusText0.0.4]
    fallback_scrape_protocol: PrometheusText1.0.0
    body_size_limit: 1.5MB
    sample_limit: 1
    label_limit: 2
    label_name_length_limit: 3
    label_value_length_limit: 4
    target_limit: 5
    static_configs: [{ targets: ["h:1", h], labels: { rack: a } }]
    file_sd_configs: [{ files: [gpu/*.yml, more.json], refresh_interval: 1m }]
    dns_sd_configs: [{ names: [_m._tcp.example.org] }, { names: [x], type: AAAA, port: 9100 }]
    relabel_configs:
      - { source_labels: [__address__], separator: "-", regex: "(.*):.*", target_label: host }
    metric_relabel_configs:
      - { action: hashmod, source_labels: [a], modulus: 8, target_label: shard }
      - { action: labelmap, regex: "x_(.*)", replacement: "y_$1" }
    basic_auth: { username: u, password: p }
    tls_config: { ca_file: ca, cert_file: c, key_file: k, server_name: s, insecure_skip_verify: true }
    follow_redirects: false
    http_headers: { X-Scope: { values: [a], secrets: [b] } }
`);
  assert.ok(job);
  assert.equal(job.body_size_limit, 1.5 * 1024 * 1024);
  assert.deepEqual(job.file_sd_configs[0]?.refresh_interval, 60_000);
  assert.deepEqual(job.dns_sd_configs[0], {
    names: ["_m._tcp.example.org"],
    type: "SRV",
    refresh_interval: 30_000,
  });
  const [host] = job.relabel_configs;
  assert.deepEqual([host?.action, host?.separator, host?.replacement], ["replace", "-", "$1"]);
  assert.equal(host?.regex.source, "(.*):.*");
  assert.deepEqual(job.http_headers["X-Scope"], { values: ["a"], secrets: ["b"] });
});

const JOB = "scrape_configs:\n  - job_name: a\n    ";
const refused: readonly (readonly [text: string, message: string])[] = [
  ["scrape_configs: {}", "1:17: scrape_configs: expected a list of scrape configurations"],
  ["scrape_configs: [{}]", "1:18: scrape_configs.0.job_name: "],
  [
    `${JOB}scrape_intervall: 1m`,
    '3:5: unknown key "scrape_intervall"; known keys: job_name, scrape_interval, ',
  ],
  [`${JOB}kubernetes_sd_configs: []`, '3:5: unknown key "kubernetes_sd_configs"'],
  [
    `${JOB}scrape_interval: 0s`,
    "3:22: scrape_configs.0.scrape_interval: expected a duration above zero",
  ],
  [
    `${JOB}scrape_interval: 60`,
    "3:22: scrape_configs.0.scrape_interval: expected a duration above zero",
  ],
  [
    `${JOB}scrape_timeout: 2m`,
    "3:21: scrape_configs.0.scrape_timeout: expected a timeout that is no longer",
  ],
  [`${JOB}scheme: ftp`, "3:13: scrape_configs.0.scheme: expected http or https"],
  [`${JOB}honor_labels: "no"`, "3:19: scrape_configs.0.honor_labels: expected true or false"],
  [`${JOB}sample_limit: -1`, "3:19: scrape_configs.0.sample_limit: "],
  [
    `${JOB}body_size_limit: 10`,
    "3:22: scrape_configs.0.body_size_limit: expected a size such as 10MB",
  ],
  [
    `${JOB}body_size_limit: 10XB`,
    "3:22: scrape_configs.0.body_size_limit: expected a size such as 10MB",
  ],
  [
    `${JOB}static_configs: [{}]`,
    "3:22: scrape_configs.0.static_configs.0.targets: expected a list of host:port",
  ],
  [
    `${JOB}static_configs: [{ targets: ["http://h:1"] }]`,
    "3:34: scrape_configs.0.static_configs.0.targets.0: expected host:port",
  ],
  [
    `${JOB}static_configs: [{ targets: [], labels: { shard: 1 } }]`,
    "3:54: scrape_configs.0.static_configs.0.labels.shard: expected text; a number or true is text in quotes",
  ],
  [
    `${JOB}static_configs: [{ targets: [], labels: { a-b: c } }]`,
    "3:52: scrape_configs.0.static_configs.0.labels.a-b: ",
  ],
  [
    `${JOB}file_sd_configs: [{ files: [targets.txt] }]`,
    "3:33: scrape_configs.0.file_sd_configs.0.files.0: expected a file that ends",
  ],
  [
    `${JOB}file_sd_configs: [{ files: ["*/a.yml"] }]`,
    "3:33: scrape_configs.0.file_sd_configs.0.files.0: expected a file that ends",
  ],
  [
    `${JOB}dns_sd_configs: [{ names: [x], type: A }]`,
    "3:22: scrape_configs.0.dns_sd_configs.0: a port is needed",
  ],
  [
    `${JOB}dns_sd_configs: [{ names: [x], type: MX }]`,
    "3:42: scrape_configs.0.dns_sd_configs.0.type: expected SRV, A or AAAA",
  ],
  [
    `${JOB}relabel_configs: [{ action: rename }]`,
    "3:33: scrape_configs.0.relabel_configs.0.action: expected one of replace, keep",
  ],
  [
    `${JOB}relabel_configs: [{}]`,
    "3:23: scrape_configs.0.relabel_configs.0: the action replace needs a target_label",
  ],
  [
    `${JOB}relabel_configs: [{ regex: "(" }]`,
    "3:32: scrape_configs.0.relabel_configs.0.regex: expected a regular expression of RE2's syntax",
  ],
  [
    `${JOB}relabel_configs: [{ action: hashmod, target_label: a }]`,
    "3:23: scrape_configs.0.relabel_configs.0: the action hashmod needs a modulus",
  ],
  [
    `${JOB}relabel_configs: [{ action: labeldrop, regex: a, target_label: b }]`,
    "3:68: scrape_configs.0.relabel_configs.0.target_label: target_label has no effect on the action labeldrop",
  ],
  [
    `${JOB}basic_auth: { password: a, password_file: b }`,
    "3:17: scrape_configs.0.basic_auth: expected password or password_file, not both",
  ],
  [
    `${JOB}authorization: {}`,
    "3:20: scrape_configs.0.authorization: expected either credentials or credentials_file",
  ],
  [
    `${JOB}authorization: { type: Basic, credentials: a }`,
    "3:28: scrape_configs.0.authorization.type: expected another type than Basic",
  ],
  [
    `${JOB}authorization: { credentials: a }\n    basic_auth: {}`,
    "3:20: scrape_configs.0.authorization: expected basic_auth or authorization",
  ],
  [
    `${JOB}tls_config: { cert_file: a }`,
    "3:17: scrape_configs.0.tls_config: expected cert_file and key_file together",
  ],
  [
    `${JOB}tls_config: { min_version: TLS12 }`,
    '3:19: unknown key "min_version"; known keys: ca_file',
  ],
  [`${JOB}http_headers: { Host: { values: [a] } }`, "3:27: scrape_configs.0.http_headers.Host: "],
  [
    `${JOB}scrape_protocols: [OpenMetrics]`,
    "3:24: scrape_configs.0.scrape_protocols.0: expected one of PrometheusProto",
  ],
  [
    "scrape_configs:\n  - job_name: a\n  - job_name: a\n",
    '3:15: scrape_configs.1.job_name: the job_name "a" is there twice',
  ],
];
for (const [text, message] of refused) {
  test(`refuses ${text.replace(JOB, "")}`, () => {
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
