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
/** Characters of a prompt, and of an answer, where calls are sent with their text. */
const TEXT_LENGTH = 1000;
/** Every request is encoded before, which takes longer with text than to send it. */
const WITH_TEXT_MAX_S = 15;
/** Full speed before anything is measured, while the server's code is compiled. */
const WARM_UP_S = 5;

export type IngestOptions = {
  readonly runs: number;
  /** Of each of the two phases of a run without text. */
  readonly seconds: number;
  readonly tell: (text: string) => void;
};

/** One phase: what the sender saw, and how much processor time the server took for it. */
type Phase = Sent & { readonly cpuS: number };

/**
 * The whole server on processor 0, the sender on processor 1.
 *
 * Two phases, after five seconds of warming up, because they answer two questions. At the floor's
 * rate, requests come when they are due: that is the latency which a sender sees. At full speed, each
 * of the eight connections sends as soon as it has its answer: that is the throughput, and the latency
 * is then nothing but the spans that are under way divided by it. Then full speed again, of calls that
 * are sent with what was said in them: what text costs.
 */
export async function benchIngest(options: IngestOptions): Promise<readonly Figure[]> {
  const steady: Phase[] = [];
  const full: Phase[] = [];
  const withText: Phase[] = [];
  for (let run = 1; run <= options.runs; run++) {
    const naruko = await NarukoProcess.start();
    try {
      options.tell(`ingest ${run}/${options.runs}: ${FLOOR_SPANS_PER_S} spans/s …\n`);
      const { seconds } = options;
      const warmUp = await phase(naruko, { seconds: WARM_UP_S });
      steady.push(await phase(naruko, { seconds, spansPerS: FLOOR_SPANS_PER_S }));
      options.tell(`ingest ${run}/${options.runs}: full speed …\n`);
      full.push(await phase(naruko, { seconds }));
      options.tell(`ingest ${run}/${options.runs}: full speed with text …\n`);
      const textSeconds = Math.min(seconds, WITH_TEXT_MAX_S);
      withText.push(await phase(naruko, { seconds: textSeconds, textLength: TEXT_LENGTH }));
      const ofRun = [warmUp, ...[steady, full, withText].flatMap((phases) => phases.slice(-1))];
      for (const { statuses } of ofRun) {
        if (Object.keys(statuses).some((status) => status !== "200"))
          options.tell(`answers by status: ${JSON.stringify(statuses)}\n`);
      }
      await checkTaken(naruko, ofRun);
    } finally {
      await naruko.stop();
    }
  }
  return figures(steady, full, withText);
}

/** At full speed and without text, where nothing else is asked. */
async function phase(
  naruko: NarukoProcess,
  asked: Pick<Sending, "seconds"> & Partial<Sending>,
): Promise<Phase> {
  const url = `${naruko.otlpUrl}/v1/traces`;
  const before = naruko.cpuS();
  const sending: Sending = {
    url,
    connections: CONNECTIONS,
    spansPerS: 0,
    textLength: 0,
    ...asked,
  };
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

function figures(
  steady: readonly Phase[],
  full: readonly Phase[],
  withText: readonly Phase[],
): Figure[] {
  const latency = (phases: readonly Phase[], share: number): readonly number[] =>
    phases.map(({ latenciesMs }) => quantile(latenciesMs, share));
  const withTexts = `${TEXT_LENGTH} characters each of prompt and answer`;
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
    figure(`accepted, full speed, ${withTexts}`, "spans/s", withText.map(perS)),
    figure(`processor time, full speed, ${withTexts}`, "µs/span", withText.map(cpuPerSpan)),
    {
      // All together: a median would hide the one.
      ...figure("answers other than 200", "requests", [
        refusedIn([...steady, ...full, ...withText]),
      ]),
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
