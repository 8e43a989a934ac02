import { parseYaml } from "../../../../naruko/src/config/parse-yaml.ts";
import { answerTo, callOf, setupOf } from "../../judge/testing/judged-calls.ts";
import type { Effect, EngineSetup, InputBody } from "../../model/engine-io.ts";
import type { Ask, JudgeAnswer, JudgeSetup } from "../../model/judge.ts";
import { formatLabels } from "../../model/labels.ts";
import { DEFAULT_LIMITS } from "../../model/limits.ts";
import { DAY_MS, epochMs } from "../../model/time.ts";
import { Engine, type EngineOptions } from "../engine.ts";

/** Between ticks. */
export const INTERVAL_MS = 60_000;
export const START: number = 20_780 * DAY_MS;
const RUBRIC = "---\nname: faithfulness\n---\nIs it borne out?\n";

/** Forty golden answers, every other one bad. */
const GOLDEN = Array.from({ length: 40 }, (_, i) =>
  JSON.stringify({
    input: `golden question ${i}`,
    output: `golden answer ${i}`,
    labels: { faithfulness: i % 2 === 0 },
  }),
).join("\n");

const OPTIONS: EngineOptions = {
  intervalMs: INTERVAL_MS,
  limits: DEFAULT_LIMITS,
  parseYaml: (name, text) => parseYaml(name, text, "rule-file"),
  goldenText: (set) => (set === "set-1" ? GOLDEN : undefined),
};

/** A judge of one rubric that sees every call, with forty golden answers. */
export function engineSetup(over: Partial<JudgeSetup> = {}): EngineSetup {
  return {
    ruleFiles: [],
    alertmanagers: [],
    externalUrl: "http://127.0.0.1:4320",
    sources: {},
    capture: "judge",
    judge: setupOf({
      rate: 1,
      rubricFiles: [{ name: "faithfulness.md", text: RUBRIC }],
      golden: { set: "set-1", everyMs: DAY_MS },
      ...over,
    }),
  };
}

export const isGolden = ({ user }: Ask): boolean => user.includes("golden question");

/** Right about every golden item, and content with every call. */
export function right(ask: Ask): JudgeAnswer {
  const number = Number(/golden question (\d+)/.exec(ask.user)?.[1] ?? 0);
  return answerTo(ask, number % 2 === 0 ? 1 : 0);
}

type RunOptions = { readonly restarts?: boolean; readonly intervalMs?: number };

/** An engine with a judge that answers at once, in event time. */
export class JudgedRun {
  engine: Engine;
  readonly effects: Effect[] = [];
  readonly asks: Ask[] = [];
  /** Restarts after every input. */
  restarts: boolean;
  readonly #options: EngineOptions;
  answer: (ask: Ask) => JudgeAnswer | undefined = right;
  #seq = 0;
  #at = START;

  constructor(setup: EngineSetup, options: RunOptions = {}) {
    const { restarts = false, intervalMs = INTERVAL_MS } = options;
    this.restarts = restarts;
    this.#options = { ...OPTIONS, intervalMs };
    this.engine = new Engine(this.#options);
    this.take({ kind: "reload", setup });
  }

  take(body: InputBody): void {
    const input = { seq: ++this.#seq, at: epochMs((this.#at += 1)), ...body };
    this.#note(this.engine.apply(input));
  }

  call(number: number): void {
    const call = { ...callOf(number), startAt: epochMs(this.#at - 10), endAt: epochMs(this.#at) };
    this.take({ kind: "telemetry", telemetry: { calls: [call], points: [], evaluations: [] } });
  }

  runTo(ms: number): void {
    const { intervalMs } = this.#options;
    for (const end = START + ms; this.#at + intervalMs <= end;) {
      this.#at = Math.ceil((this.#at + 1) / intervalMs) * intervalMs;
      const steps = this.engine.advance({ seq: ++this.#seq, at: epochMs(this.#at), kind: "tick" });
      let step = steps.next();
      while (step.done !== true) step = steps.next();
      this.#note(step.value);
    }
  }

  /** Milliseconds since the start. */
  get now(): number {
    return this.#at - START;
  }

  /** The last samples of a metric, by their labels. */
  shown(name: string): readonly string[] {
    const at = epochMs(this.#at);
    return this.engine
      .readerAt(at)
      .select(
        [{ name: "__name__", op: "=", value: name }],
        epochMs(at - this.#options.intervalMs),
        at,
      )
      .map(({ labels, values }) => `${formatLabels(labels).slice(name.length)} ${values.at(-1)}`);
  }

  #note(effects: readonly Effect[]): void {
    this.effects.push(...effects);
    if (this.restarts) this.engine = Engine.load(this.engine.save(), this.#options);
    for (const effect of effects) {
      if (effect.kind !== "ask") continue;
      this.asks.push(effect.ask);
      const answer = this.answer(effect.ask);
      if (answer !== undefined) this.take({ kind: "judged", ask: effect.ask.key, answer });
    }
  }
}
