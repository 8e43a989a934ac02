// Pages of the shape that the servers and exporters of layer L1 show.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { formatLabels, labels } from "../model/labels.ts";
import { epochMs } from "../model/time.ts";
import { SeriesMemo } from "./series-memo.ts";
import { TargetSeries } from "./target-series.ts";
import { readTextFormat } from "./text-format.ts";

const MODEL = 'model_name="meta-llama/Llama-3.3-70B-Instruct"';
const pages: readonly (readonly [
  name: string,
  samples: number,
  families: string,
  ...series: readonly string[],
])[] = [
  [
    "vllm",
    14,
    "gauge gauge gauge counter gauge counter histogram gauge",
    `vllm:kv_cache_usage_perc{engine="0", instance="h:8000", job="l1", ${MODEL}} 0.8125`,
    `vllm:request_success_total{engine="0", finished_reason="abort", instance="h:8000", job="l1", ${MODEL}} 2`,
    `vllm:time_to_first_token_seconds_bucket{engine="0", instance="h:8000", job="l1", le="1.0", ${MODEL}} 1000`,
  ],
  [
    "sglang",
    8,
    "gauge gauge gauge counter histogram",
    'sglang:prompt_tokens_total{instance="h:8000", job="l1", model_name="qwen3-32b"} 8128902',
  ],
  [
    "dcgm",
    5,
    "gauge gauge gauge gauge",
    'DCGM_FI_DEV_GPU_UTIL{UUID="GPU-be1ad1f4-ca3d-46b8-a6f3-8a0b9c2d4b11", device="nvidia1", gpu="1", hostname="gpu-1", instance="h:8000", job="l1", modelName="NVIDIA H100 80GB HBM3", pci_bus_id="00000000:5E:00.0"} 0',
  ],
  [
    "litellm",
    9,
    "counter gauge counter histogram gauge",
    'litellm_spend_metric_total{instance="h:8000", job="l1", model="gpt-4o", team="None"} 1.0375749999999997',
  ],
  [
    "node",
    10,
    "summary counter gauge gauge",
    'go_gc_duration_seconds{instance="h:8000", job="l1", quantile="1.0"} 0.000213',
    'node_filesystem_avail_bytes{device="C:\\\\data", fstype="9p", instance="h:8000", job="l1", mountpoint="/mnt/\\"c\\""} NaN',
  ],
];
for (const [name, samples, families, ...series] of pages) {
  test(`a page of ${name}`, () => {
    const url = new URL(`fixtures/${name}.txt`, import.meta.url);
    const page = readTextFormat(readFileSync(url, "utf8"), new SeriesMemo());
    const rules = {
      honorLabels: false,
      honorTimestamps: true,
      trackTimestampsStaleness: false,
      metricRelabel: [],
      sampleLimit: 0,
      labelLimit: 0,
      labelNameLengthLimit: 0,
      labelValueLengthLimit: 0,
    };
    const target = new TargetSeries(labels({ job: "l1", instance: "h:8000" }), rules);
    const batch = target.scraped(page, { at: epochMs(1000), durationS: 1 });
    assert.equal(batch.fault, undefined);
    assert.equal(batch.series.length, samples + 5);
    assert.equal(batch.metadata.map(({ type }) => type).join(" "), families);
    const lines = batch.series.map(
      (one) => `${formatLabels(one.labels)} ${Number(one.samples[0]?.value)}`,
    );
    for (const line of series) assert.ok(lines.includes(line), line);
  });
}
