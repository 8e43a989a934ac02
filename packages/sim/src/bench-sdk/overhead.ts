import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pinned } from "../bench/naruko-process.ts";
import type { Counts } from "./stub-child.ts";
import { programOf, type Variant, VARIANTS } from "./variants.ts";

/** How much of it is measured, in one life of a process. */
export type Amounts = {
  /** Of calls, and then of streams; in a round the client alone and the other have one turn each. */
  readonly rounds: number;
  /** Of one turn, which is short, so that what else the machine does meets both alike. */
  readonly calls: number;
  readonly streams: number;
  /**
   * Rounds before it counts: code is compiled while it runs, and the compiler's threads take more than
   * what they compile.
   */
  readonly warmUp: number;
  /** How long each is watched for the delay of its event loop. */
  readonly delayMs: number;
};

export type OverheadOptions = Amounts & {
  /** How often each process is begun anew: two of the same program differ by more than rounds do. */
  readonly lives: number;
  readonly tell: (text: string) => void;
};

/** What one call, or one stream, took in one turn: processor time of the process, and time. */
export type Cost = { readonly cpuUs: number; readonly wallUs: number };

/** Turn by turn; the same place in both is the same round. */
export type Costs = {
  readonly bare: readonly Cost[];
  readonly observed: readonly Cost[];
  /** Processor time of sending what was told, for one call. */
  readonly exportCpuUs: number;
};

/** What a program of `senders` sends: see `run-bench.mjs`. */
export type Life = {
  readonly calls: Costs;
  readonly streams: Costs;
  /** 99th percentile, in milliseconds. */
  readonly delay: { readonly bare: number; readonly observed: number };
  readonly memory: { readonly heapBytes: number; readonly residentBytes: number };
  /** Of telemetry, over all calls and streams, as the server counted them. */
  readonly bytesPerCall: number;
};

/** By variant's name, one a life. */
export type Lives = ReadonlyMap<string, readonly Life[]>;

/** The stub has one processor, what is measured the other. */
const STUB_PROCESSOR = 0;
const PROCESSOR = 1;

export async function benchOverhead({ lives, tell, ...amounts }: OverheadOptions): Promise<Lives> {
  const script = fileURLToPath(new URL("./stub-child.ts", import.meta.url));
  const stub = begin(STUB_PROCESSOR, ["--conditions=source", script], {});
  try {
    const [url] = (await once(stub, "message")) as [string];
    const all = new Map<string, Life[]>(VARIANTS.map(({ name }) => [name, []]));
    for (let life = 0; life < lives; life++) {
      for (const variant of VARIANTS) {
        tell(`${life + 1}/${lives}: ${variant.name} …\n`);
        const base = `${url}/${encodeURIComponent(variant.name)}-${life}`;
        all.get(variant.name)?.push(await lifeOf(variant, base, amounts));
      }
    }
    return all;
  } finally {
    const ended = once(stub, "exit");
    stub.disconnect();
    await ended;
  }
}

async function lifeOf(variant: Variant, base: string, amounts: Amounts): Promise<Life> {
  const child = begin(PROCESSOR, programOf(variant), {
    BENCH_PLAN: JSON.stringify({ url: base, amounts }),
    OTEL_EXPORTER_OTLP_ENDPOINT: `${base}/otlp`,
    OTEL_SERVICE_NAME: "bench",
    // Sent when the program says so, so that it is known whose processor time it is.
    OTEL_BSP_SCHEDULE_DELAY: NEVER_MS,
    OTEL_BLRP_SCHEDULE_DELAY: NEVER_MS,
    OTEL_METRIC_EXPORT_INTERVAL: NEVER_MS,
  });
  let life: Omit<Life, "bytesPerCall"> | undefined;
  child.once("message", (message) => {
    life = message as Omit<Life, "bytesPerCall">;
  });
  const [code] = (await once(child, "exit")) as [number | null];
  if (life === undefined) throw new Error(`${variant.name} ended with ${String(code)}`);
  const answer = await fetch(`${base}/counts`);
  return { ...life, bytesPerCall: bytesPerCall(variant, (await answer.json()) as Counts) };
}

const NEVER_MS = "3600000";

function bytesPerCall({ name, exporter }: Variant, { calls, spans, bytes }: Counts): number {
  // What tells nothing, or tells twice, is not what is to be measured.
  if (calls === 0 || spans !== (exporter === "none" ? 0 : calls))
    throw new Error(`${name} told ${spans} spans of ${calls} calls`);
  return bytes / calls;
}

function begin(
  processor: number,
  program: readonly string[],
  environment: Readonly<Record<string, string>>,
): ReturnType<typeof spawn> {
  const [command = "", ...args] = pinned(processor, [process.execPath, ...program]);
  return spawn(command, args, {
    // Nothing of this process' own environment: NODE_OPTIONS and OTEL_* would change what is measured.
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}
