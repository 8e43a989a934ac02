import { pino } from "pino";
import type { Config, LoadedConfig } from "../config/config.ts";
import { announceServer, prepareDataDir, withdrawServer } from "../disk/data-dir.ts";
import type { Disk } from "../disk/disk.ts";
import { readCalibrations } from "../ask/calibrations.ts";
import { GoldenTexts } from "../ask/golden-texts.ts";
import { judgeKeyIn } from "../ask/judge-key.ts";
import { openDuckDbDisk } from "../disk/duckdb-disk.ts";
import { Server } from "../drive/server.ts";
import type { Report } from "../drive/server.ts";
import { keepYoungObjectsYoung } from "../drive/young-objects.ts";
import { version } from "../version.ts";
import { EXIT } from "./command.ts";
import type { World } from "./command.ts";

export type RunOptions = {
  readonly loaded: LoadedConfig;
  /** Reads the configuration anew, for a reload. @throws InputError */
  readonly load: () => LoadedConfig;
  readonly world: World;
  /** What is printed once the ports are open. */
  readonly greeting: (server: Server) => string;
  /** What runs on simulated data says so wherever it shows itself. */
  readonly demo?: DemoParts;
};

/** What a demo does beside a server. */
export type DemoParts = {
  /** Fills the new disk before the server starts. */
  readonly fill: (disk: Disk) => Promise<"written" | "stopped">;
  /** Begins to send; returns how to end it. */
  readonly send: (server: Server, report: Report) => () => Promise<void>;
  /** Aborted when the user called it off, also before the server runs. */
  readonly signal: AbortSignal;
};

/** Runs a server until it is told to stop, and returns the exit code. */
export async function runServer(options: RunOptions): Promise<number> {
  const { loaded, world, greeting, demo } = options;
  keepYoungObjectsYoung();
  const report = logTo(world);
  const server = await start(options, report);
  if (server === "stopped") return EXIT.ok;
  if (server === undefined) return EXIT.finding;
  const { data } = loaded.config;
  await announceServer(data, { pid: process.pid, address: server.url });
  const endSending = demo?.send(server, report);
  world.print(greeting(server));
  let off: (() => void) | undefined;
  await new Promise<void>((resolve) => {
    // Held until the end: Ctrl-C reaches the process twice, from the terminal and from npm, and the
    // second must not cut the stop short.
    off = world.onSignal((signal) => {
      if (signal === "reload") void server.reload();
      else resolve();
    });
    if (demo?.signal.aborted === true) resolve();
  });
  await endSending?.();
  await server.stop();
  await withdrawServer(data, process.pid);
  off?.();
  return EXIT.ok;
}

/** The lines of a greeting that say where telemetry is taken. */
export function whereToSend(otlpUrl: string, grpcUrl: string | undefined): string {
  const grpc = grpcUrl === undefined ? "" : `\n  over gRPC to ${grpcUrl}`;
  return `  send OTLP to ${otlpUrl}${grpc}\n`;
}

async function start(
  { loaded, load, world, demo }: RunOptions,
  report: Report,
): Promise<Server | "stopped" | undefined> {
  const folder = await prepareDataDir(loaded.config.data);
  const disk = folder.ok ? await openDuckDbDisk(folder.value.databaseFile) : folder;
  if (!disk.ok) {
    world.tell(`naruko: ${disk.reason}\n`);
    return undefined;
  }
  const { clock, environment } = world;
  try {
    const filled = await demo?.fill(disk.value);
    if (filled === "stopped") {
      await disk.value.close();
      return "stopped";
    }
    return await Server.start({
      loaded,
      load,
      disk: disk.value,
      clock,
      environment,
      version: version(),
      judgeKey: () => judgeKeyIn(loaded.config.data),
      judgeTrials: {
        golden: new GoldenTexts(loaded.config.data),
        calibrations: () => readCalibrations(loaded.config.data),
      },
      isDemo: demo !== undefined,
      report,
    });
  } catch (error) {
    await disk.value.close();
    world.tell(`naruko: ${explain(error, loaded.config)}\n`);
    return undefined;
  }
}

function explain(error: unknown, { listen }: Config): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "EADDRINUSE" && code !== "EACCES" && code !== "EADDRNOTAVAIL")
    return messageOf(error);
  const { port, otlp_http_port, otlp_grpc_port } = listen;
  const ports = [port, otlp_http_port, otlp_grpc_port].filter((one) => one !== false).join(", ");
  const remedy = "choose others with --port, --otlp-http-port and --otlp-grpc-port";
  return `ports ${ports} of ${listen.host} cannot be opened: ${messageOf(error)}; ${remedy}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Structured lines on standard error, and none while all is well. */
function logTo(world: World): Report {
  const log = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => world.tell(line) },
  );
  return (event, details) => {
    const { error, ...rest } = details;
    log.warn(error === undefined ? rest : { ...rest, err: error }, event);
  };
}
