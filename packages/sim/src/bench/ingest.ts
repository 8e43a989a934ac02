import type { Figure } from "./figure.ts";
import { quantile } from "./figure.ts";
import { NarukoProcess } from "./naruko-process.ts";
import { runChild } from "./run-child.ts";
import type { Sending, Sent } from "./sender.ts";

const CONNECTIONS = 8;
/** Spans a second that the server must take (and at which its latency is asked), and should take. */
const FLOOR_SPANS_PER_S = 20_000;
const AIM_SPANS_PER_S = 40_000;
const AIM_P99_MS = 50;
/** Full speed before anything is measured, while the server's code is compiled. */
const WARM_UP_S = 5;

export type IngestOptions = {
  readonly runs: number;
  /** Of each of the two phases of a run. */
  readonly seconds: number;
  readonly tell: (text: string) => void;
};

/** One phase: what the sender saw, and how much processor time the server took for it. */
type Phase = Sent & { readonly cpuS: number };

/**
 * The whole server on processor 0, the sender on processor 1.
 *
 * Two phases, after five seconds of warming up, because they answer two questions. At the floor's rate, requests come when they are
 * due: that is the latency which a sender sees. At full speed, each of the eight connections sends
 * as soon as it has its answer: that is the throughput, and the latency is then nothing but the
 * spans that are under way divided by it.
 */
export async function benchIngest(options: IngestOptions): Promise<readonly Figure[]> {
  const steady: Phase[] = [];
  const full: Phase[] = [];
  for (let run = 1; run <= options.runs; run++) {
    const naruko = await NarukoProcess.start();
    try {
      options.tell(`ingest ${run}/${options.runs}: ${FLOOR_SPANS_PER_S} spans/s …\n`);
      const warmUp = await phase(naruko, WARM_UP_S, 0);
      steady.push(await phase(naruko, options.seconds, FLOOR_SPANS_PER_S));
      options.tell(`ingest ${run}/${options.runs}: full speed …\n`);
      full.push(await phase(naruko, options.seconds, 0));
      for (const { statuses } of [warmUp, ...steady.slice(-1), ...full.slice(-1)]) {
        if (Object.keys(statuses).some((status) => status !== "200"))
          options.tell(`answers by status: ${JSON.stringify(statuses)}\n`);
      }
      await checkTaken(naruko, [warmUp, ...steady.slice(-1), ...full.slice(-1)]);
    } finally {
      await naruko.stop();
    }
  }
  return figures(steady, full);
}

async function phase(naruko: NarukoProcess, seconds: number, spansPerS: number): Promise<Phase> {
  const url = `${naruko.otlpUrl}/v1/traces`;
  const before = naruko.cpuS();
  const sending: Sending = { url, seconds, connections: CONNECTIONS, spansPerS };
  // What the child prints is what `Sent` says.
  const sent = (await runChild("./sender.ts", [JSON.stringify(sending)], { processor: 1 })) as Sent;
  return { ...sent, cpuS: naruko.cpuS() - before };
}

/** What the sender says was taken must be what the server counted, each span once. */
async function checkTaken(naruko: NarukoProcess, phases: readonly Phase[]): Promise<void> {
  const spans = phases.reduce((sum, sent) => sum + sent.spans, 0);
  const metrics = await naruko.metrics();
  const first = metrics.get('naruko_engine_events_total{reason="calls_first"}');
  if (first !== spans) {
    throw new Error(`${spans} spans were acknowledged, ${String(first)} calls were counted`);
  }
}

function figures(steady: readonly Phase[], full: readonly Phase[]): Figure[] {
  const latency = (phases: readonly Phase[], share: number): readonly number[] =>
    phases.map(({ latenciesMs }) => quantile(latenciesMs, share));
  const steadily = `at ${FLOOR_SPANS_PER_S} spans/s`;
  return [
    {
      ...figure("accepted with commit, full speed", "spans/s", full.map(perS)),
      aim: { atLeast: AIM_SPANS_PER_S, floor: FLOOR_SPANS_PER_S },
    },
    {
      ...figure(`acknowledged, p99, ${steadily}`, "ms", latency(steady, 0.99)),
      aim: { atMost: AIM_P99_MS },
    },
    figure(`acknowledged, p50, ${steadily}`, "ms", latency(steady, 0.5)),
    figure(`acknowledged, max, ${steadily}`, "ms", latency(steady, 1)),
    figure("acknowledged, p99, full speed", "ms", latency(full, 0.99)),
    figure("acknowledged, p50, full speed", "ms", latency(full, 0.5)),
    figure("acknowledged, max, full speed", "ms", latency(full, 1)),
    figure(`processor time, ${steadily}`, "µs/span", steady.map(cpuPerSpan)),
    figure("processor time, full speed", "µs/span", full.map(cpuPerSpan)),
    {
      // All together: a median would hide the one.
      ...figure("answers other than 200", "requests", [refusedIn([...steady, ...full])]),
      aim: { atMost: 0 },
    },
  ];
}

function perS({ spans, elapsedMs }: Phase): number {
  return (spans * 1000) / elapsedMs;
}

function cpuPerSpan({ spans, cpuS }: Phase): number {
  return (cpuS * 1e6) / spans;
}

function refusedIn(phases: readonly Phase[]): number {
  return phases.reduce((sum, { requests, statuses }) => sum + requests - (statuses["200"] ?? 0), 0);
}

function figure(what: string, unit: string, values: readonly number[]): Figure {
  return { bench: "ingest", what, unit, values };
}
