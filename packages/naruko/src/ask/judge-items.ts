import type { RubricVerdict } from "@naruko/core/model/judge";
import type { Ask, JudgeAnswer, JudgeSetup, MissingReason } from "@naruko/core/model/judge";
import type { CallText } from "@naruko/core/model/call";
import { Tally } from "@naruko/core/model/tally";
import { DAY_MS, type EpochMs, epochMs, SECOND_MS } from "@naruko/core/model/time";
import { Judge } from "@naruko/core/judge/judge";
import type { Rubric } from "@naruko/core/judge/rubric";
import type { Clock } from "../drive/clock.ts";

/** A text to be judged, by the names of the rubrics. */
export type ItemToJudge = { readonly text: CallText; readonly rubrics: readonly string[] };

/** What came of one; each rubric is in one of the two. */
export type JudgedItem = {
  readonly verdicts: readonly RubricVerdict[];
  readonly missing: readonly { readonly name: string; readonly reason: MissingReason }[];
};

export type JudgeItemsOptions = {
  readonly setup: JudgeSetup;
  readonly rubrics: readonly Rubric[];
  /** Never throws. */
  readonly ask: (ask: Ask) => Promise<JudgeAnswer>;
  readonly clock: Clock;
  /** US dollars, hard. */
  readonly maxUsd: number;
  readonly signal: AbortSignal;
  /** Called as items end. */
  readonly progress: (ended: number, usd: number) => void;
};

export type ItemsJudged = {
  /** In the order of the items; fewer where it ended early. */
  readonly items: readonly (JudgedItem | undefined)[];
  readonly usd: number;
  /** Why it ended before all were judged, for people. */
  readonly endedEarly?: string;
};

/** After as many items without any verdict nobody waits for the others to fail alike. */
const HOPELESS_ITEMS = 10;

/**
 * Has texts judged as calls are: by the same prompts, the second look included, with the same retries and
 * under the same limits of concurrency and of money, which are set aside before a request leaves.
 */
export async function judgeItems(
  items: readonly ItemToJudge[],
  options: JudgeItemsOptions,
): Promise<ItemsJudged> {
  const run = new ItemsRun(items, options);
  return run.run();
}

class ItemsRun {
  readonly #items: readonly ItemToJudge[];
  readonly #options: JudgeItemsOptions;
  readonly #judge: Judge;
  readonly #startedMs: number;
  readonly #ended = new Map<number, JudgedItem>();
  readonly #underWay = new Set<Promise<void>>();
  #offered = 0;
  #judged = 0;
  #failure: string | undefined;
  #cancelSecond: () => void = () => undefined;

  constructor(items: readonly ItemToJudge[], options: JudgeItemsOptions) {
    this.#items = items;
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#judge = new Judge({
      // Texts are looked up here, and take no room in the queue.
      limits: { judgeTextLength: 0 },
      counts: new Tally(),
      textOfItem: (id) => items[Number(id)]?.text,
    });
    const { usdPerDay: _day, usdPerMonth: _month, ...setup } = options.setup;
    const capped = { ...setup, usdPerMonth: options.maxUsd };
    this.#judge.reload(capped, options.rubrics, this.#now());
  }

  async run(): Promise<ItemsJudged> {
    let endedEarly: string | undefined;
    while (this.#ended.size < this.#items.length && endedEarly === undefined) {
      this.#offer();
      this.#take();
      if (this.#ended.size < this.#items.length) await this.#somethingHappens();
      this.#judge.advance(this.#now());
      this.#take();
      endedEarly = this.#reasonToEnd();
    }
    const { totalUsd: usd } = this.#judge.view(this.#now());
    return {
      items: this.#items.map((_, i) => this.#ended.get(i)),
      usd,
      ...(endedEarly !== undefined && { endedEarly }),
    };
  }

  /** On the second day of a month of 31, so that no cap begins anew while it runs. */
  #now(): EpochMs {
    const elapsedMs = this.#options.clock.monotonicMs() - this.#startedMs;
    return epochMs(DAY_MS + Math.floor(elapsedMs));
  }

  /** A few ahead of what is under way. */
  #offer(): void {
    const ahead = 2 * this.#options.setup.concurrency;
    while (this.#offered < this.#items.length && this.#offered - this.#ended.size < ahead) {
      const id = String(this.#offered);
      const rubrics = this.#items[this.#offered]?.rubrics ?? [];
      this.#judge.offerItem(id, { rubrics, lane: "calls", at: this.#now() });
      this.#offered++;
    }
  }

  #take(): void {
    const { asks, items } = this.#judge.take();
    for (const ask of asks) {
      const asking = this.#ask(ask).finally(() => this.#underWay.delete(asking));
      this.#underWay.add(asking);
    }
    for (const { id, verdicts, missing } of items) {
      this.#ended.set(Number(id), { verdicts, missing });
      if (verdicts.length > 0) this.#judged++;
    }
    if (items.length === 0) return;
    this.#options.progress(this.#ended.size, this.#judge.view(this.#now()).totalUsd);
  }

  async #ask(ask: Ask): Promise<void> {
    const answer = await this.#options.ask(ask);
    if (!answer.ok) this.#failure = answer.detail;
    this.#judge.answer(ask.key, answer, this.#now());
  }

  /** An answer, or a second: what waits for a pause to end is not told of by anybody. */
  async #somethingHappens(): Promise<void> {
    const second = new Promise<void>((resolve) => {
      this.#cancelSecond = this.#options.clock.after(SECOND_MS, resolve);
    });
    await Promise.race([second, ...this.#underWay]);
    this.#cancelSecond();
  }

  #reasonToEnd(): string | undefined {
    if (this.#options.signal.aborted) return "it was stopped";
    if (this.#judged > 0 || this.#ended.size < HOPELESS_ITEMS) return undefined;
    const failure = this.#failure === undefined ? "" : `: ${this.#failure}`;
    return `none of the first ${this.#ended.size} has a verdict${failure}`;
  }
}
