import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Case } from "./cases.ts";

/** What an application's telemetry is made of. */
export type Signal = "spans" | "metrics" | "evaluations";

/** A program in a folder of `packages/sim/senders`, and how it is told to send. */
export type Sender = {
  readonly service: string;
  readonly folder: "openinference" | "ai-sdk" | "opentelemetry";
  /** Of the GenAI conventions; senders by hand only. */
  readonly generation?: 1 | 2 | 3;
  readonly protocol: "protobuf" | "json" | "grpc";
  readonly tells: readonly Signal[];
  /** Settings of the OpenTelemetry exporters, as users would make them. */
  readonly environment?: Readonly<Record<string, string>>;
};

const GZIP = { OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" };

export const SENDERS: readonly Sender[] = [
  { service: "openinference", folder: "openinference", protocol: "protobuf", tells: ["spans"] },
  { service: "ai-sdk", folder: "ai-sdk", protocol: "protobuf", tells: ["spans", "metrics"] },
  {
    service: "by-hand-3",
    folder: "opentelemetry",
    generation: 3,
    protocol: "protobuf",
    tells: ["spans", "metrics", "evaluations"],
    environment: GZIP,
  },
  {
    service: "by-hand-2",
    folder: "opentelemetry",
    generation: 2,
    protocol: "json",
    tells: ["spans", "metrics", "evaluations"],
  },
  {
    service: "by-hand-grpc",
    folder: "opentelemetry",
    generation: 2,
    protocol: "grpc",
    tells: ["spans", "metrics", "evaluations"],
    environment: GZIP,
  },
  {
    service: "by-hand-1",
    folder: "opentelemetry",
    generation: 1,
    protocol: "json",
    tells: ["spans"],
    environment: GZIP,
  },
  {
    service: "metrics-alone",
    folder: "opentelemetry",
    generation: 2,
    protocol: "protobuf",
    tells: ["metrics"],
    environment: { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta" },
  },
];

/** What the application saw of one call; `unhandled` is an error that reached nobody. */
export type Seen = {
  readonly case?: string;
  readonly tookMs?: number;
  readonly text?: string;
  readonly error?: string;
  readonly unhandled?: string;
};

const FOLDERS = path.join(import.meta.dirname, "..", "..", "senders");

/** Folders whose packages are not installed. */
export function missingSenders(): readonly string[] {
  const folders = new Set(SENDERS.map(({ folder }) => path.join(FOLDERS, folder)));
  return [...folders].filter((folder) => !existsSync(path.join(folder, "node_modules")));
}

/** A sender's run; `told` is what it wrote on standard error, failed exports included. */
export type Ran = { readonly seen: readonly Seen[]; readonly code: number; readonly told: string };

/** Where the sender calls models and sends its telemetry, and what it asks. */
export type Surroundings = {
  readonly modelUrl: string;
  readonly otlpUrl: string;
  readonly grpcUrl: string;
  readonly cases: readonly Case[];
  /** Kills the sender. */
  readonly signal: AbortSignal;
};

/** Runs a sender's program to its end. */
export async function runSender(sender: Sender, around: Surroundings): Promise<Ran> {
  const { service, generation, protocol, tells } = sender;
  const modelUrl = `${around.modelUrl}/${service}`;
  const plan = { generation, protocol, tells, modelUrl, cases: around.cases };
  // Nothing of this process' own environment: NODE_OPTIONS and OTEL_* would change what is sent.
  const child = spawn(process.execPath, ["sender.mjs"], {
    cwd: path.join(FOLDERS, sender.folder),
    env: {
      // Everything in one request: what arrives then does not depend on how long the calls took.
      OTEL_BSP_SCHEDULE_DELAY: "600000",
      ...sender.environment,
      PATH: process.env["PATH"],
      OTEL_SERVICE_NAME: service,
      OTEL_EXPORTER_OTLP_ENDPOINT: protocol === "grpc" ? around.grpcUrl : around.otlpUrl,
      SENDER_PLAN: JSON.stringify(plan),
    },
    signal: around.signal,
    killSignal: "SIGKILL",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
  const [[code], seen] = await Promise.all([once(child, "close"), linesOf(child.stdout)]);
  return { seen, code: typeof code === "number" ? code : -1, told };
}

async function linesOf(output: Readable): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for await (const line of createInterface({ input: output })) {
    seen.push(JSON.parse(line) as Seen);
  }
  return seen;
}
