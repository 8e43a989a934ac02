import type { Reader } from "@naruko/core/model/reader";
import { HOUR_MS, SECOND_MS } from "@naruko/core/model/time";
import { PrometheusProcess } from "../bench/prometheus.ts";
import { serveSeries, type SeriesServer } from "../serve-series.ts";
import { type Answer, readAnswer } from "./answer.ts";
import type { Asked } from "./random-query.ts";
import { readerOf, WORLD_S, type WorldSeries } from "./world.ts";

/** Time between two worlds: nothing in one is seen from another, and hours stay what they are. */
const SLOT_MS = 24 * HOUR_MS;
/** 2023-01-01: a world's times depend on nothing but the worlds before it. */
const FIRST_SLOT_MS = 1_672_531_200_000;

/** A world that both servers hold, and when it begins. */
export type LoadedWorld = { readonly series: readonly WorldSeries[]; readonly baseMs: number };

export type Answers = { readonly ours: Answer; readonly theirs: Answer };

/**
 * Naruko's Prometheus API, behind its own HTTP server, over series as they are given; and a
 * Prometheus with the same series.
 */
export class Servers {
  readonly #naruko: SeriesServer;
  readonly #prometheus: PrometheusProcess;
  #slots = 0;

  private constructor(naruko: SeriesServer, prometheus: PrometheusProcess) {
    this.#naruko = naruko;
    this.#prometheus = prometheus;
  }

  static async start(): Promise<Servers> {
    return new Servers(await serveSeries(), await PrometheusProcess.start());
  }

  /** Gives both of them a world, after all others. */
  async load(series: readonly WorldSeries[]): Promise<LoadedWorld> {
    const baseMs = FIRST_SLOT_MS + this.#slots++ * SLOT_MS;
    const reader = readerOf(series, baseMs);
    await this.#prometheus.load(reader, baseMs, baseMs + WORLD_S * SECOND_MS);
    return { series, baseMs };
  }

  /** Asks both the same. */
  async ask(world: LoadedWorld, text: string, asked: Asked): Promise<Answers> {
    this.#naruko.use(readerFor(world));
    const params = paramsOf(text, asked, world.baseMs);
    const endpoint = asked.kind === "instant" ? "query" : "query_range";
    const [ours, theirs] = await Promise.all([
      this.#askOurs(endpoint, params),
      this.#prometheus.ask(endpoint, params),
    ]);
    return {
      ours: readAnswer(ours.status, ours.text),
      theirs: readAnswer(theirs.status, theirs.text),
    };
  }

  async stop(): Promise<void> {
    await this.#naruko.close();
    await this.#prometheus.stop();
  }

  async #askOurs(
    endpoint: string,
    params: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const url = `${this.#naruko.url}/api/v1/${endpoint}`;
    const response = await fetch(url, { method: "POST", body: new URLSearchParams(params) });
    return { status: response.status, text: await response.text() };
  }
}

const readers = new WeakMap<LoadedWorld, Reader>();

function readerFor(world: LoadedWorld): Reader {
  const known = readers.get(world);
  if (known !== undefined) return known;
  const made = readerOf(world.series, world.baseMs);
  readers.set(world, made);
  return made;
}

/** Times of the world as times of the day on which it is loaded. */
function paramsOf(text: string, asked: Asked, baseMs: number): Readonly<Record<string, string>> {
  const baseS = baseMs / SECOND_MS;
  const query = shiftedTimes(text, baseS);
  if (asked.kind === "instant") return { query, time: String(baseS + asked.atS) };
  return {
    query,
    start: String(baseS + asked.fromS),
    end: String(baseS + asked.toS),
    step: String(asked.stepS),
  };
}

/** The same text with the times after `@` so much later. */
function shiftedTimes(text: string, seconds: number): string {
  return text.replaceAll(/@ (\d+(?:\.\d+)?)\b/g, (_, at: string) => `@ ${Number(at) + seconds}`);
}
