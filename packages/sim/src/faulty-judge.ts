import assert from "node:assert/strict";
import { readVerdict } from "@naruko/core/judge/read-verdict";
import type { Ask, JudgeAnswer, JudgeSetup, RubricVerdict } from "@naruko/core/model/judge";
import type { Usage } from "@naruko/core/model/call";
import { SECOND_MS } from "@naruko/core/model/time";
import { spanSpokenOf } from "./application.ts";
import type { Life, Machine } from "./machine.ts";
import type { Random } from "./random.ts";

type Failure = Omit<Extract<JudgeAnswer, { readonly ok: false }>, "usage" | "detail">;

/** What the judge does with a request, as far as its books and its caller see it. */
type Deed = {
  readonly bills: boolean;
  /** The caller reads what it did cost. */
  readonly tellsUsage?: true;
  readonly takes?: "long" | "too-long";
} & (
  | { readonly says: (ask: Ask, random: Random) => string }
  /** What its caller makes of it. */
  | { readonly fails: Failure }
);

/** How the judge's endpoint fares at the moment. */
export type JudgeWeather =
  | "well"
  | "slow"
  | "uncounted"
  | "unasked"
  | "partial"
  | "foreign"
  | "malformed"
  | "broken"
  | "truncated"
  | "declines"
  | "answers-lost"
  | "answers-late"
  | "silent"
  | "unreachable"
  | "unavailable"
  | "rate-limited"
  | "rejects";

const again = (reason: Failure["reason"]): Failure => ({ ok: false, reason, retry: true });
const final = (reason: Failure["reason"]): Failure => ({ ok: false, reason, retry: false });

const DEEDS: Readonly<Record<JudgeWeather, Deed>> = {
  well: { bills: true, tellsUsage: true, says: wholeVerdict },
  slow: { bills: true, tellsUsage: true, takes: "long", says: wholeVerdict },
  uncounted: { bills: true, says: wholeVerdict },
  unasked: {
    bills: true,
    tellsUsage: true,
    says: (ask, random) => verdictText(ask, random, [...names(ask), "politeness"]),
  },
  partial: {
    bills: true,
    tellsUsage: true,
    says: (ask, random) => verdictText(ask, random, names(ask).slice(0, 1)),
  },
  foreign: {
    bills: true,
    tellsUsage: true,
    says: (ask, random) => wholeVerdict(ask, random).replace(ask.expect.boundary, "f0re1gn"),
  },
  malformed: {
    bills: true,
    tellsUsage: true,
    says: (ask, random) => wholeVerdict(ask, random).replace(/"score":/g, '"score":7'),
  },
  broken: {
    bills: true,
    tellsUsage: true,
    says: (ask, random) => wholeVerdict(ask, random).slice(0, -9),
  },
  truncated: { bills: true, tellsUsage: true, fails: again("truncated") },
  declines: { bills: true, tellsUsage: true, fails: again("refused") },
  "answers-lost": { bills: true, fails: again("connection") },
  "answers-late": { bills: true, takes: "too-long", fails: again("timeout") },
  silent: { bills: false, takes: "too-long", fails: again("timeout") },
  unreachable: { bills: false, tellsUsage: true, fails: again("connection") },
  unavailable: { bills: false, fails: again("server-error") },
  "rate-limited": { bills: false, fails: again("rate-limited") },
  rejects: { bills: false, fails: final("rejected") },
};

const WEATHERS = Object.keys(DEEDS) as [JudgeWeather, ...JudgeWeather[]];

/** One request as the judge's books have it. */
export type Judged = {
  readonly ask: Ask;
  /** The process that sent it. */
  readonly life: number;
  /** The judged call; absent: it was about no call. */
  readonly spanId?: string;
  /** By the judge's own prices and its own count of tokens, in billionths of a US dollar. */
  readonly billedNano: number;
  /** What the judge said by the rubrics asked for, whether or not anybody heard it. */
  readonly verdicts: readonly RubricVerdict[];
};

export type FaultyJudgeOptions = {
  readonly machine: Machine;
  readonly random: Random;
  /** Asked when the judge took a request in, before its answer is on the way; may end the process. */
  readonly crashes: () => boolean;
};

/** A judge that fails as endpoints of models do, charges for what it did, and keeps its own books. */
export class FaultyJudge {
  readonly #options: FaultyJudgeOptions;
  /** By the request's key. */
  readonly books: Map<string, Judged> = new Map();
  /** The most requests that were under way at once. */
  mostAtOnce = 0;
  #weather: JudgeWeather = "well";
  /** Of the process that lives. */
  #underWay = { life: 0, requests: 0 };

  constructor(options: FaultyJudgeOptions) {
    this.#options = options;
  }

  changeWeather(): void {
    const { random } = this.#options;
    this.#weather = random.chance(0.4) ? "well" : random.pick(WEATHERS);
  }

  /** From here on all is well. */
  calm(): void {
    this.#weather = "well";
  }

  /** @param setup in force when the request was made; its prices are those that the judge charges */
  async ask(life: Life, ask: Ask, setup: JudgeSetup): Promise<JudgeAnswer> {
    const { random, crashes } = this.#options;
    assert.ok(!this.books.has(ask.key), `request ${ask.key} was sent twice`);
    const now = random.chance(0.8) ? this.#weather : "well";
    const deed = DEEDS[now];
    const usage = usageOf(ask, random, now === "truncated");
    const spanId = spanSpokenOf(ask.user);
    const heard = "says" in deed ? readVerdict(deed.says(ask, random), ask.expect) : undefined;
    const verdicts = heard?.ok === true ? heard.verdicts : [];
    const billedNano = deed.bills ? costOf(usage, ask, setup) : 0;
    const about = spanId === undefined ? {} : { spanId };
    this.books.set(ask.key, { ask, life: life.number, ...about, billedNano, verdicts });
    this.#enter(life, setup);
    crashes();
    await life.whileAlive(this.#wait(deed, ask));
    this.#underWay.requests--;
    const told = deed.bills ? usage : { inputTokens: 0, outputTokens: 0 };
    const answer = heard?.ok === false ? { ...again(heard.reason), detail: heard.detail } : heard;
    return {
      ...(answer?.ok === true
        ? { ok: true, verdicts, unasked: answer.ignored }
        : (answer ?? failureOf(deed))),
      ...(deed.tellsUsage === true && { usage: told }),
      ...pauseOf(now, random),
    };
  }

  #enter(life: Life, { concurrency }: JudgeSetup): void {
    if (this.#underWay.life !== life.number) this.#underWay = { life: life.number, requests: 0 };
    this.#underWay.requests++;
    const { requests } = this.#underWay;
    assert.ok(requests <= concurrency, `${requests} requests are under way at once`);
    this.mostAtOnce = Math.max(this.mostAtOnce, requests);
  }

  #wait({ takes }: Deed, { timeoutMs }: Ask): Promise<void> {
    const { machine, random } = this.#options;
    if (takes === "too-long") return machine.sleep(timeoutMs);
    if (takes === "long") return machine.sleep(random.between(0, timeoutMs));
    return random.chance(0.5) ? machine.sleep(random.exponential(SECOND_MS)) : Promise.resolve();
  }
}

function failureOf(deed: Deed): Failure & { readonly detail: string } {
  assert.ok("fails" in deed, "who says nothing fails");
  return { ...deed.fails, detail: "as scripted" };
}

/** A refusal mostly says for how long; an answer may say that nothing is left for a while. */
function pauseOf(now: JudgeWeather, random: Random): { readonly pauseMs?: number } {
  const tells = random.chance(now === "rate-limited" ? 0.7 : 0.02);
  return tells ? { pauseMs: Math.ceil(random.exponential(30 * SECOND_MS)) } : {};
}

function names({ expect }: Ask): string[] {
  return expect.rubrics.map(({ name }) => name);
}

function wholeVerdict(ask: Ask, random: Random): string {
  return verdictText(ask, random, names(ask));
}

/** Explanations quote what was judged, as judges do. */
function verdictText(ask: Ask, random: Random, rubrics: readonly string[]): string {
  const isGood = random.chance(0.8);
  const verdicts = rubrics.map((name) => {
    const score = isGood ? random.between(0.5, 1) : random.between(0, 1);
    const explanation = `It says: ${ask.user.slice(0, 2000)}`;
    return [name, { explanation, label: "", score }] as const;
  });
  const { boundary } = ask.expect;
  return JSON.stringify({ boundary, verdicts: Object.fromEntries(verdicts) });
}

/** Any count of tokens that the texts can have: at most one a byte, and some for what is around them. */
function usageOf(ask: Ask, random: Random, isUsedUp: boolean): Usage {
  const { system, user, schema, maxOutputTokens } = ask;
  const bytes = Buffer.byteLength(system + user + JSON.stringify(schema));
  const inputTokens = Math.floor(bytes * random.between(0.2, 1)) + random.int(250);
  return { inputTokens, outputTokens: isUsedUp ? maxOutputTokens : random.int(maxOutputTokens) };
}

function costOf({ inputTokens = 0, outputTokens = 0 }: Usage, ask: Ask, setup: JudgeSetup): number {
  const isSecond = ask.model !== setup.model;
  const { inputUsdPerMillion, outputUsdPerMillion } =
    (isSecond ? setup.secondPrice : undefined) ?? setup.price;
  // A dollar a million tokens is a thousand billionths a token.
  return 1000 * (inputTokens * inputUsdPerMillion + outputTokens * outputUsdPerMillion);
}
