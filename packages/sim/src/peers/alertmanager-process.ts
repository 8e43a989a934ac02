import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const PATIENCE_MS = 20_000;

export type AlertmanagerProcess = { readonly url: string; readonly stop: () => Promise<void> };

/** Starts a real Alertmanager with a configuration, its files in a folder of the caller's. */
export async function startAlertmanager(
  folder: string,
  config: string,
): Promise<AlertmanagerProcess> {
  const file = path.join(folder, "alertmanager.yml");
  writeFileSync(file, config);
  const address = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${file}`,
    `--storage.path=${path.join(folder, "alertmanager")}`,
    `--web.listen-address=${address}`,
    "--cluster.listen-address=",
  ];
  const child = spawn("prometheus-alertmanager", args, { stdio: "ignore" });
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill();
    await exited;
  };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    assert.equal(child.exitCode, null, "the Alertmanager runs");
    const ready = await fetch(`http://${address}/-/ready`).catch(() => undefined);
    if (ready?.ok === true) return { url: `http://${address}`, stop };
    if (signal.aborted) await stop();
    signal.throwIfAborted();
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
