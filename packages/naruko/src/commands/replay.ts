import { statSync } from "node:fs";
import path from "node:path";
import { Engine } from "@naruko/core/engine/engine";
import type { LineContext } from "@naruko/core/engine/intake";
import type { Effect } from "@naruko/core/model/engine-io";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { EpochMs } from "@naruko/core/model/time";
import type { LoadedConfig } from "../config/config.ts";
import { loadConfig } from "../config/load-config.ts";
import { engineYaml, setupOf } from "../config/setup.ts";
import { dataDirectory } from "../history/data-directory.ts";
import { mergeByTime } from "../history/history.ts";
import type { History, HistoryInput } from "../history/history.ts";
import { HistoryTally } from "../history/history-tally.ts";
import { otlpLines } from "../history/otlp-lines.ts";
import { alertRecord, isoTime, notificationRecord } from "../history/output-record.ts";
import { alertText, notificationText, shownTime } from "../history/output-text.ts";
import { replayHistory } from "../history/replay-history.ts";
import { estimateTokens } from "../price/estimate-tokens.ts";
import { priceTable } from "../price/price-table.ts";
import { EXIT, Misuse, textOption, textOptions } from "./command.ts";
import type { Command, Values, World } from "./command.ts";
import { ProgressBar } from "./progress-bar.ts";
import { type JudgeMode, judgeModeOf, type ReplayJudge, replayJudge } from "./replay-judge.ts";
import { tellLeftOut } from "./replay-left-out.ts";

/** `naruko replay`: the engine over history. */
export const replayCommand: Command = {
  usage: "replay INPUT… [options]",
  summary: "run rules and notifications over history, as the server would have",
  options: {
    rules: {
      type: "string",
      multiple: true,
      value: "FILE",
      help: "rule file; may be repeated (default: the configuration's, else the shipped ones)",
    },
    config: {
      type: "string",
      value: "FILE",
      help: "configuration: rules, routing, prices, interval, limits (default: none is read)",
    },
    incidents: {
      type: "string",
      value: "FILE",
      help: "score against known incidents: comes later",
    },
    paging: {
      type: "string",
      value: "SEVERITY,…",
      help: "severities that count in the score (default: page,critical)",
    },
    judge: {
      type: "string",
      value: "MODE",
      help: "who judges: off (default: nobody), recorded or live, see below",
    },
    json: { type: "boolean", help: "print one JSON object a line" },
  },
  details: `An INPUT is a file as the OpenTelemetry Collector's file exporter writes it (one resourceSpans,
resourceMetrics or resourceLogs object in JSON a line; plain, gzip or zstd), or a Naruko data
directory, of which the kept calls and evaluations are replayed. Several inputs are merged by time;
at equal times the order is that of the command line.

Event time is the largest span end, point or log time so far; a record more than 7 days ahead of it
is rejected. Deliveries succeed at once; nothing leaves the machine but what --judge live asks. Lines
that cannot be read are told on standard error with file and line, counted, and skipped; the exit is
1 only when nothing could be read, or when rules or configuration are refused.

--judge off       evaluations in files count as sent by users; verdicts of a judge of Naruko's do not
--judge recorded  evaluations that are named as rubrics are what the judge would say: those of calls
                  that the sampler draws are used, and paid for by an estimate of their tokens; the
                  others are not looked at. Settings are those of judge: in --config, else the
                  defaults: 5 %, shipped rubrics, prices of gpt-4o-mini. Inputs are read twice.
--judge live      asks the endpoint of judge: in --config about the calls drawn; it costs what it costs`,
  run: replay,
};

async function replay(
  values: Values,
  positionals: readonly string[],
  world: World,
): Promise<number> {
  refuseWhatComesLater(values);
  const mode = judgeModeOf(values);
  const kinds = positionals.map(kindOf);
  if (kinds.length === 0) throw new Misuse("replay needs at least one INPUT");
  const loaded = configured(values, world);
  const { interval: intervalMs, prices, limits: ownLimits } = loaded.config;
  const limits = { ...DEFAULT_LIMITS, ...ownLimits };
  const engine = new Engine({ intervalMs, limits, parseYaml: engineYaml(world.environment) });
  // Refused rules are told before anything is read.
  const rules = setupOf(loaded, loaded.config.listen.external_url ?? "http://127.0.0.1:4320");
  for (const warning of engine.prepare(rules).warnings) world.tell(`${warning}\n`);

  const bar = new ProgressBar(world, bytesOf(kinds) * (mode === "recorded" ? 2 : 1));
  const tally = new HistoryTally((text) => {
    bar.clear();
    world.tell(text);
  });
  const context: LineContext = {
    limits,
    priceOf: priceTable(prices),
    estimateTokens,
    typeLabels: loaded.config.features.includes("type-and-unit-labels"),
  };
  const historiesFor = (counted: HistoryTally): AsyncGenerator<HistoryInput> =>
    mergeByTime(kinds.map((input) => historyOf(input, context, counted, bar)));
  const judge = await replayJudge(mode, {
    loaded,
    world,
    folders: kinds.filter(({ kind }) => kind === "directory").map(({ name }) => name),
    // What cannot be read is told by the replay itself.
    firstPass: () => historiesFor(new HistoryTally(() => undefined)),
  });
  const setup = judge.setup === undefined ? rules : { ...rules, judge: judge.setup };
  const printer = new Printer(values["json"] === true, world, bar);
  const span = await replayHistory(shownTo(judge, historiesFor(tally)), {
    engine,
    intervalMs,
    setup,
    onEffect: (effect) => printer.take(effect),
    ...(judge.ask && { ask: judge.ask }),
    onTime: (at) => bar.draw(shownTime(at)),
  });
  bar.clear();
  tellLeftOut(tally, engine, world);
  if (span === undefined) {
    world.tell(`naruko: nothing could be read of ${positionals.join(", ")}\n`);
    return EXIT.finding;
  }
  printer.summary(span, engine, mode);
  return EXIT.ok;
}

function refuseWhatComesLater(values: Values): void {
  if (values["incidents"] !== undefined) {
    throw new Misuse("--incidents: scores against known incidents come later");
  }
  const severities = textOption(values, "paging")?.split(",") ?? [];
  if (severities.includes(""))
    throw new Misuse("--paging: expected severities, such as page,critical");
}

async function* shownTo(
  { shown }: ReplayJudge,
  inputs: AsyncIterable<HistoryInput>,
): AsyncGenerator<HistoryInput> {
  for await (const { at, telemetry } of inputs) yield { at, telemetry: shown(telemetry) };
}

type Source = {
  readonly name: string;
  readonly kind: "file" | "directory";
  readonly bytes: number;
};

function kindOf(name: string): Source {
  if (/\.ya?ml$/.test(name)) {
    throw new Misuse(`${name} is no INPUT; each rule file has a --rules of its own before it`);
  }
  const stats = statSync(name, { throwIfNoEntry: false });
  if (stats === undefined) throw new Misuse(`${name}: there is no such file or directory`);
  if (stats.isDirectory()) return { name, kind: "directory", bytes: 0 };
  return { name, kind: "file", bytes: stats.size };
}

/** Of all inputs; 0 as soon as one is a directory, whose progress is not counted in bytes. */
function bytesOf(sources: readonly Source[]): number {
  if (sources.some(({ kind }) => kind === "directory")) return 0;
  return sources.reduce((sum, { bytes }) => sum + bytes, 0);
}

function historyOf(
  { name, kind }: Source,
  context: LineContext,
  tally: HistoryTally,
  bar: ProgressBar,
): History {
  if (kind === "directory") return dataDirectory(name, tally);
  return otlpLines(name, { context, tally, onBytes: (count) => bar.add(count) });
}

/** Only what the command line names: a replay means the same in every folder. */
function configured(values: Values, { environment }: World): LoadedConfig {
  const loaded = loadConfig(textOption(values, "config"), environment);
  const rules = textOptions(values, "rules").map((file) => path.resolve(file));
  return rules.length === 0 ? loaded : { ...loaded, config: { ...loaded.config, rules } };
}

/** Prints what the engine wants told, as it comes. */
class Printer {
  readonly #json: boolean;
  readonly #world: World;
  readonly #bar: ProgressBar;
  #fired = 0;
  #notifications = 0;
  /** Calls with a verdict. */
  #judged = 0;

  constructor(json: boolean, world: World, bar: ProgressBar) {
    this.#json = json;
    this.#world = world;
    this.#bar = bar;
  }

  take(effect: Effect): void {
    if (effect.kind === "keep-transitions") {
      for (const transition of effect.transitions) {
        if (transition.state === "firing") this.#fired++;
        this.#print(this.#json ? JSON.stringify(alertRecord(transition)) : alertText(transition));
      }
    } else if (effect.kind === "keep-draws") {
      const hasVerdict = effect.draws.filter(({ rubrics }) =>
        rubrics.some(({ score }) => score !== undefined),
      );
      this.#judged += hasVerdict.length;
    } else if (effect.kind === "deliver") {
      this.#notifications++;
      const { delivery } = effect;
      this.#print(
        this.#json ? JSON.stringify(notificationRecord(delivery)) : notificationText(delivery),
      );
    }
  }

  summary(
    { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
    engine: Engine,
    mode: JudgeMode,
  ): void {
    const counters = engine.counters();
    const calls = (counters.get("calls_first") ?? 0) + (counters.get("calls_late") ?? 0);
    const [alerts, notifications, judged] = [this.#fired, this.#notifications, this.#judged];
    const judgeUsd = engine.judgeView(to)?.view.totalUsd ?? 0;
    if (!this.#json) {
      const judging = mode === "off" ? "" : `, judged ${judged} for $${judgeUsd.toFixed(4)}`;
      const counts = `calls ${calls}${judging}, alerts fired ${alerts}, notifications ${notifications}`;
      this.#print(`${shownTime(from)} to ${shownTime(to)} UTC: ${counts}`);
      return;
    }
    const times = { from: isoTime(from), to: isoTime(to) };
    const counts = { calls, judged, judgeUsd, alerts, notifications };
    this.#print(JSON.stringify({ kind: "summary", ...times, ...counts }));
  }

  #print(line: string): void {
    this.#bar.clear();
    this.#world.print(`${line}\n`);
  }
}
