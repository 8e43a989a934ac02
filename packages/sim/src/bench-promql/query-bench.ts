import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { median } from "../bench/figure.ts";
import { PrometheusProcess, prometheusVersion } from "../bench/prometheus.ts";
import { type Answer, readAnswer } from "../fuzz-promql/answer.ts";
import { compareAnswers } from "../fuzz-promql/compare-answers.ts";
import { CASES, type Case } from "./cases.ts";
import { END_MS, filledStore, LONG_MS } from "./dataset.ts";
import { NarukoSeries } from "./naruko-series.ts";

export type QueryBenchOptions = {
  readonly cases: readonly Case[];
  readonly runs: number;
  /** Without Prometheus. */
  readonly oursAlone: boolean;
  /** Of our process. */
  readonly nodeOptions: readonly string[];
  readonly tell: (text: string) => void;
};

/** Milliseconds of one case, run by run; `theirs` is empty without Prometheus. */
export type Timed = {
  readonly name: string;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** In what the answers differ, if they do. */
  readonly differs?: string;
};

/** Resident memory in bytes after all queries; NaN where the system does not tell. */
export type QueryReport = {
  readonly timed: readonly Timed[];
  readonly oursBytes: number;
  readonly theirsBytes: number;
};

/** Before it counts: our code is compiled while it runs, as in a server that has run for a while. */
const WARM_UPS = 3;
const WARM_MS = 2000;
/** So much of a difference is shown. */
const SHOWN_LENGTH = 100;

/** Asks both servers by turns; each has one processor, the same, and the other is idle meanwhile. */
export async function benchQueries(options: QueryBenchOptions): Promise<QueryReport> {
  const { cases, runs, oursAlone, nodeOptions, tell } = options;
  tell("samples …\n");
  const naruko = await NarukoSeries.start(nodeOptions);
  const prometheus =
    oursAlone || prometheusVersion() === undefined ? undefined : await loadedPrometheus(tell);
  const timed: Timed[] = [];
  for (const one of cases) {
    tell(`${one.name} …\n`);
    timed.push(await timeCase(one, { naruko, prometheus, runs }));
  }
  const oursBytes = residentBytes(naruko.pid);
  const theirsBytes = prometheus === undefined ? NaN : residentBytes(prometheus.pid);
  await naruko.stop();
  await prometheus?.stop();
  return { timed, oursBytes, theirsBytes };
}

export function casesLike(part: string): readonly Case[] {
  return CASES.filter(({ name }) => name.includes(part));
}

type Sides = {
  readonly naruko: NarukoSeries;
  readonly prometheus: PrometheusProcess | undefined;
  readonly runs: number;
};

async function timeCase(one: Case, { naruko, prometheus, runs }: Sides): Promise<Timed> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  const urls = prometheus === undefined ? [naruko.url] : [naruko.url, prometheus.url];
  for (const url of urls) {
    const startedMs = performance.now();
    for (let n = 0; n < WARM_UPS || performance.now() - startedMs < WARM_MS; n++)
      await ask(url, one);
  }
  for (let run = 0; run < runs; run++) {
    ours.push((await ask(naruko.url, one)).ms);
    if (prometheus !== undefined) theirs.push((await ask(prometheus.url, one)).ms);
  }
  const { name } = one;
  const [here, there] = await Promise.all(urls.map((url) => answerOf(url, one)));
  const differs =
    here === undefined || there === undefined
      ? undefined
      : compareAnswers(here, there, "none")?.detail.slice(0, SHOWN_LENGTH);
  return differs === undefined ? { name, ours, theirs } : { name, ours, theirs, differs };
}

type Asked = { readonly ms: number; readonly status: number; readonly text: string };

/** From the question to the last byte of the answer. */
async function ask(url: string, { endpoint, params, name }: Case): Promise<Asked> {
  const startedMs = performance.now();
  const body = new URLSearchParams(params);
  const response = await fetch(`${url}/api/v1/${endpoint}`, { method: "POST", body });
  const text = await response.text();
  const ms = performance.now() - startedMs;
  if (response.status !== 200) throw new Error(`${name}: ${text}`);
  return { ms, status: response.status, text };
}

async function answerOf(url: string, one: Case): Promise<Answer> {
  const { status, text } = await ask(url, one);
  return readAnswer(status, text);
}

async function loadedPrometheus(tell: (text: string) => void): Promise<PrometheusProcess> {
  const prometheus = await PrometheusProcess.start();
  tell("the same samples into Prometheus …\n");
  await prometheus.load(filledStore().snapshot(), END_MS - LONG_MS, END_MS);
  tell("until Prometheus has put them in order …\n");
  await untilIdle(prometheus);
  return prometheus;
}

const IDLE_CHECK_MS = 3000;
/** Prometheus looks once a minute whether there is something to compact. */
const IDLE_CHECKS = 25;

/** Compaction is over when it has needed next to no processor time for more than a minute. */
async function untilIdle(prometheus: PrometheusProcess): Promise<void> {
  let before = NaN;
  for (let idle = 0; idle < IDLE_CHECKS;) {
    await wait(IDLE_CHECK_MS);
    const cpuS = await prometheus.cpuS();
    idle = cpuS - before < 0.1 ? idle + 1 : 0;
    before = cpuS;
  }
}

function residentBytes(pid: number | undefined): number {
  if (process.platform !== "linux" || pid === undefined) return NaN;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** How many times longer we take, as the median of the pairs. */
export function ratioOf({ ours, theirs }: Timed): number {
  return median(ours.map((ms, i) => ms / (theirs[i] ?? NaN)));
}
