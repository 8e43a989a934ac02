import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { startPeer } from "./start-peer.ts";

/** Whether a test against Prometheus can run; where it must and cannot, it fails. */
export function hasPrometheus(context: TestContext): boolean {
  const installed = ["prometheus", "promtool"].every(
    (program) => spawnSync(program, ["--version"]).status === 0,
  );
  if (installed) return true;
  assert.notEqual(process.env["NARUKO_REQUIRE_PEERS"], "1", "Prometheus is required");
  context.skip("prometheus and promtool are not installed");
  return false;
}

/**
 * Runs a Prometheus that scrapes nothing until the test ends; gives its address.
 *
 * @param samples what it holds from the start, in the OpenMetrics text format with times
 * @param rules the text of a rule file
 */
export async function startPrometheus(
  context: TestContext,
  folder: string,
  { samples, rules }: { readonly samples: string; readonly rules: string },
): Promise<string> {
  const file = (name: string): string => path.join(folder, name);
  writeFileSync(file("samples.txt"), samples);
  writeFileSync(file("rules.yml"), rules);
  writeFileSync(file("prometheus.yml"), "rule_files: [rules.yml]\n");
  const blocks = ["tsdb", "create-blocks-from", "openmetrics", file("samples.txt"), file("tsdb")];
  execFileSync("promtool", blocks, { stdio: "pipe" });
  return startPeer(context, "prometheus", [
    `--config.file=${file("prometheus.yml")}`,
    `--storage.tsdb.path=${file("tsdb")}`,
  ]);
}
