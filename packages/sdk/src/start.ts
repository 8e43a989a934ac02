import type { Attributes } from "@opentelemetry/api";
import { SCHEMA_URL } from "./conventions.ts";
import { setOwnEvents } from "./events.ts";
import { type ExportCounts, Exporter } from "./export/exporter.ts";
import { OwnMeter } from "./export/own-meter.ts";
import { OwnTracer } from "./export/own-tracer.ts";
import { sendAtExit } from "./export/send-at-exit.ts";
import { faultCount, quietly } from "./faults.ts";
import { type Choices, setSettings, settingsFrom } from "./settings.ts";
import { setOwnProvider } from "./telemetry.ts";
import { SDK_NAME, SDK_VERSION } from "./version.ts";

export type StartOptions = Choices & {
  /** `service.name` of what is sent; also `OTEL_SERVICE_NAME`. */
  readonly serviceName?: string | undefined;
  /** Base address of the OTLP receiver; also `OTEL_EXPORTER_OTLP_ENDPOINT`. Default: this machine. */
  readonly endpoint?: string | undefined;
  /** Headers of every request, such as `authorization`; also `OTEL_EXPORTER_OTLP_HEADERS`. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
};

export type Running = {
  /** Sends what waits, in two seconds at most. Never rejects. */
  readonly flush: () => Promise<void>;
  /** Sends what waits and stops. `start` may be called again. */
  readonly shutdown: () => Promise<void>;
  /** What became of telemetry so far; zeros where the application's own providers send it. */
  readonly counts: () => ExportCounts & {
    /** Calls that could not be observed because of a mistake of ours. */
    readonly faults: number;
  };
};

const DEFAULT_ENDPOINT = "http://127.0.0.1:4318";
const FLUSH_MS = 2000;
/** How long a process that has nothing else to do waits for its last telemetry. */
const EXIT_FLUSH_MS = 1000;

let running: Running | undefined;
/** Whether it runs by the environment alone, until the application says how. */
let provisional = false;

/**
 * Makes observed calls be told. Providers that the application registered with `@opentelemetry/api`
 * take them; where there are none, they are sent by OTLP to `endpoint`. A second start is the first.
 *
 * @example start({ serviceName: "shop" });
 */
export function start(options: StartOptions = {}): Running {
  if (provisional) void running?.shutdown();
  running ??= quietly(() => begin(options)) ?? idle(() => Promise.resolve());
  return running;
}

/** Starts by the environment; what `start` is told later replaces it. */
export function startProvisionally(): void {
  start();
  provisional = true;
}

function begin(options: StartOptions): Running {
  if (process.env["OTEL_SDK_DISABLED"] === "true") return idle(() => Promise.resolve());
  const made = settingsFrom(options, process.env);
  setSettings(made);
  const meter = new OwnMeter();
  const exporter = new Exporter(
    {
      endpoint: validEndpoint(options.endpoint ?? process.env["OTEL_EXPORTER_OTLP_ENDPOINT"]),
      headers: headersOf(options.headers ?? listed(process.env["OTEL_EXPORTER_OTLP_HEADERS"])),
      resource: resourceOf(options.serviceName),
      scope: {
        name: SDK_NAME,
        version: SDK_VERSION,
        schemaUrl: SCHEMA_URL[made.generation],
      },
      delays: {
        recordsMs: delayFrom("OTEL_BSP_SCHEDULE_DELAY", 1000),
        metricsMs: delayFrom("OTEL_METRIC_EXPORT_INTERVAL", 15_000),
      },
    },
    meter,
  );
  const tracer = new OwnTracer((span) => {
    exporter.add("Spans", span);
  });
  setOwnProvider({ tracer, meter });
  setOwnEvents((event) => {
    exporter.add("Logs", event);
  });
  return runningWith(exporter);
}

function runningWith(exporter: Exporter): Running {
  let futile = false;
  const flushLast = async (): Promise<void> => {
    await exporter.flush(EXIT_FLUSH_MS);
    futile = exporter.pending;
  };
  const atExit = (): void => {
    // A flush that could not send all leaves work to do: without an end, it would be begun for ever.
    if (!futile && exporter.pending) void flushLast();
  };
  process.on("beforeExit", atExit);
  // An application that ends itself, or throws, has no turn left in which its own requests go out.
  const atLast = (): void => {
    quietly(() => {
      if (!futile) sendAtExit(exporter.takeAll());
    });
  };
  process.on("exit", atLast);
  return {
    flush: () => exporter.flush(FLUSH_MS),
    shutdown: async () => {
      process.off("beforeExit", atExit);
      process.off("exit", atLast);
      setOwnProvider(undefined);
      setOwnEvents(undefined);
      running = undefined;
      provisional = false;
      await exporter.flush(FLUSH_MS);
      exporter.close();
    },
    counts: () => ({ ...exporter.counts(), faults: faultCount() }),
  };
}

/** What `start` returns where it could not begin. */
function idle(nothing: () => Promise<void>): Running {
  return {
    flush: nothing,
    shutdown: nothing,
    counts: () => ({ sent: 0, dropped: 0, refused: 0, waiting: 0, faults: faultCount() }),
  };
}

/** Callers without types hand in addresses as `URL`. */
function validEndpoint(told: unknown): string {
  const text = String(told);
  return /^https?:/.test(text) && URL.canParse(text) ? text : DEFAULT_ENDPOINT;
}

/** A header whose value the environment does not have is none. */
function headersOf(told: Readonly<Record<string, unknown>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(told)) {
    if (typeof value === "string") headers[name] = value;
  }
  return headers;
}

/** The process as far as telemetry names it; `OTEL_RESOURCE_ATTRIBUTES` come first. */
function resourceOf(serviceName: string | undefined): Attributes {
  const told = listed(process.env["OTEL_RESOURCE_ATTRIBUTES"]);
  return {
    "telemetry.sdk.name": SDK_NAME,
    "telemetry.sdk.version": SDK_VERSION,
    "telemetry.sdk.language": "nodejs",
    // Sums of two processes with the same name are two series.
    "service.instance.id": crypto.randomUUID(),
    ...told,
    "service.name":
      serviceName ??
      process.env["OTEL_SERVICE_NAME"] ??
      told["service.name"] ??
      "unknown_service:node",
  };
}

/** A list of the form `key=value,key=value`, values percent-encoded. */
function listed(text = ""): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const pair of text.split(",")) {
    const at = pair.indexOf("=");
    if (at <= 0) continue;
    const key = pair.slice(0, at).trim();
    const value = pair.slice(at + 1).trim();
    pairs[key] = quietly(() => decodeURIComponent(value)) ?? value;
  }
  return pairs;
}

function delayFrom(name: string, otherwise: number): number {
  const told = Number(process.env[name]);
  return Number.isFinite(told) && told > 0 ? told : otherwise;
}
