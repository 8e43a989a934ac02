import { assert } from "../model/assert.ts";
import { type Call, type CallText, isCalledOff } from "../model/call.ts";
import type { Evaluation } from "../model/evaluation.ts";
import type {
  Ask,
  JudgeAnswer,
  JudgePrice,
  JudgeSetup,
  MissingReason,
  SettledDraw,
} from "../model/judge.ts";
import type { Limits } from "../model/limits.ts";
import type { Tally } from "../model/tally.ts";
import type { TraceContext } from "../model/telemetry.ts";
import { DAY_MS, type EpochMs, epochMs } from "../model/time.ts";
import { Bench } from "./bench.ts";
import { Budget, type BudgetView, type SavedBudget } from "./budget.ts";
import type { Draw } from "./draw.ts";
import { costAtMost, costOfAnswer } from "./price.ts";
import { MeanCost, type SavedCosts } from "./mean-cost.ts";
import { JudgeQueue, type SavedQueue } from "./queue.ts";
import { type Lane, LANES, type Settled } from "./queue-item.ts";
import { countOutcomes } from "./outcome-counts.ts";
import type { Rubric } from "./rubric.ts";
import type { Sampler } from "./sampler.ts";
import { evaluationsOf, settledDraw } from "./settled.ts";
import { togetherOnce, TraceContexts, type SavedContexts } from "./trace-contexts.ts";

/** A call on its way to its verdict; its text is let go with it. */
export type Subject = {
  readonly call: Call;
  readonly text: CallText;
  readonly draw: Draw;
  /** Of all requests about it, in billionths of a US dollar. */
  costNano: number;
};

/** An answer that is no call of anybody's, judged to try the judge: its text is looked up as needed. */
export type ItemSubject = { readonly item: string; costNano: number };

/** What came of an item. */
export type SettledItem = Pick<Settled<ItemSubject>, "id" | "verdicts" | "missing"> & {
  /** Of all requests about it, in billionths of a US dollar. */
  readonly costNano: number;
};

/** A verdict, or the lack of one, with the call that it is about. */
export type JudgedCall = { readonly evaluation: Evaluation; readonly call: Call };

/** What came of inputs since it was last taken. */
export type JudgeOutput = {
  readonly asks: readonly Ask[];
  readonly judged: readonly JudgedCall[];
  readonly draws: readonly SettledDraw[];
  readonly items: readonly SettledItem[];
};

/** Who decides which calls are judged, and is told when there was no room for what was drawn. */
export type Drawer = Pick<Sampler, "offer" | "backOff">;

type Request = {
  /** What it is charged at: prices that change meanwhile are those of later requests. */
  readonly price: JudgePrice;
  /** How many rubrics it asks for. */
  readonly rubrics: number;
};

export type SavedJudge = {
  readonly asked: number;
  readonly queue: SavedQueue<Subject | ItemSubject>;
  readonly budget: SavedBudget;
  readonly costs: SavedCosts;
  readonly contexts: SavedContexts;
  readonly refusedAt: number | null;
  readonly underWay: readonly (readonly [key: string, request: Request])[];
};

/** How the judge stands, for people and for series. */
export type JudgeView = BudgetView & {
  readonly waiting: number;
  readonly underWay: number;
  /** How many of the latest calls that were paid for `usdPerCall` is about. */
  readonly paidCalls: number;
  /** What one of them did cost, all requests about it together; absent before the first. */
  readonly usdPerCall?: number;
  /** Until when the endpoint asked to be left alone; in the past: it did not. */
  readonly pausedUntil: EpochMs;
  /** A cap in dollars left no room for the last request that was due, or leaves none for any. */
  readonly isOutOfMoney: boolean;
};

export type JudgePorts = {
  readonly limits: Pick<Limits, "judgeTextLength">;
  readonly counts: Tally;
  /** The text of an item; `undefined` where there is none any more. */
  readonly textOfItem?: (id: string) => CallText | undefined;
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
  readonly #queue: JudgeQueue<Subject | ItemSubject>;
  #bench: Bench | undefined;
  #asked = 0;
  /** By key. */
  readonly #underWay = new Map<string, Request>();
  /** When a cap left no room for a request; cleared by the next one that leaves. */
  #refusedAt: EpochMs | undefined;
  #asks: Ask[] = [];
  #judged: JudgedCall[] = [];
  #draws: SettledDraw[] = [];
  #items: SettledItem[] = [];

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
   * those that are waited for are given up. Returns the rubrics by which they do.
   */
  reload(
    setup: JudgeSetup | undefined,
    rubrics: readonly Rubric[],
    at: EpochMs,
  ): ReadonlySet<string> {
    const before = this.#bench;
    const bench = setup && new Bench(setup, rubrics);
    this.#budget.setCaps(setup ?? {});
    const changed = changedRubrics(before, bench);
    const isSame = changed.size === 0;
    if (!isSame) for (const settled of this.#queue.clear("reloaded")) this.#settle(settled, at);
    const dearer = priceRatio(before, bench);
    if (!isSame || dearer !== 1) this.#costs.restart(dearer);
    this.#bench = bench;
    if (bench === undefined) this.#contexts.clear();
    else this.#pump(bench, at);
    return changed;
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
    const { text: own = {} } = call;
    const ofTrace = this.#contexts.find(call.traceId, at);
    const known = [own.context ?? "", ...ofTrace].find((text) => text.trim() !== "");
    const rubrics = bench.rubricsFor(call, withContext(own, known));
    const isBlind = bench.setup.recorded !== true && (own.output ?? "").trim() === "";
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
    // For what is drawn alone: it reads all of both.
    const text = withContext(own, togetherOnce(own.context, ofTrace));
    const asked = rubrics.filter(({ name }) => drawn.includes(name));
    const isFull = this.#enqueue({ call: rest, text, draw, costNano: 0 }, asked, at) === "full";
    if (isFull) drawer.backOff(at);
    if (this.#queue.waiting > 0) this.#pump(bench, at);
    return draw;
  }

  /**
   * An item to be judged as a call is, by the rubrics of these names that there are. Nothing of it is
   * counted with calls.
   */
  offerItem(
    id: string,
    { rubrics, lane, at }: { rubrics: readonly string[]; lane: Lane; at: EpochMs },
  ): "added" | "known" | "no-rubric" {
    const bench = this.#bench;
    const known = bench?.rubricsNamed(rubrics) ?? [];
    if (bench === undefined || known.length === 0) return "no-rubric";
    const subject: ItemSubject = { item: id, costNano: 0 };
    const asked = known.map(({ name, badBelow }) => ({ name, threshold: badBelow }));
    const outcome = this.#queue.add(id, subject, { rubrics: asked, length: 0, at, lane });
    assert(outcome !== "full", "an item without text of its own takes no room");
    this.#pump(bench, at);
    return outcome;
  }

  /** Items that nobody wants any more; what is under way may still be answered. */
  withdrawItems(ids: Iterable<string>, at: EpochMs): void {
    for (const id of ids) {
      const settled = this.#queue.withdraw(id, "expired");
      if (settled !== undefined) this.#settle(settled, at);
    }
  }

  /** What became of a request; one that nobody waits for any more is paid for all the same. */
  answer(key: string, answer: JudgeAnswer, at: EpochMs): void {
    const { counts } = this.#ports;
    const request = this.#underWay.get(key);
    if (request === undefined) return counts.add("judge_answers_unknown");
    this.#underWay.delete(key);
    const paid = this.#budget.settle(key, costOfAnswer(answer, request.price), at);
    counts.add(`judge_requests_${outcomeOf(answer, request)}`);
    if (answer.ok && answer.unasked !== undefined) counts.add("judge_unasked", answer.unasked);
    const subject = this.#queue.subjectOf(key);
    if (subject !== undefined) subject.costNano += paid;
    const settled = this.#queue.answer(key, answer, at);
    if (settled !== undefined) this.#settle(settled, at);
    if (this.#bench !== undefined) this.#pump(this.#bench, at);
  }

  /** Time goes on: what has waited long enough is asked again, what has waited too long is let go. */
  advance(at: EpochMs): void {
    this.#contexts.expire(at);
    for (const settled of this.#queue.wake(at)) this.#settle(settled, at);
    if (this.#bench !== undefined) this.#pump(this.#bench, at);
  }

  /** What came of the inputs since the last time. */
  take(): JudgeOutput {
    const output = {
      asks: this.#asks,
      judged: this.#judged,
      draws: this.#draws,
      items: this.#items,
    };
    [this.#asks, this.#judged, this.#draws, this.#items] = [[], [], [], []];
    return output;
  }

  /** Requests without an answer: after a stop each is fed back as `interrupted`. */
  askedKeys(): readonly string[] {
    return [...this.#underWay.keys()];
  }

  view(at: EpochMs): JudgeView {
    const { waiting, underWay, pausedUntil } = this.#queue;
    // A new day has money of its own, whether or not anything asked for it yet.
    const refused = this.#refusedAt !== undefined && dayOf(this.#refusedAt) === dayOf(at);
    const isOutOfMoney = refused || this.#budget.isUsedUp(at);
    const { count: paidCalls, mean } = this.#costs;
    return {
      ...this.#budget.view(at),
      waiting,
      underWay,
      paidCalls,
      ...(mean === undefined ? {} : { usdPerCall: mean / 1e9 }),
      pausedUntil,
      isOutOfMoney,
    };
  }

  /** US dollars that a day from here on may cost; `undefined` without a cap. */
  usdPerDay(at: EpochMs): number | undefined {
    return this.#budget.perDay(at);
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
      underWay: [...this.#underWay],
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
    for (const [key, request] of saved.underWay) this.#underWay.set(key, request);
  }

  #enqueue(
    subject: Subject,
    rubrics: readonly Rubric[],
    at: EpochMs,
  ): ReturnType<JudgeQueue<unknown>["add"]> {
    const { call, text } = subject;
    const id = call.traceId + call.spanId;
    const asked = rubrics.map(({ name, badBelow }) => ({ name, threshold: badBelow }));
    const length = lengthOf(text) + CALL_LENGTH;
    const outcome = this.#queue.add(id, subject, { rubrics: asked, length, at });
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
    while (this.#underWay.size < bench.setup.concurrency) {
      // Half of the places stay free for calls, however many items wait.
      const room = Math.max(1, Math.floor(bench.setup.concurrency / 2));
      const lanes = this.#queue.itemsUnderWay < room ? LANES : CALLS_ALONE;
      const question = this.#queue.next(at, lanes);
      if (question === undefined) return;
      const { subject } = question;
      const text = isItem(subject) ? this.#ports.textOfItem?.(subject.item) : subject.text;
      if (text === undefined) {
        this.#giveUp("reloaded", lanes, at);
        continue;
      }
      const key = `judge-${this.#asked + 1}-${bench.word(`${question.id}/${this.#asked + 1}`)}`;
      const { leftOut, ...request } = bench.request({ ...question, subject: { text } }, key);
      const price = bench.priceOf(question.look);
      const most = costAtMost(request, price);
      if (this.#budget.reserve(key, most, at) !== undefined) {
        // What is under way is mostly settled for less than was set aside for it.
        if (this.#underWay.size > 0) return;
        if (!isItem(subject)) this.#refusedAt = at;
        this.#giveUp("budget", lanes, at);
        continue;
      }
      this.#refusedAt = undefined;
      this.#asked++;
      if (leftOut > 0) this.#ports.counts.add("judge_requests_cut");
      this.#queue.ask(key, lanes);
      this.#underWay.set(key, { price, rubrics: question.rubrics.length });
      this.#asks.push({ ...request, at });
    }
  }

  #giveUp(reason: MissingReason, lanes: readonly Lane[], at: EpochMs): void {
    const settled = this.#queue.giveUp(reason, lanes);
    // A second look may be due in its place.
    if (settled !== undefined) this.#settle(settled, at);
  }

  #settle({ subject, ...settled }: Settled<Subject | ItemSubject>, at: EpochMs): void {
    const { id, verdicts, missing } = settled;
    if (isItem(subject)) {
      this.#items.push({ id, verdicts, missing, costNano: subject.costNano });
      return;
    }
    const { call } = subject;
    const { counts } = this.#ports;
    const versions = this.#bench?.versions ?? new Map<string, string>();
    for (const evaluation of evaluationsOf({ subject, ...settled }, versions, at))
      this.#judged.push({ evaluation, call });
    for (const { reason } of missing) counts.add(`judge_missing_${reason}`);
    counts.add("judge_verdicts", verdicts.length);
    countOutcomes(counts, {
      length: lengthOf(subject.text),
      flags: subject.draw.flags,
      verdicts: verdicts.length,
      missing: missing.length,
    });
    this.#draws.push(settledDraw({ subject, ...settled }, versions));
    // What a cap broke off would have cost more, and a failure that was free says nothing of the price.
    const isWhole = subject.costNano > 0 && !missing.some(({ reason }) => reason === "budget");
    if (verdicts.length > 0 || isWhole) this.#costs.add(subject.costNano);
  }
}

const CALLS_ALONE: readonly Lane[] = ["calls"];

/** UTF-16 code units that a waiting call is in a snapshot beside its text: short ones fill it, too. */
const CALL_LENGTH = 1000;

function isItem(subject: Subject | ItemSubject): subject is ItemSubject {
  return "item" in subject;
}

function withContext(text: CallText, context: string | undefined): CallText {
  return context === undefined ? text : { ...text, context };
}

function outcomeOf(answer: JudgeAnswer, { rubrics }: Request): "answered" | MissingReason {
  if (!answer.ok) return answer.reason;
  return answer.verdicts.length < rubrics ? "partial" : "answered";
}

/** What can be judged: what a model answered, where the application waited for it. */
function isAnswer(call: Call): boolean {
  return call.kind === "inference" && call.errorType === undefined && !isCalledOff(call);
}

function lengthOf({ system = "", input = "", output = "", context = "" }: CallText): number {
  return system.length + input.length + output.length + context.length;
}

/** The rubrics that are judged by otherwise than before, or no more, or for the first time. */
function changedRubrics(one: Bench | undefined, other: Bench | undefined): ReadonlySet<string> {
  const [before, after] = [one, other].map((bench) => bench?.versions ?? new Map<string, string>());
  const names = [...(before?.keys() ?? []), ...(after?.keys() ?? [])];
  return new Set(names.filter((name) => before?.get(name) !== after?.get(name)));
}

/** What a call costs by the second prices, of what it did by the first; `undefined` where nobody knows. */
function priceRatio(one: Bench | undefined, other: Bench | undefined): number | undefined {
  const [before, after] = [costOfTypical(one), costOfTypical(other)];
  if (before === after) return 1;
  return before === undefined || after === undefined || before === 0 ? undefined : after / before;
}

/** Dollars a million such calls: of 2,000 tokens to read and 400 to write, one in twenty asked twice. */
function costOfTypical(bench: Bench | undefined): number | undefined {
  if (bench === undefined) return undefined;
  const [first, second] = ([1, 2] as const).map((look) => {
    const { inputUsdPerMillion, outputUsdPerMillion } = bench.priceOf(look);
    return 2000 * inputUsdPerMillion + 400 * outputUsdPerMillion;
  });
  return (first ?? 0) + 0.05 * (second ?? 0);
}

/** UTC days since 1970. */
function dayOf(at: EpochMs): number {
  return Math.floor(at / DAY_MS);
}
