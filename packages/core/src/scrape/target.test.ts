import assert from "node:assert/strict";
import test from "node:test";
import { formatLabels } from "../model/labels.ts";
import { relabelPattern, type RelabelStep } from "./relabel.ts";
import { targetsOf, type TargetRules } from "./target.ts";

const RULES: TargetRules = {
  job: "vllm",
  scheme: "http",
  metricsPath: "/metrics",
  params: {},
  interval: "15s",
  timeout: "10s",
  relabel: [],
};

function set(targetLabel: string, replacement: string, regex = ".*"): RelabelStep {
  return {
    action: "replace",
    sourceLabels: ["__address__"],
    separator: ";",
    regex: relabelPattern(regex),
    modulus: 0,
    targetLabel,
    replacement,
  };
}

/** What becomes of one address: the target's address and labels, or why there is none. */
function found(rules: Partial<TargetRules>, labels: Record<string, string> = {}, address = "h:1") {
  const [one] = targetsOf({ targets: [address], labels }, { ...RULES, ...rules });
  if (one?.kind === "target") return `${one.target.url} ${formatLabels(one.target.labels)}`;
  return one?.kind === "refused" ? one.reason : one?.kind;
}

const own = '{instance="h:1", job="vllm"}';
const rows: readonly (readonly [name: string, got: string | undefined, wanted: string])[] = [
  ["defaults", found({}), `http://h:1/metrics ${own}`],
  [
    "labels of the group",
    found({}, { gpu: "a100" }),
    'http://h:1/metrics {gpu="a100", instance="h:1", job="vllm"}',
  ],
  [
    "its own instance",
    found({}, { instance: "i" }),
    'http://h:1/metrics {instance="i", job="vllm"}',
  ],
  ["its own job", found({}, { job: "j" }), 'http://h:1/metrics {instance="h:1", job="j"}'],
  ["what begins with __ is left out", found({}, { __meta_x: "y" }), `http://h:1/metrics ${own}`],
  ["its own path", found({}, { __metrics_path__: "/m" }), `http://h:1/m ${own}`],
  ["a path without slash", found({ metricsPath: "m" }), `http://h:1/m ${own}`],
  [
    "params",
    found({ params: { "match[]": ["a b", "c"], empty: [] } }),
    `http://h:1/metrics?match%5B%5D=a%20b&match%5B%5D=c ${own}`,
  ],
  [
    "a param by label",
    found({ params: { module: ["x", "y"] }, relabel: [set("__param_module", "z")] }),
    `http://h:1/metrics?module=z&module=y ${own}`,
  ],
  [
    "a new param by label",
    found({ relabel: [set("__param_target", "t")] }),
    `http://h:1/metrics?target=t ${own}`,
  ],
  [
    "the scheme by label",
    found({ relabel: [set("__scheme__", "https")] }),
    `https://h:1/metrics ${own}`,
  ],
  ["an unknown scheme", found({ relabel: [set("__scheme__", "ftp")] }), "ftp://h:1 is no address"],
  [
    "the address by label",
    found({ relabel: [set("__address__", "o:2")] }),
    'http://o:2/metrics {instance="o:2", job="vllm"}',
  ],
  [
    "no address",
    found({ relabel: [set("__address__", "")] }),
    "no address: __address__ is empty after relabelling",
  ],
  ["a URL for an address", found({}, {}, "http://h:1"), '"http://h:1" is no host and port'],
  ["credentials in an address", found({}, {}, "u:p@h:1"), '"u:p@h:1" is no host and port'],
  ["dropped", found({ relabel: [{ ...set("", ""), action: "drop" }] }), "dropped"],
  [
    "no interval",
    found({ relabel: [set("__scrape_interval__", "soon")] }),
    "__scrape_interval__ is no duration above zero",
  ],
  [
    "no timeout",
    found({ relabel: [set("__scrape_timeout__", "0s")] }),
    "__scrape_timeout__ is no duration above zero",
  ],
  [
    "a timeout past the interval",
    found({ relabel: [set("__scrape_timeout__", "16s")] }),
    "the timeout of a scrape is longer than its interval",
  ],
];
for (const [name, got, wanted] of rows) test(`target: ${name}`, () => assert.equal(got, wanted));

test("what was discovered is told before relabelling, with interval and timeout of its own", () => {
  const relabel = [set("__scrape_interval__", "1m"), set("__scrape_timeout__", "5s")];
  const [one] = targetsOf({ targets: ["h:1"], labels: {} }, { ...RULES, relabel });
  assert.ok(one?.kind === "target");
  assert.deepEqual([one.target.intervalMs, one.target.timeoutMs], [60_000, 5000]);
  assert.equal(
    formatLabels(one.target.discoveredLabels),
    '{__address__="h:1", __metrics_path__="/metrics", __scheme__="http", ' +
      '__scrape_interval__="15s", __scrape_timeout__="10s", job="vllm"}',
  );
});
