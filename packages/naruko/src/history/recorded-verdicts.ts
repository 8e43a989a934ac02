import type { Call, Usage } from "@naruko/core/model/call";
import type { Evaluation } from "@naruko/core/model/evaluation";
import type { Ask, JudgeAnswer, MissingReason, RubricVerdict } from "@naruko/core/model/judge";
import { InputError } from "@naruko/core/model/input-error";
import type { Telemetry } from "@naruko/core/model/telemetry";

/** Tokens in a text as a model counts them. */
type TokensOf = (text: string, model: string) => number;

/** What was said of one call: the latest by each rubric. */
type Recorded = {
  readonly verdicts: Map<string, RubricVerdict>;
  /** Why an evaluator gave no score, as it named the reason. */
  failure?: string;
  /** Of the call, where its text is not in the input: a judge would be shown as many. */
  textTokens?: number;
};

/** Failures that a judge of ours told when the verdicts were recorded; any other is `rejected`. */
const FAILURES: readonly MissingReason[] = [
  "rate-limited",
  "server-error",
  "timeout",
  "connection",
  "refused",
  "truncated",
  "malformed",
  "partial",
  "foreign",
];

export type RecordedVerdictsOptions = {
  /** The names whose evaluations are the judge's. */
  readonly rubrics: Iterable<string>;
  readonly tokensOf: TokensOf;
  /** Tokens of a call that a judge is shown at most. */
  readonly shownMax: number;
  /** Verdicts and failures that are held at most: limit `recordedVerdicts`. */
  readonly heldMax: number;
};

/** What was met among the evaluations of the input that are named as rubrics. */
export type RecordedCounts = {
  readonly usable: number;
  /** Without a score from 0 to 1, or about no call that is named. */
  readonly unusable: number;
};

/**
 * Evaluations of a history as what the judge would say: noted in a first pass, they are looked up in
 * the second one for calls that the sampler drew, and by nobody else. Holds all of them in memory, up to a
 * limit: which calls are drawn is known in the second pass alone, and may come before their verdicts.
 */
export class RecordedVerdicts {
  readonly #rubrics: ReadonlySet<string>;
  readonly #tokensOf: TokensOf;
  readonly #shownMax: number;
  readonly #heldMax: number;
  readonly #bySpan = new Map<string, Recorded>();
  readonly #byResponse = new Map<string, Recorded>();
  /** Response ids of calls that have verdicts under them, by the call's span. */
  readonly #responses = new Map<string, string>();
  /** The instructions are the same in nearly all requests. */
  readonly #known = new Map<string, number>();
  readonly #seen = new Set<string>();
  #usable = 0;
  #unusable = 0;

  constructor({ rubrics, tokensOf, shownMax, heldMax }: RecordedVerdictsOptions) {
    this.#rubrics = new Set(rubrics);
    this.#tokensOf = tokensOf;
    this.#shownMax = shownMax;
    this.#heldMax = heldMax;
  }

  get counts(): RecordedCounts {
    return { usable: this.#usable, unusable: this.#unusable };
  }

  /** Rubrics that there is any verdict by. */
  get names(): ReadonlySet<string> {
    return this.#seen;
  }

  /** Notes what an input of the first pass holds. @throws InputError above the limit */
  note({ evaluations }: Telemetry): void {
    for (const evaluation of evaluations) {
      if (!this.#rubrics.has(evaluation.name)) continue;
      if (this.#noteOne(evaluation)) this.#usable++;
      else this.#unusable++;
      if (this.#usable > this.#heldMax) throw tooMany(this.#heldMax);
    }
  }

  /** An input of the second pass without what the judge would say: nobody else has said it. */
  withoutVerdicts(telemetry: Telemetry): Telemetry {
    for (const call of telemetry.calls) this.#noteCall(call);
    const evaluations = telemetry.evaluations.filter(
      ({ name, judge }) => judge === undefined && !this.#rubrics.has(name),
    );
    return { ...telemetry, evaluations };
  }

  /**
   * What the judge would say to a request. Its tokens are those of the request as it would be sent, and
   * of the verdicts written out: what was really paid is not recorded.
   */
  answer(ask: Ask): JudgeAnswer {
    const recorded = this.#find(ask.about);
    const names = ask.expect.rubrics.map(({ name }) => name);
    const verdicts = names.flatMap((name) => recorded?.verdicts.get(name) ?? []);
    if (recorded !== undefined && verdicts.length > 0) {
      const usage = this.#usageOf(ask, verdicts, recorded);
      return { ok: true, final: true, verdicts, usage };
    }
    const failure = recorded?.failure;
    const reason = FAILURES.find((one) => one === failure) ?? "rejected";
    const detail =
      failure === undefined
        ? "the input has no verdict about this call"
        : "the input has the evaluator's failure in place of a verdict";
    return { ok: false, reason, retry: false, detail, usage: NOTHING_PAID };
  }

  #noteCall({ traceId, spanId, responseId, text, usage }: Call): void {
    const about = traceId + spanId;
    if (responseId !== undefined && this.#byResponse.has(responseId))
      this.#responses.set(about, responseId);
    const recorded = this.#find(about);
    if (recorded === undefined || text?.output !== undefined) return;
    const tokens = (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
    recorded.textTokens = Math.min(tokens, this.#shownMax);
  }

  #noteOne(evaluation: Evaluation): boolean {
    const { name, score, label, explanation, errorType } = evaluation;
    const places = [...this.#placesOf(evaluation)];
    const isUsable = score !== undefined && score >= 0 && score <= 1;
    if (places.length === 0 || (!isUsable && errorType === undefined)) return false;
    for (const place of places) {
      if (isUsable) {
        const verdict = { name, score, label: label ?? "" };
        place.verdicts.set(name, explanation === undefined ? verdict : { ...verdict, explanation });
        this.#seen.add(name);
      } else if (errorType !== undefined) place.failure = errorType;
    }
    return true;
  }

  /** Under each id that its call may have, the surer one first. */
  *#placesOf({ traceId, spanId, responseId }: Evaluation): Generator<Recorded> {
    if (traceId !== undefined && spanId !== undefined)
      yield placeIn(this.#bySpan, traceId + spanId);
    if (responseId !== undefined) yield placeIn(this.#byResponse, responseId);
  }

  #find(about: string): Recorded | undefined {
    const bySpan = this.#bySpan.get(about);
    if (bySpan !== undefined) return bySpan;
    const response = this.#responses.get(about);
    return response === undefined ? undefined : this.#byResponse.get(response);
  }

  #usageOf(
    { system, user, schema, model }: Ask,
    verdicts: readonly RubricVerdict[],
    { textTokens = 0 }: Recorded,
  ): Usage {
    const fixed = this.#tokensOfKnown(system + JSON.stringify(schema), model);
    const inputTokens = fixed + this.#tokensOf(user, model) + textTokens;
    const outputTokens = this.#tokensOf(JSON.stringify({ verdicts }), model);
    return { inputTokens, outputTokens };
  }

  #tokensOfKnown(text: string, model: string): number {
    const key = `${model} ${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const tokens = this.#tokensOf(text, model);
    this.#known.set(key, tokens);
    return tokens;
  }
}

function tooMany(most: number): InputError {
  const remedy = "replay less at once, or raise limits.recordedVerdicts in --config FILE";
  return new InputError(
    "replay",
    `the input has more than ${most} verdicts of a judge (limit recordedVerdicts); ${remedy}`,
  );
}

const NOTHING_PAID: Usage = { inputTokens: 0, outputTokens: 0 };

function placeIn(places: Map<string, Recorded>, id: string): Recorded {
  const known = places.get(id);
  if (known !== undefined) return known;
  const place: Recorded = { verdicts: new Map() };
  places.set(id, place);
  return place;
}
