import type { CallText } from "../model/call.ts";
import { DAY_MS, epochMs, type EpochMs, HOUR_MS, MINUTE_MS } from "../model/time.ts";
import {
  agreementOf,
  type Agreement,
  type Confusion,
  labelCount,
  NO_LABELS,
  withVerdict,
} from "./calibration.ts";
import { type Flips, flipsOf, type ItemVerdicts } from "./flip-test.ts";
import { GoldenPace, type SavedPace } from "./golden-pace.ts";
import type { SettledItem } from "./judge.ts";
import type { LabelledItem } from "./labelled-items.ts";
import type { Rubric } from "./rubric.ts";
import { type Hash64, KeyedHash } from "./siphash.ts";

/** A quality page waits for the golden set at most this long (DESIGN section 7). */
export const REQUEST_MS: number = 2 * MINUTE_MS;
/** Items of one request: with 100 of them a tenth that flips is found. */
const REQUESTED_ITEMS = 100;
/** One request answers for so long: pages of one hour are about one judge. */
const REQUEST_EVERY_MS = HOUR_MS;
/** Items on their way at once; while the endpoint does not answer, no more are added. */
const OPEN_MAX = 20;
/** A verdict is the latest one for a round and a quarter; then its item counts as not judged. */
const FRESH_ROUNDS = 1.25;

/** What a golden set is judged with. */
export type GoldenPlan = {
  readonly items: readonly LabelledItem[];
  /** How long one round takes. */
  readonly everyMs: number;
  readonly rubrics: readonly Rubric[];
  /** Of the judge, by rubric: another version starts with an empty history. */
  readonly versions: ReadonlyMap<string, string>;
  /** 32 lower-case hex digits. */
  readonly key: string;
};

/** An item by its name, which is a hash of its text, with the rubrics that it has labels for. */
export type DueItem = { readonly id: string; readonly rubrics: readonly string[] };

/** How one rubric's verdicts on the golden set stand. */
export type GoldenView = {
  readonly rubric: string;
  /** Items with a label, and those with a verdict in the last round. */
  readonly items: number;
  readonly judged: number;
  /** Share of those whose verdict is as labelled; absent where there is none. */
  readonly agreement?: number;
  readonly byLabel: Agreement;
  readonly flips: Flips;
};

/** How a request before a page about quality stands. */
export type GoldenStanding =
  /** There is no golden set, or nothing was requested. */
  | { readonly kind: "none" }
  | { readonly kind: "under-way" }
  | ({ readonly kind: "ended" } & GoldenRequest);

/** What was judged before a page. */
export type GoldenRequest = {
  /** Items that were asked about. */
  readonly asked: number;
  /** How long ago. */
  readonly ageMs: number;
  /** Verdicts since then, a rubric each. */
  readonly views: readonly GoldenView[];
};

type Item = {
  readonly text: CallText;
  readonly bad: ReadonlyMap<string, boolean>;
};

/** Verdicts by one rubric; without a latest one where the last answer about the item had none. */
type RubricVerdicts = Omit<ItemVerdicts, "isBad"> & { readonly isBad?: boolean };

/** Of one item: when it was judged last, and its verdicts by rubric. */
type History = { at: EpochMs; readonly verdicts: Map<string, RubricVerdicts> };

/** One row an item: its name, when it was judged last, and three numbers a rubric of the list. */
export type SavedGolden = {
  readonly versions: readonly (readonly [rubric: string, version: string])[];
  readonly rows: readonly (readonly [id: string, at: number, ...verdicts: readonly number[]])[];
  readonly cursor: string;
  readonly open: readonly string[];
  readonly request: { readonly at: number; readonly items: readonly string[] } | null;
  readonly pace: SavedPace;
};

/**
 * Answers with known verdicts, judged again and again: that the judge goes on as it was is seen by
 * each item's own history, whatever happens to calls meanwhile. Holds no text but what it is handed.
 */
export class Golden {
  #plan: GoldenPlan | undefined;
  /** In the order of their names: that of a keyed hash, so that every stretch is a mix of all kinds. */
  #items = new Map<string, Item>();
  readonly #histories = new Map<string, History>();
  #versions = new Map<string, string>();
  readonly #pace = new GoldenPace();
  /** The item that was due last. */
  #cursor = "";
  readonly #open = new Set<string>();
  #request: { readonly at: EpochMs; readonly items: readonly string[] } | undefined;

  /** Billionths of a US dollar since the beginning. */
  get totalSpent(): number {
    return this.#pace.totalSpent;
  }

  textOf(id: string): CallText | undefined {
    return this.#items.get(id)?.text;
  }

  /** Takes the set; items that stay as they are keep their history, under the same version. */
  reload(plan: GoldenPlan | undefined): void {
    this.#take(plan);
    let isChanged = false;
    for (const [rubric, version] of this.#versions) {
      if (plan?.versions.get(rubric) === version) continue;
      isChanged = true;
      for (const { verdicts } of this.#histories.values()) verdicts.delete(rubric);
    }
    if (isChanged) this.#pace.forgetCosts();
    this.#versions = new Map(plan?.versions ?? []);
    for (const [id, { verdicts }] of this.#histories)
      if (!this.#items.has(id) || verdicts.size === 0) this.#histories.delete(id);
    for (const id of this.#open) if (!this.#items.has(id)) this.#open.delete(id);
  }

  /** Items whose turn it is. @param usdPerDay what all verdicts of a day may cost; absent: no cap */
  due(at: EpochMs, usdPerDay: number | undefined): readonly DueItem[] {
    const plan = this.#plan;
    if (plan === undefined || this.#items.size === 0) return [];
    const perDay = (this.#items.size * DAY_MS) / plan.everyMs;
    const due = this.#pace.due(at, {
      perDay,
      open: this.#open.size,
      ...(usdPerDay === undefined ? {} : { usdPerDay }),
    });
    return this.#next(Math.min(due, OPEN_MAX - this.#open.size));
  }

  /**
   * Items to be judged before a quality page goes out, as many as there is money for; none where the
   * last request is less than an hour ago.
   */
  request(at: EpochMs, usdPerDay: number | undefined): readonly DueItem[] {
    if (this.#plan === undefined) return [];
    if (this.#request !== undefined && at - this.#request.at < REQUEST_EVERY_MS) return [];
    const affordable = this.#pace.affordable(at, usdPerDay, this.#open.size);
    const items = this.#next(Math.min(affordable, REQUESTED_ITEMS));
    this.#request = { at, items: items.map(({ id }) => id) };
    return items;
  }

  /** Whether a page has to wait for the request before it, never longer than two minutes, or what came of it. */
  requested(at: EpochMs): GoldenStanding {
    const request = this.#request;
    if (this.#plan === undefined || request === undefined) return { kind: "none" };
    const ageMs = at - request.at;
    const isOpen = request.items.some((id) => this.#open.has(id));
    if (isOpen && ageMs < REQUEST_MS) return { kind: "under-way" };
    return { kind: "ended", asked: request.items.length, ageMs, views: this.views(at, request.at) };
  }

  /** Requested items that came too late: nobody waits for them any more. */
  overdue(at: EpochMs): readonly string[] {
    if (this.#request === undefined || at - this.#request.at < REQUEST_MS) return [];
    return this.#request.items.filter((id) => this.#open.has(id));
  }

  settle({ id, verdicts, costNano }: SettledItem, at: EpochMs): void {
    this.#pace.pay(costNano, at);
    this.#open.delete(id);
    const item = this.#items.get(id);
    if (item === undefined || verdicts.length === 0) return;
    const history = this.#histories.get(id) ?? { at, verdicts: new Map<string, RubricVerdicts>() };
    history.at = at;
    this.#histories.set(id, history);
    for (const { name, badBelow } of this.#plan?.rubrics ?? []) {
      if (!item.bad.has(name)) continue;
      const verdict = verdicts.find((one) => one.name === name);
      const latest = verdict === undefined ? {} : { isBad: verdict.score < badBelow };
      history.verdicts.set(name, { ...earlierOf(history.verdicts.get(name)), ...latest });
    }
  }

  /** How the verdicts stand, one a rubric. @param since only verdicts from then on; absent: of a round */
  views(at: EpochMs, since?: EpochMs): readonly GoldenView[] {
    const plan = this.#plan;
    if (plan === undefined) return [];
    const from = since ?? at - plan.everyMs * FRESH_ROUNDS;
    return plan.rubrics.flatMap(({ name }) => {
      const view = this.#view(name, from);
      return view.items === 0 ? [] : [view];
    });
  }

  save(): SavedGolden {
    const versions = [...this.#versions];
    return {
      versions,
      rows: Array.from(this.#histories, ([id, { at, verdicts }]) => {
        const numbers = versions.flatMap(([rubric]) => numbersOf(verdicts.get(rubric)));
        return [id, at, ...numbers] as const;
      }),
      cursor: this.#cursor,
      open: [...this.#open],
      request: this.#request ?? null,
      pace: this.#pace.save(),
    };
  }

  /** Goes on from what was saved, under the plan that it was saved under. */
  load(saved: SavedGolden, plan: GoldenPlan | undefined): void {
    this.#take(plan);
    this.#versions = new Map(saved.versions);
    for (const [id, at, ...numbers] of saved.rows) {
      const verdicts = new Map<string, RubricVerdicts>();
      for (const [i, [rubric]] of saved.versions.entries()) {
        const [earlierBad = 0, earlierGood = 0, latest = -1] = numbers.slice(i * 3, i * 3 + 3);
        if (earlierBad + earlierGood === 0 && latest < 0) continue;
        const isBad = latest < 0 ? {} : { isBad: latest === 1 };
        verdicts.set(rubric, { earlierBad, earlierGood, ...isBad });
      }
      this.#histories.set(id, { at: epochMs(at), verdicts });
    }
    this.#cursor = saved.cursor;
    for (const id of saved.open) this.#open.add(id);
    const { request } = saved;
    this.#request = request === null ? undefined : { ...request, at: epochMs(request.at) };
    this.#pace.load(saved.pace);
  }

  #take(plan: GoldenPlan | undefined): void {
    this.#plan = plan;
    const named = new Map<string, Item>();
    const hash = plan && new KeyedHash(plan.key);
    for (const { text, bad } of plan?.items ?? []) {
      const { system = "", input = "", context = "", output = "" } = text;
      if (hash === undefined || ![...bad.keys()].some((name) => plan?.versions.has(name))) continue;
      named.set(nameOf(hash.hash("golden", system, input, context, output)), { text, bad });
    }
    const names = [...named.keys()].toSorted();
    this.#items = new Map(names.flatMap((name) => namedItem(named, name)));
  }

  /** The items after the cursor, round and round; those on their way are passed over. */
  #next(count: number): readonly DueItem[] {
    const names = [...this.#items.keys()];
    const after = names.findIndex((name) => name > this.#cursor);
    const order = after < 0 ? names : [...names.slice(after), ...names.slice(0, after)];
    const next = order.filter((name) => !this.#open.has(name)).slice(0, Math.max(0, count));
    this.#cursor = next.at(-1) ?? this.#cursor;
    return next.map((id) => {
      this.#open.add(id);
      return { id, rubrics: [...(this.#items.get(id)?.bad.keys() ?? [])] };
    });
  }

  #view(rubric: string, from: number): GoldenView {
    let [items, right] = [0, 0];
    let confusion: Confusion = NO_LABELS;
    const verdicts: ItemVerdicts[] = [];
    for (const [id, { bad }] of this.#items) {
      const isBad = bad.get(rubric);
      if (isBad === undefined) continue;
      items++;
      const history = this.#histories.get(id);
      const { isBad: foundBad, ...earlier } = history?.verdicts.get(rubric) ?? {};
      if (history === undefined || foundBad === undefined || history.at < from) continue;
      verdicts.push({ ...earlierOf(earlier), isBad: foundBad });
      if (foundBad === isBad) right++;
      confusion = withVerdict(confusion, { isBad, foundBad });
    }
    const judged = labelCount(confusion);
    return {
      rubric,
      items,
      judged,
      ...(judged === 0 ? {} : { agreement: right / judged }),
      byLabel: agreementOf(confusion),
      flips: flipsOf(verdicts),
    };
  }
}

/** With the verdict that was the latest among the earlier ones. */
function earlierOf(before: Partial<ItemVerdicts> = {}): Omit<ItemVerdicts, "isBad"> {
  const { earlierBad = 0, earlierGood = 0, isBad } = before;
  return {
    earlierBad: earlierBad + (isBad === true ? 1 : 0),
    earlierGood: earlierGood + (isBad === false ? 1 : 0),
  };
}

/** −1 for the latest where there is none. */
function numbersOf(verdicts: RubricVerdicts | undefined): readonly number[] {
  const { earlierBad = 0, earlierGood = 0, isBad } = verdicts ?? {};
  return [earlierBad, earlierGood, isBad === undefined ? -1 : Number(isBad)];
}

function namedItem(
  items: ReadonlyMap<string, Item>,
  name: string,
): readonly (readonly [string, Item])[] {
  const item = items.get(name);
  return item === undefined ? [] : [[name, item]];
}

function nameOf({ low, high }: Hash64): string {
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
