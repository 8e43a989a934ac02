import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { LoadedConfig } from "../config/config.ts";
import { Demo, demoConfig } from "../demo/demo.ts";
import type { Server } from "../drive/server.ts";
import { checkPorts } from "../listen/check-ports.ts";
import { version } from "../version.ts";
import type { World } from "./command.ts";
import { ProgressBar } from "./progress-bar.ts";
import { runServer, whereToSend } from "./run-server.ts";
import type { DemoParts } from "./run-server.ts";

/** Parts of the history that the bar counts. */
const PARTS = 1000;

/**
 * Runs a server on simulated data: 26 hours of history, then live traffic within an incident that
 * began three minutes before the start. Its data directory is its own, and goes with it.
 *
 * @param load reads the configuration. @throws InputError
 */
export async function serveDemo(load: () => LoadedConfig, world: World): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-demo-"));
  const stop = new AbortController();
  const off = world.onSignal((signal) => {
    if (signal === "stop") stop.abort();
  });
  try {
    const loaded = demoConfig(load(), folder);
    return await runServer({
      loaded,
      load: () => demoConfig(load(), folder),
      world,
      demo: demoParts(loaded, world, stop.signal),
      greeting: (server) => greetingOf(server, folder),
    });
  } finally {
    off();
    rmSync(folder, { recursive: true, force: true });
  }
}

function demoParts(loaded: LoadedConfig, world: World, signal: AbortSignal): DemoParts {
  const { clock, environment } = world;
  const demo = new Demo({ loaded, clock, environment });
  return {
    signal,
    fill: async (disk) => {
      await checkPorts(loaded.config.listen);
      const bar = new ProgressBar(world, PARTS);
      world.tell("naruko: simulating 26 hours of history …\n");
      let done = 0;
      const progress = (share: number): void => {
        bar.add(share * PARTS - done);
        done = share * PARTS;
        bar.draw("simulated history");
      };
      const filled = await demo.writePast(disk, { progress, signal });
      bar.clear();
      return filled;
    },
    send: (server, report) => {
      const traffic = demo.traffic(server.otlpUrl, report);
      traffic.start();
      return () => traffic.stop();
    },
  };
}

function greetingOf({ url, otlpUrl, grpcUrl }: Server, folder: string): string {
  return `Naruko ${version()} DEMO: every service, model and alert in it is simulated
  status page  ${url}
${whereToSend(otlpUrl, grpcUrl)}  its data     ${folder}, removed at the end (Ctrl-C)
`;
}
