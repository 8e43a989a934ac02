import { existsSync } from "node:fs";
import { InputError } from "@naruko/core/model/input-error";
import { pino } from "pino";
import type { Config, LoadedConfig } from "../config/config.ts";
import { DEFAULT_CONFIG_FILE, loadConfig } from "../config/load-config.ts";
import { announceServer, prepareDataDir, withdrawServer } from "../disk/data-dir.ts";
import { openDuckDbDisk } from "../disk/duckdb-disk.ts";
import { Server } from "../drive/server.ts";
import type { Report } from "../drive/server.ts";
import { isLoopback } from "../listen/guard.ts";
import { version } from "../version.ts";
import { EXIT, numberOption, textOption } from "./command.ts";
import type { Command, Values, World } from "./command.ts";

const PORT = { min: 0, max: 65_535 };

/** `naruko serve`: receive, evaluate, notify, in one process. */
export const serveCommand: Command = {
  usage: "serve [options]",
  summary: "receive telemetry, evaluate rules, notify, in one process",
  options: {
    config: {
      type: "string",
      value: "FILE",
      help: `configuration (default: ${DEFAULT_CONFIG_FILE} if it exists)`,
    },
    data: { type: "string", value: "DIR", help: "data directory (default: ./naruko-data)" },
    demo: {
      type: "boolean",
      help: "show an incident on simulated data, in a directory of its own",
    },
    host: { type: "string", value: "H", help: "address to listen on (default: 127.0.0.1)" },
    port: {
      type: "string",
      value: "N",
      help: "UI, API and metrics (default: 4320; 0: a free one)",
    },
    "otlp-http-port": {
      type: "string",
      value: "N",
      help: "OTLP/HTTP (default: 4318; 0: a free one)",
    },
    "otlp-grpc-port": {
      type: "string",
      value: "N",
      help: "OTLP/gRPC: not served yet, stays closed",
    },
  },
  details: `SIGHUP and POST /-/reload read the configuration again. Logs are JSON lines on standard error.`,
  run: serve,
};

async function serve(
  values: Values,
  positionals: readonly string[],
  world: World,
): Promise<number> {
  if (positionals.length > 0) {
    world.tell(`naruko: serve takes no "${positionals[0]}"; see naruko serve --help\n`);
    return EXIT.misuse;
  }
  const load = (): LoadedConfig =>
    withOptions(loadConfig(configFile(values), world.environment), values);
  const loaded = load();
  refuseOpenDoor(loaded.config);
  const report = logTo(world);
  const server = await start(loaded, load, world, report);
  if (server === undefined) return EXIT.finding;
  const { data } = loaded.config;
  await announceServer(data, { pid: process.pid, address: server.url });
  greet(server, values, world);
  await new Promise<void>((resolve) => {
    const off = world.onSignal((signal) => {
      if (signal === "reload") void server.reload();
      else {
        off();
        resolve();
      }
    });
  });
  await server.stop();
  await withdrawServer(data, process.pid);
  return EXIT.ok;
}

async function start(
  loaded: LoadedConfig,
  load: () => LoadedConfig,
  world: World,
  report: Report,
): Promise<Server | undefined> {
  const folder = await prepareDataDir(loaded.config.data);
  const disk = folder.ok ? await openDuckDbDisk(folder.value.databaseFile) : folder;
  if (!disk.ok) {
    world.tell(`naruko: ${disk.reason}\n`);
    return undefined;
  }
  const { clock, environment } = world;
  try {
    return await Server.start({
      loaded,
      load,
      disk: disk.value,
      clock,
      environment,
      version: version(),
      report,
    });
  } catch (error) {
    await disk.value.close();
    world.tell(`naruko: ${explain(error, loaded.config)}\n`);
    return undefined;
  }
}

function configFile(values: Values): string | undefined {
  const named = textOption(values, "config");
  return named ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
}

/** Options win over the file. */
function withOptions(loaded: LoadedConfig, values: Values): LoadedConfig {
  const { config } = loaded;
  const { listen } = config;
  return {
    ...loaded,
    config: {
      ...config,
      data: textOption(values, "data") ?? config.data,
      listen: {
        ...listen,
        host: textOption(values, "host") ?? listen.host,
        port: numberOption(values, "port", PORT) ?? listen.port,
        otlp_http_port: numberOption(values, "otlp-http-port", PORT) ?? listen.otlp_http_port,
        otlp_grpc_port: numberOption(values, "otlp-grpc-port", PORT) ?? listen.otlp_grpc_port,
      },
    },
  };
}

/** Whoever reaches the ports reads what models were asked, and may send made-up telemetry. */
function refuseOpenDoor({ listen, auth }: Config): void {
  if (isLoopback(listen.host) || listen.insecure) return;
  if (auth.ingest_token !== undefined && auth.admin_token !== undefined) return;
  const what = `listening on ${listen.host} lets others in`;
  const remedy = "set auth.ingest_token and auth.admin_token, or listen.insecure: true";
  throw new InputError("config", `${what}; ${remedy}`);
}

function greet(server: Server, values: Values, world: World): void {
  world.print(
    `Naruko ${version()}\n  status page  ${server.url}\n  send OTLP to ${server.otlpUrl}\n`,
  );
  if (values["otlp-grpc-port"] !== undefined) {
    world.print("  OTLP/gRPC is not served yet: its port stays closed\n");
  }
}

function explain(error: unknown, { listen }: Config): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "EADDRINUSE" && code !== "EACCES" && code !== "EADDRNOTAVAIL")
    return messageOf(error);
  const ports = `${listen.port} and ${listen.otlp_http_port}`;
  const remedy = "choose others with --port and --otlp-http-port";
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
