import type { Figure } from "./figure.ts";
import { prometheusVersion } from "./prometheus.ts";
import type { ReplayReport } from "./replay-child.ts";
import { runChild } from "./run-child.ts";

const DAYS = 14;
const AIM_S = 10;

export type ReplayOptions = {
  readonly runs: number;
  readonly tell: (text: string) => void;
};

/**
 * The article's rules over two weeks, tick by tick through the whole engine: `for`, alert states,
 * ALERTS, notifications.
 *
 * Prometheus has nothing that replays alerting rules (`promtool tsdb create-blocks-from rules`
 * leaves them out): beside it stands the time of its range queries for the same three expressions
 * over the same samples, which gives the values alone.
 */
export async function benchReplay({ runs, tell }: ReplayOptions): Promise<readonly Figure[]> {
  const reports: ReplayReport[] = [];
  for (let run = 1; run <= runs; run++) {
    tell(`replay ${run}/${runs}: ${DAYS} days …\n`);
    // What the child prints is what `ReplayReport` says.
    const child = runChild("./replay-child.ts", [String(DAYS)], { processor: 0 });
    reports.push((await child) as ReplayReport);
  }
  const replayed: Figure = {
    bench: "replay",
    what: `article's rules, ${DAYS} days at 15 s, 100 series`,
    unit: "s",
    values: reports.map(({ replayMs }) => replayMs / 1000),
    aim: { atMost: AIM_S },
  };
  const version = prometheusVersion();
  const beside = {
    what: `Prometheus ${version ?? ""}, range queries only`,
    values: reports.map(({ prometheusMs }) => (prometheusMs ?? NaN) / 1000),
  };
  return [
    version === undefined ? replayed : { ...replayed, beside },
    {
      bench: "replay",
      what: "a tick",
      unit: "µs",
      values: reports.map(({ replayMs, ticks }) => (replayMs * 1000) / ticks),
    },
    {
      bench: "replay",
      what: "alert transitions",
      unit: "",
      values: reports.map(({ transitions }) => transitions),
    },
  ];
}
