import type { ClientName } from "./comparison-cases.ts";
import type { Program } from "./run-client.ts";

/** What tells of calls. */
export type Instrumentation = {
  readonly name: string;
  readonly programs: readonly InstrumentedProgram[];
};

/** A program that goes through the cases of these clients. */
export type InstrumentedProgram = Program & {
  readonly clients: { readonly [K in ClientName]?: Instrumented };
};

/** Packages, by their folders below `packages/sim/senders`. */
export type Instrumented = {
  /** What instruments the client; ours is the one of this repository. */
  readonly by: string;
  /** The copy of the client that is called. */
  readonly client: string;
};

/** Our own package is none of a program's. */
export const OURS = "@naruko/sdk";

/** OpenAI's chat streams tell usage if they are asked to; in all cases but one the application does. */
const ASKS_USAGE = { SENDER_ASKS_USAGE: "1" };

const ENVIRONMENT = {
  ...ASKS_USAGE,
  // What one case measured, not all cases so far.
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta",
  // Nothing is sent but when the program says so.
  OTEL_BSP_SCHEDULE_DELAY: "600000",
  OTEL_METRIC_EXPORT_INTERVAL: "600000",
  OTEL_EXPORTER_OTLP_METRICS_EXPORT_INTERVAL: "600000",
};

function instrumented(
  folder: string,
  clients: InstrumentedProgram["clients"],
): InstrumentedProgram {
  return { folder, file: "instrumented.mjs", environment: ENVIRONMENT, clients };
}

const within = (folder: string, name: string): string => `${folder}/node_modules/${name}`;
const BEDROCK = within("bedrock", "@aws-sdk/client-bedrock-runtime");
const VERCEL = within("vercel-ai", "ai");

/** The first is ours, by the programs of `conformance.test.ts`. */
export const INSTRUMENTATIONS: readonly Instrumentation[] = [
  {
    name: "Naruko",
    programs: [
      {
        folder: "openai",
        // Two of the others know no later version.
        environment: { ...ASKS_USAGE, SENDER_VERSION: "6" },
        clients: { openai: { by: OURS, client: within("openai", "openai-6") } },
      },
      {
        folder: "anthropic",
        clients: { anthropic: { by: OURS, client: within("anthropic", "@anthropic-ai/sdk") } },
      },
      {
        folder: "google-genai",
        clients: { google: { by: OURS, client: within("google-genai", "@google/genai") } },
      },
      { folder: "bedrock", clients: { bedrock: { by: OURS, client: BEDROCK } } },
      { folder: "vercel-ai", built: true, clients: { vercel: { by: OURS, client: VERCEL } } },
    ],
  },
  {
    name: "OpenLIT",
    programs: [
      // Its instrumentation of Google's client is of the one before `@google/genai`, and that of the AI
      // SDK of the versions before 5.
      instrumented("openlit", {
        openai: { by: within("openlit", "openlit"), client: within("openlit", "openai") },
        anthropic: {
          by: within("openlit", "openlit"),
          client: within("openlit", "@anthropic-ai/sdk"),
        },
        bedrock: { by: within("openlit", "openlit"), client: BEDROCK },
      }),
    ],
  },
  {
    name: "OpenLLMetry",
    programs: [
      instrumented("traceloop", {
        openai: {
          by: within("traceloop", "@traceloop/instrumentation-openai"),
          client: within("traceloop", "openai"),
        },
        anthropic: {
          by: within("traceloop", "@traceloop/instrumentation-anthropic"),
          client: within("traceloop", "@anthropic-ai/sdk"),
        },
        bedrock: {
          by: within("traceloop", "@traceloop/instrumentation-bedrock"),
          client: BEDROCK,
        },
      }),
    ],
  },
  {
    name: "OpenInference",
    programs: [
      instrumented("openinference", {
        openai: {
          by: within("openinference", "@arizeai/openinference-instrumentation-openai"),
          client: within("openinference", "openai"),
        },
        anthropic: {
          by: within("openinference", "@arizeai/openinference-instrumentation-anthropic"),
          client: within("openinference", "@anthropic-ai/sdk"),
        },
        bedrock: {
          by: within("openinference", "@arizeai/openinference-instrumentation-bedrock"),
          client: within("openinference", "@aws-sdk/client-bedrock-runtime"),
        },
      }),
    ],
  },
  {
    name: "contrib",
    programs: [
      instrumented("contrib-openai", {
        openai: {
          by: within("contrib-openai", "@opentelemetry/instrumentation-openai"),
          client: within("contrib-openai", "openai"),
        },
        bedrock: {
          by: within("contrib-openai", "@opentelemetry/instrumentation-aws-sdk"),
          client: BEDROCK,
        },
      }),
    ],
  },
  {
    name: "AI SDK's own",
    programs: [
      {
        ...instrumented("ai-sdk", {
          vercel: { by: within("ai-sdk", "@ai-sdk/otel"), client: VERCEL },
        }),
        built: true,
      },
    ],
  },
];
