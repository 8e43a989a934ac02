import { assert } from "../model/assert.ts";
import { type Call, type CallText, isCalledOff } from "../model/call.ts";
import type { Evaluation } from "../model/evaluation.ts";
import type { Ask, JudgeAnswer, JudgeSetup, SettledDraw } from "../model/judge.ts";
import type { Limits } from "../model/limits.ts";
import type { Tally } from "../model/tally.ts";
import type { TraceContext } from "../model/telemetry.ts";
import { type EpochMs, epochMs } from "../model/time.ts";
import { Bench } from "./bench.ts";
import { Budget, type BudgetView, type SavedBudget } from "./budget.ts";
import type { Draw } from "./draw.ts";
import { costAtMost, costOfAnswer } from "./price.ts";
import { MeanCost, type SavedCosts } from "./mean-cost.ts";
import { JudgeQueue, type SavedQueue, type Settled } from "./queue.ts";
import type { Rubric } from "./rubric.ts";
import type { Sampler } from "./sampler.ts";
import { evaluationsOf, settledDraw } from "./settled.ts";
import { TraceContexts, type SavedContexts } from "./trace-contexts.ts";

/** A call on its way to its verdict; its text is let go with it. */
export type Subject = {
  readonly call: Call;
  readonly text: CallText;
  readonly draw: Draw;
  /** Of all requests about it, in billionths of a US dollar. */
  costNano: number;
};

/** A verdict, or the lack of one, with the call that it is about. */
export type JudgedCall = { readonly evaluation: Evaluation; readonly call: Call };

/** What came of inputs since it was last taken. */
export type JudgeOutput = {
  readonly asks: readonly Ask[];
  readonly judged: readonly JudgedCall[];
  readonly draws: readonly SettledDraw[];
};

/** Who decides which calls are judged, and is told when there was no room for what was drawn. */
export type Drawer = Pick<Sampler, "offer" | "backOff">;

export type SavedJudge = {
  readonly asked: number;
  readonly queue: SavedQueue<Subject>;
  readonly budget: SavedBudget;
  readonly costs: SavedCosts;
  readonly contexts: SavedContexts;
  readonly refusedAt: number | null;
  readonly looks: readonly (readonly [key: string, look: 1 | 2])[];
};

/** How the judge stands, for people and for series. */
export type JudgeView = BudgetView & {
  readonly waiting: number;
  readonly underWay: number;
  /** Until when the endpoint asked to be left alone; in the past: it did not. */
  readonly pausedUntil: EpochMs;
  /** A cap in dollars left no room for the last request that was due. */
  readonly isOutOfMoney: boolean;
};

export type JudgePorts = {
  readonly limits: Pick<Limits, "judgeTextLength">;
  readonly counts: Tally;
};

/**
 * Carries calls from their draw to their verdict; the shell asks. A call that was drawn ends, by
 * every rubric, with a verdict or with a named reason for its lack; money is set aside before a
 * request leaves; a change of judge, prompt or rubric begins a new version.
 */
export class Judge {
  readonly #ports: JudgePorts;
  readonly #contexts: TraceContexts;
  readonly #budget = new Budget();
  /** Of a judged call, all its requests together. */
  readonly #costs = new MeanCost();
  readonly #queue: JudgeQueue<Subject>;
  #bench: Bench | undefined;
  #asked = 0;
  /** The look that each request under way is for: what it costs depends on it. */
  readonly #looks = new Map<string, 1 | 2>();
  /** When a cap left no room for a request; cleared by the next one that leaves. */
  #refusedAt: EpochMs | undefined;
  #asks: Ask[] = [];
  #judged: JudgedCall[] = [];
  #draws: SettledDraw[] = [];

  constructor(ports: JudgePorts) {
    this.#ports = ports;
    const lengthMax = ports.limits.judgeTextLength;
    this.#contexts = new TraceContexts(lengthMax);
    const jitter = (text: string): number => this.#bench?.jitter(text) ?? 0;
    this.#queue = new JudgeQueue({ lengthMax, jitter });
  }

  /** What steers it; absent: nothing is judged. */
  get bench(): Bench | undefined {
    return this.#bench;
  }

  /**
   * Takes whom to ask and by which rubrics. Where verdicts come to mean something else than before,
   * those that are waited for are given up.
   */
  reload(
    setup: JudgeSetup | undefined,
    rubrics: readonly Rubric[],
    at: EpochMs,
  ): "same-versions" | "new-versions" {
    const before = this.#bench;
    const bench = setup && new Bench(setup, rubrics);
    this.#budget.setCaps(setup ?? {});
    const isSame = hasSameVersions(before, bench);
    if (!isSame) for (const settled of this.#queue.clear("reloaded")) this.#settle(settled, at);
    this.#bench = bench;
    if (bench === undefined) this.#contexts.clear();
    else this.#pump(bench, at);
    return isSame ? "same-versions" : "new-versions";
  }

  takeContext(context: TraceContext, at: EpochMs): void {
    if (this.#bench === undefined) return;
    const forgotten = this.#contexts.add(context, at);
    if (forgotten > 0) this.#ports.counts.add("judge_contexts_forgotten", forgotten);
  }

  /**
   * A call that is counted for the first time: drawn, and queued where the draw says so. Returns what
   * was drawn; `undefined` where it cannot be judged.
   */
  offer(call: Call, drawer: Drawer, at: EpochMs): Draw | undefined {
    const bench = this.#bench;
    const { counts } = this.#ports;
    if (bench === undefined || !isAnswer(call)) return undefined;
    const text = this.#textOf(call, at);
    const rubrics = bench.rubricsFor(call, text);
    const isBlind = (text.output ?? "").trim() === "";
    if (isBlind || rubrics.length === 0) {
      counts.add(isBlind ? "judge_calls_without-text" : "judge_calls_without-rubric");
      return undefined;
    }
    counts.add("judge_calls_eligible");
    const names = rubrics.map(({ name }) => name);
    const draw = drawer.offer(call, names, at);
    const drawn = draw.rubrics.filter((rubric) => rubric.drawn).map(({ name }) => name);
    if (drawn.length === 0) return draw;
    counts.add("judge_calls_drawn");
    const { text: _text, facts: _facts, ...rest } = call;
    const asked = rubrics.filter(({ name }) => drawn.includes(name));
    const isFull = this.#enqueue({ call: rest, text, draw, costNano: 0 }, asked, at) === "full";
    if (isFull) drawer.backOff(at);
    if (this.#queue.waiting > 0) this.#pump(bench, at);
    return draw;
  }

  /** What became of a request; one that nobody waits for any more is paid for all the same. */
  answer(key: string, answer: JudgeAnswer, at: EpochMs): void {
    const { counts } = this.#ports;
    const look = this.#looks.get(key);
    if (look === undefined) return counts.add("judge_answers_unknown");
    this.#looks.delete(key);
    const cost = this.#bench && costOfAnswer(answer, this.#bench.priceOf(look));
    const paid = this.#budget.settle(key, cost, at);
    counts.add(answer.ok ? "judge_requests_answered" : `judge_requests_${answer.reason}`);
    const subject = this.#queue.subjectOf(key);
    if (subject !== undefined) subject.costNano += paid;
    const settled = this.#queue.answer(key, answer, at);
    if (settled !== undefined) this.#settle(settled, at);
    if (this.#bench !== undefined) this.#pump(this.#bench, at);
  }

  /** Time goes on: what has waited long enough is asked again, what has waited too long is let go. */
  advance(at: EpochMs): void {
    for (const settled of this.#queue.wake(at)) this.#settle(settled, at);
    if (this.#bench !== undefined) this.#pump(this.#bench, at);
  }

  /** What came of the inputs since the last time. */
  take(): JudgeOutput {
    const output = { asks: this.#asks, judged: this.#judged, draws: this.#draws };
    [this.#asks, this.#judged, this.#draws] = [[], [], []];
    return output;
  }

  /** Requests without an answer: after a stop each is fed back as `interrupted`. */
  askedKeys(): readonly string[] {
    return [...this.#looks.keys()];
  }

  view(at: EpochMs): JudgeView {
    const { waiting, underWay, pausedUntil } = this.#queue;
    const isOutOfMoney = this.#refusedAt !== undefined;
    return { ...this.#budget.view(at), waiting, underWay, pausedUntil, isOutOfMoney };
  }

  /**
   * How many calls a day there is money for, by what the latest ones did cost; `undefined` where no cap
   * is set, or nothing is paid for.
   */
  affordablePerDay(at: EpochMs): number | undefined {
    const { mean } = this.#costs;
    const perDay = this.#budget.perDay(at);
    if (perDay === undefined || mean === undefined || mean === 0) return undefined;
    return (perDay * 1e9) / mean;
  }

  save(): SavedJudge {
    return {
      asked: this.#asked,
      queue: this.#queue.save(),
      budget: this.#budget.save(),
      costs: this.#costs.save(),
      contexts: this.#contexts.save(),
      refusedAt: this.#refusedAt ?? null,
      looks: [...this.#looks],
    };
  }

  /** Goes on from what `save` gave, under the setup that it was saved under. */
  load(saved: SavedJudge, setup: JudgeSetup | undefined, rubrics: readonly Rubric[]): void {
    this.#bench = setup && new Bench(setup, rubrics);
    this.#budget.setCaps(setup ?? {});
    this.#asked = saved.asked;
    this.#queue.load(saved.queue);
    this.#budget.load(saved.budget);
    this.#costs.load(saved.costs);
    this.#contexts.load(saved.contexts);
    this.#refusedAt = saved.refusedAt === null ? undefined : epochMs(saved.refusedAt);
    for (const [key, look] of saved.looks) this.#looks.set(key, look);
  }

  #textOf({ traceId, text = {} }: Call, at: EpochMs): CallText {
    const known = [text.context, this.#contexts.find(traceId, at)];
    const parts = known.filter((part) => part !== undefined);
    return parts.length === 0 ? text : { ...text, context: parts.join("\n\n") };
  }

  #enqueue(
    subject: Subject,
    rubrics: readonly Rubric[],
    at: EpochMs,
  ): ReturnType<JudgeQueue<Subject>["add"]> {
    const { call, text } = subject;
    const id = call.traceId + call.spanId;
    const asked = rubrics.map(({ name, badBelow }) => ({ name, threshold: badBelow }));
    const outcome = this.#queue.add(id, subject, { rubrics: asked, length: lengthOf(text), at });
    // A span that comes again while it waits was counted as a call of its own by nobody.
    if (outcome === "known") this.#ports.counts.add("judge_calls_known");
    if (outcome === "full") {
      const missing = rubrics.map(({ name }) => ({ name, reason: "queue-full" as const }));
      this.#settle({ subject, id, verdicts: [], missing }, at);
    }
    return outcome;
  }

  /** Asks as long as something is due, somebody may be asked, and there is money. */
  #pump(bench: Bench, at: EpochMs): void {
    while (this.#looks.size < bench.setup.concurrency) {
      const question = this.#queue.next(at);
      if (question === undefined) return;
      const key = `judge-${this.#asked + 1}-${bench.word(`${question.id}/${this.#asked + 1}`)}`;
      const request = bench.request(question, key);
      const most = costAtMost(request, bench.priceOf(question.look));
      if (this.#budget.reserve(key, most, at) !== undefined) {
        // What is under way is mostly settled for less than was set aside for it.
        if (this.#looks.size > 0) return;
        this.#refusedAt = at;
        const settled = this.#queue.giveUp("budget");
        assert(settled !== undefined, "what is due can be given up");
        this.#settle(settled, at);
        continue;
      }
      this.#refusedAt = undefined;
      this.#asked++;
      this.#queue.ask(key);
      this.#looks.set(key, question.look);
      this.#asks.push({ ...request, at });
    }
  }

  #settle(settled: Settled<Subject>, at: EpochMs): void {
    const { call } = settled.subject;
    const { counts } = this.#ports;
    const versions = this.#bench?.versions ?? new Map<string, string>();
    for (const evaluation of evaluationsOf(settled, versions, at))
      this.#judged.push({ evaluation, call });
    for (const { reason } of settled.missing) counts.add(`judge_missing_${reason}`);
    counts.add("judge_verdicts", settled.verdicts.length);
    this.#draws.push(settledDraw(settled, versions));
    if (settled.verdicts.length > 0) this.#costs.add(settled.subject.costNano);
  }
}

/** What can be judged: what a model answered, where the application waited for it. */
function isAnswer(call: Call): boolean {
  return call.kind === "inference" && call.errorType === undefined && !isCalledOff(call);
}

function lengthOf({ system = "", input = "", output = "", context = "" }: CallText): number {
  return system.length + input.length + output.length + context.length;
}

function hasSameVersions(one: Bench | undefined, other: Bench | undefined): boolean {
  const [left, right] = [one?.versions ?? new Map(), other?.versions ?? new Map()];
  return left.size === right.size && [...left].every(([name, word]) => right.get(name) === word);
}
