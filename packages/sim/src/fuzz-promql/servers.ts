import type { IncomingMessage } from "node:http";
import { Engine } from "@naruko/core/engine/engine";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Reader } from "@naruko/core/model/reader";
import { epochMs, HOUR_MS, SECOND_MS } from "@naruko/core/model/time";
import { engineYaml } from "naruko/config/setup";
import { HttpCounts } from "naruko/listen/http-counts";
import { LimitCounts } from "naruko/listen/limit-counts";
import { prometheusApi } from "naruko/listen/prometheus-api";
import { listen } from "naruko/listen/server";
import type { Listening } from "naruko/listen/server";
import { PrometheusProcess } from "../bench/prometheus.ts";
import { type Answer, readAnswer } from "./answer.ts";
import type { Asked } from "./random-query.ts";
import { readerOf, WORLD_S, type WorldSeries } from "./world.ts";

/** An engine whose series are given and not received. */
class GivenEngine extends Engine {
  reader: Reader = { select: () => [] };

  override readerAt(): Reader {
    return this.reader;
  }
}

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
  readonly #engine: GivenEngine;
  readonly #listening: Listening;
  readonly #prometheus: PrometheusProcess;
  #slots = 0;

  private constructor(engine: GivenEngine, listening: Listening, prometheus: PrometheusProcess) {
    this.#engine = engine;
    this.#listening = listening;
    this.#prometheus = prometheus;
  }

  static async start(): Promise<Servers> {
    const limits = DEFAULT_LIMITS;
    const engine = new GivenEngine({ intervalMs: 15_000, limits, parseYaml: engineYaml({}) });
    const listening = await listen({
      host: "127.0.0.1",
      port: 0,
      guard: () => undefined,
      handlers: [prometheusApi(apiOptions(engine))],
      limits,
      limitCounts: new LimitCounts(),
      counts: new HttpCounts("api"),
      refuse: ({ url = "" }: IncomingMessage, status, reason) => ({
        status,
        body: `${url} ${reason}`,
      }),
      broke,
    });
    return new Servers(engine, listening, await PrometheusProcess.start());
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
    this.#engine.reader = readerFor(world);
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
    await this.#listening.close();
    await this.#prometheus.stop();
  }

  async #askOurs(
    endpoint: string,
    params: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const url = `http://127.0.0.1:${this.#listening.port}/api/v1/${endpoint}`;
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

function unused(): never {
  throw new Error("queries over series in memory ask for nothing else");
}

function broke(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
}

function apiOptions(engine: Engine): Parameters<typeof prometheusApi>[0] {
  return {
    engine,
    disk: { chunks: unused, series: unused },
    limits: DEFAULT_LIMITS,
    now: () => epochMs(FIRST_SLOT_MS),
    monotonicMs: () => performance.now(),
    program: {
      version: "0",
      runtime: "",
      startedAt: epochMs(FIRST_SLOT_MS),
      config: unused,
      configuredAt: unused,
      flags: unused,
      retention: unused,
      alertmanagers: unused,
    },
    targets: {
      pools: unused,
      active: unused,
      dropped: unused,
      droppedCounts: unused,
      poolConfig: unused,
    },
    broke,
  };
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
