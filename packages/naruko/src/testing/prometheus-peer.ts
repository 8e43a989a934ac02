import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

const PATIENCE_MS = 20_000;

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
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    "prometheus",
    [
      `--config.file=${file("prometheus.yml")}`,
      `--storage.tsdb.path=${file("tsdb")}`,
      `--web.listen-address=${address}`,
    ],
    { stdio: "ignore" },
  );
  const exited = once(child, "exit");
  context.after(async () => {
    child.kill();
    await exited;
  });
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    signal.throwIfAborted();
    assert.equal(child.exitCode, null, "Prometheus runs");
    const ready = await fetch(`http://${address}/-/ready`).catch(() => undefined);
    if (ready?.ok === true) return `http://${address}`;
    await wait(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
