import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

const PATIENCE_MS = 20_000;

/**
 * Runs a program of the Prometheus family until the test ends, and waits until it is ready; gives
 * the address that it was told to listen at.
 *
 * @param prefix the path that its own paths stand below
 */
export async function startPeer(
  context: TestContext,
  program: string,
  args: readonly string[],
  prefix = "",
): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(program, [...args, `--web.listen-address=${address}`], { stdio: "ignore" });
  const exited = once(child, "exit");
  context.after(async () => {
    child.kill();
    await exited;
  });
  const url = `http://${address}${prefix}`;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    signal.throwIfAborted();
    assert.equal(child.exitCode, null, `${program} runs`);
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (ready?.ok === true) return url;
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
