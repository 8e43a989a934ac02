import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Api, Case } from "./cases.ts";

/** What an application's telemetry is made of. */
export type Signal = "spans" | "metrics" | "evaluations";

/** A program in a folder of `packages/sim/senders`, and how it is told to send. */
export type Sender = {
  readonly service: string;
  readonly folder:
    | "openinference"
    | "ai-sdk"
    | "ai-sdk-legacy"
    | "contrib-openai"
    | "langchain"
    | "openlit"
    | "opentelemetry"
    | "traceloop";
  /** Of the GenAI conventions; senders by hand only. */
  readonly generation?: 1 | 2 | 3;
  /** Of the Vercel AI SDK, where a folder has several. */
  readonly version?: 4 | 5 | 6;
  readonly protocol: "protobuf" | "json" | "grpc";
  readonly tells: readonly Signal[];
  /** The APIs that it can call; all of them where absent. */
  readonly apis?: readonly Api[];
  /** Names of cases that it cannot be asked for. */
  readonly unasked?: readonly string[];
  /** Whether it may leave out what was read from a cache, which is cheaper. */
  readonly hidesCache?: true;
  /** Errors of broken streams that reach nobody, because the instrumentation reads a copy. */
  readonly unhandled?: number;
  /** What it writes on standard error of its own; nothing where absent. */
  readonly complains?: RegExp;
  /** Settings of the OpenTelemetry exporters, as users would make them. */
  readonly environment?: Readonly<Record<string, string>>;
};

const GZIP = { OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" };

export const SENDERS: readonly Sender[] = [
  {
    service: "openinference",
    folder: "openinference",
    protocol: "protobuf",
    tells: ["spans"],
    unhandled: 2,
  },
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
  {
    service: "openlit",
    folder: "openlit",
    protocol: "json",
    tells: ["spans"],
    // Its metrics repeat its spans, with a first chunk that is counted from the answer's headers.
    environment: { OPENLIT_DISABLE_METRICS: "true" },
  },
  {
    service: "openllmetry",
    folder: "traceloop",
    protocol: "json",
    tells: ["spans"],
    hidesCache: true,
  },
  {
    service: "contrib",
    folder: "contrib-openai",
    protocol: "json",
    tells: ["spans", "metrics"],
    apis: ["chat", "responses", "embeddings"],
    hidesCache: true,
  },
  {
    service: "ai-sdk-4",
    folder: "ai-sdk-legacy",
    version: 4,
    protocol: "json",
    tells: ["spans"],
    complains: /You can only call end\(\) on a span once/,
  },
  {
    service: "ai-sdk-5",
    folder: "ai-sdk-legacy",
    version: 5,
    protocol: "json",
    tells: ["spans"],
    hidesCache: true,
  },
  {
    service: "langchain",
    folder: "langchain",
    protocol: "json",
    tells: ["spans"],
    apis: ["chat", "responses", "embeddings"],
    // It does not try again after 429.
    unasked: ["chat, 429 and a retry"],
  },
  { service: "ai-sdk-6", folder: "ai-sdk-legacy", version: 6, protocol: "json", tells: ["spans"] },
];

/** The cases that a sender can be asked for. */
export function casesOf(sender: Sender, cases: readonly Case[]): readonly Case[] {
  const { apis, unasked = [] } = sender;
  return cases.filter(({ api, name }) => (apis?.includes(api) ?? true) && !unasked.includes(name));
}

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
  const { service, generation, version, protocol, tells } = sender;
  const modelUrl = `${around.modelUrl}/${service}`;
  const cases = casesOf(sender, around.cases);
  const plan = { generation, version, protocol, tells, modelUrl, cases };
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
