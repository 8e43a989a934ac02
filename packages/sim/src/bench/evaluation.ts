import type { EvaluationReport } from "./evaluation-child.ts";
import { median, type Figure } from "./figure.ts";
import { prometheusVersion } from "./prometheus.ts";
import { runChild } from "./run-child.ts";

const SERIES = 10_000;
const AIM_MS = 100;

export type EvaluationOptions = {
  readonly runs: number;
  readonly tell: (text: string) => void;
};

/** All shipped rules at one tick, and the same rules over the same samples in Prometheus. */
export async function benchEvaluation(options: EvaluationOptions): Promise<readonly Figure[]> {
  const reports: EvaluationReport[] = [];
  for (let run = 1; run <= options.runs; run++) {
    options.tell(`evaluation ${run}/${options.runs}: ${SERIES} series …\n`);
    // What the child prints is what `EvaluationReport` says.
    const args = [String(SERIES)];
    const child = runChild("./evaluation-child.ts", args, { processor: 0 });
    reports.push((await child) as EvaluationReport);
  }
  const version = prometheusVersion();
  const evaluated: Figure = {
    bench: "evaluation",
    what: `all shipped rules once, ${SERIES} series`,
    unit: "ms",
    values: reports.map(({ evaluateMs }) => median(evaluateMs)),
    aim: { atMost: AIM_MS },
  };
  const beside = {
    what: `Prometheus ${version ?? ""}, its own count`,
    values: reports.map(({ prometheusMs }) => median(prometheusMs)),
  };
  return [
    version === undefined ? evaluated : { ...evaluated, beside },
    {
      bench: "evaluation",
      what: "slowest of 20 ticks",
      unit: "ms",
      values: reports.map(({ evaluateMs }) => Math.max(...evaluateMs)),
    },
    {
      bench: "evaluation",
      what: "sampling the derived series at a tick",
      unit: "ms",
      values: reports.map(({ sampleMs }) => median(sampleMs)),
    },
    {
      bench: "evaluation",
      what: "series",
      unit: "series",
      values: reports.map(({ series }) => series),
    },
  ];
}
