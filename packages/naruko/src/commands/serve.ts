import { existsSync } from "node:fs";
import { InputError } from "@naruko/core/model/input-error";
import type { Config, LoadedConfig } from "../config/config.ts";
import { DEFAULT_CONFIG_FILE, loadConfig } from "../config/load-config.ts";
import type { Server } from "../drive/server.ts";
import { isLoopback } from "../listen/guard.ts";
import { version } from "../version.ts";
import { EXIT, Misuse, numberOption, textOption } from "./command.ts";
import type { Command, Values, World } from "./command.ts";
import { runServer, whereToSend } from "./run-server.ts";
import { serveDemo } from "./serve-demo.ts";

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
      help: "OTLP/gRPC (default: 4317; 0: a free one)",
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
  const isDemo = values["demo"] === true;
  if (isDemo && values["data"] !== undefined) {
    throw new Misuse("--demo uses a temporary directory of its own: leave --data out");
  }
  const load = (): LoadedConfig => {
    const loaded = withOptions(loadConfig(configFile(values), world.environment), values);
    refuseOpenDoor(loaded.config);
    return loaded;
  };
  if (isDemo) return serveDemo(load, world);
  return runServer({ loaded: load(), load, world, greeting: greetingOf });
}

/** A demo takes only a file that is named: alerts that are not real must not reach real people. */
function configFile(values: Values): string | undefined {
  const named = textOption(values, "config");
  if (values["demo"] === true) return named;
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

function greetingOf({ url, otlpUrl, grpcUrl }: Server): string {
  return `Naruko ${version()}\n  status page  ${url}\n${whereToSend(otlpUrl, grpcUrl)}`;
}
