import type { Call } from "../model/call.ts";
import type { Evaluation } from "../model/evaluation.ts";
import { labels } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import { type EpochMs, MINUTE_MS, epochMs } from "../model/time.ts";
import { tallyFolds } from "./call-series.ts";
import { EVALUATION_MISSING, EVALUATION_SCORE } from "./derived-metrics.ts";
import {
  addTo,
  bucketLabels,
  type DerivedSeries,
  observe,
  wantsExemplar,
} from "./derived-series.ts";
import { KNOWN_MS, KnownCalls, type SavedGeneration, type Subject } from "./known-calls.ts";
import { cutLabel } from "./label-value.ts";
import { QualityScores, type SavedWindow } from "./quality-scores.ts";
import { type SavedNumber, loadNumber, saveNumber } from "./saved-number.ts";
import type { SeriesTable } from "./series-table.ts";
import type { Tally } from "../model/tally.ts";

/** How long an evaluation waits for a call that nobody has seen yet (DESIGN section 4). */
const WAIT_MS = 5 * MINUTE_MS;

/** Stands for the model of an evaluation whose call never came. */
const UNKNOWN = "_unknown";

/** What is left of an evaluation once it is counted: its text is kept elsewhere. */
type Verdict = {
  readonly name: string;
  readonly score?: number;
  /** How many calls it stands for; absent: 1. */
  readonly weight?: number;
  /** The version of our judge; absent: somebody else gave it. */
  readonly judge?: string;
  readonly errorType?: string;
  readonly service: string;
  readonly environment: string;
  /** Where the call was seen, as far as the evaluation tells. */
  readonly traceId?: string;
  readonly spanId?: string;
  /** The ids that its call may have, the surer one first. */
  readonly ids: readonly string[];
  /** When it stops waiting. */
  readonly until: EpochMs;
};

/** Where and when a verdict was counted. */
type Counted = { readonly series: DerivedSeries; readonly bucket: number; readonly at: EpochMs };

type SavedVerdict = Omit<Verdict, "score"> & { readonly score?: SavedNumber };

export type SavedEvaluations = {
  readonly known: readonly SavedGeneration[];
  readonly waiting: readonly SavedVerdict[];
  readonly seen: readonly (readonly [string, number])[];
  readonly windows: readonly SavedWindow[];
};

/** Joins evaluations with their calls, before or after them, and counts them. */
export class Evaluations {
  readonly #limits: Limits;
  readonly #table: SeriesTable;
  readonly #tally: Tally;
  readonly #known: KnownCalls;
  readonly #scores: QualityScores;
  // In the order of arrival, hence of `until`.
  readonly #waiting = new Set<Verdict>();
  readonly #waitingById = new Map<string, Set<Verdict>>();
  /** Evaluations of the last 15 minutes against repeats, with the time until which they are kept. */
  readonly #seen = new Map<string, EpochMs>();

  constructor(limits: Limits, intervalMs: number, table: SeriesTable, tally: Tally) {
    this.#limits = limits;
    this.#table = table;
    this.#tally = tally;
    this.#known = new KnownCalls(limits.rememberedCallIds, tally);
    this.#scores = new QualityScores(table, intervalMs);
  }

  get scores(): QualityScores {
    return this.#scores;
  }

  /** Remembers a call, and counts the evaluations that waited for it. */
  noteCall(call: Call, subject: Subject, at: EpochMs): void {
    this.#noteId(spanIdOf(call.traceId, call.spanId), subject, at);
    if (call.responseId !== undefined) this.#noteId(responseIdOf(call.responseId), subject, at);
  }

  /** Counts an evaluation under its call's labels, or keeps it until the call is known. */
  add(evaluation: Evaluation, at: EpochMs): void {
    const ids = idsOf(evaluation);
    if (this.#isRepeat(evaluation, ids, at)) return;
    const verdict = this.#verdictOf(evaluation, ids, at);
    const subject = ids.map((id) => this.#known.find(id, at)).find((one) => one !== undefined);
    if (subject !== undefined) this.#count(verdict, subject, at);
    else if (ids.length === 0) this.#countUnknown(verdict, at);
    else this.#wait(verdict, at);
  }

  /** Counts an evaluation whose call is at hand, however long ago that was. */
  addAbout(evaluation: Evaluation, subject: Subject, at: EpochMs): void {
    this.#count(this.#verdictOf(evaluation, [], at), subject, at);
  }

  /** Counts those that have waited long enough without their call; due before anything else at `at`. */
  expire(at: EpochMs): void {
    for (const verdict of this.#waiting) {
      if (verdict.until > at) break;
      this.#stopWaiting(verdict);
      this.#countUnknown(verdict, verdict.until);
    }
    for (const [key, until] of this.#seen) {
      if (until > at) break;
      this.#seen.delete(key);
    }
  }

  /** The ids of the calls that are known; `save` has the rest. */
  saveIds(): Uint32Array {
    return this.#known.saveIds();
  }

  save(): SavedEvaluations {
    return {
      known: this.#known.save(),
      waiting: Array.from(this.#waiting, ({ score, ...rest }) =>
        score === undefined ? rest : { ...rest, score: saveNumber(score) },
      ),
      seen: [...this.#seen],
      windows: this.#scores.save(),
    };
  }

  load(saved: SavedEvaluations, ids: Uint32Array): void {
    this.#known.load(saved.known, ids);
    for (const { score, ...rest } of saved.waiting)
      this.#enqueue(score === undefined ? rest : { ...rest, score: loadNumber(score) });
    for (const [key, until] of saved.seen) this.#seen.set(key, epochMs(until));
    this.#scores.load(saved.windows);
  }

  #noteId(id: string, subject: Subject, at: EpochMs): void {
    this.#known.remember(id, subject, at);
    if (this.#waiting.size === 0) return;
    for (const verdict of this.#waitingById.get(id) ?? []) {
      this.#stopWaiting(verdict);
      this.#count(verdict, subject, at);
    }
  }

  #count(verdict: Verdict, subject: Subject, at: EpochMs): void {
    const { name, score, errorType } = verdict;
    if (errorType !== undefined) {
      // The evaluator failed: a verdict that is missing, and never a bad one.
      const values = [...subject.genAi, name, errorType];
      const { series, folded } = this.#table.find(EVALUATION_MISSING, values);
      this.#table.touch(series, at);
      addTo(series, 1);
      tallyFolds(this.#tally, folded);
      return;
    }
    if (score === undefined || !Number.isFinite(score)) {
      this.#tally.add("evaluation-without-score");
      return;
    }
    const { series, folded } = this.#table.find(EVALUATION_SCORE, [...subject.genAi, name]);
    this.#table.touch(series, at);
    const bucket = observe(series, score, 1);
    this.#keep(verdict, { series, bucket, at });
    const shown = this.#scores.add([subject.model, name, subject.service], score, verdict, at);
    tallyFolds(this.#tally, folded | shown);
  }

  /** A verdict that knows its trace leads to it, as an exemplar of its score's bucket. */
  #keep({ traceId, spanId = "", score = NaN }: Verdict, { series, bucket, at }: Counted): void {
    if (traceId === undefined || !wantsExemplar(series, bucket, at)) return;
    const own = labels({ trace_id: traceId, span_id: spanId });
    this.#table.keep(bucketLabels(series, bucket), { labels: own, value: score, at });
  }

  #countUnknown(verdict: Verdict, at: EpochMs): void {
    const { service, environment } = verdict;
    this.#tally.add("evaluation-of-unknown-call");
    const genAi = [service, environment, "", "", UNKNOWN, ""];
    this.#count(verdict, { service, model: UNKNOWN, genAi }, at);
  }

  #wait(verdict: Verdict, at: EpochMs): void {
    const [oldest] = this.#waiting;
    if (oldest !== undefined && this.#waiting.size >= this.#limits.waitingEvaluations) {
      this.#tally.add("evaluation-not-waited");
      this.#stopWaiting(oldest);
      this.#countUnknown(oldest, at);
    }
    this.#enqueue(verdict);
  }

  #enqueue(verdict: Verdict): void {
    this.#waiting.add(verdict);
    for (const id of verdict.ids) {
      const together = this.#waitingById.get(id);
      if (together === undefined) this.#waitingById.set(id, new Set([verdict]));
      else together.add(verdict);
    }
  }

  #stopWaiting(verdict: Verdict): void {
    this.#waiting.delete(verdict);
    for (const id of verdict.ids) {
      const together = this.#waitingById.get(id);
      together?.delete(verdict);
      if (together?.size === 0) this.#waitingById.delete(id);
    }
  }

  // Two verdicts of one name on one call both count unless they are the same one, sent twice.
  #isRepeat(evaluation: Evaluation, ids: readonly string[], at: EpochMs): boolean {
    if (ids.length === 0) return false;
    const { name, score, errorType } = evaluation;
    const key = JSON.stringify([name, ids, evaluation.at, String(score), errorType]);
    if (this.#seen.has(key)) {
      this.#tally.add("evaluation-repeated");
      return true;
    }
    const [oldest] = this.#seen;
    if (oldest !== undefined && this.#seen.size >= this.#limits.waitingEvaluations) {
      this.#tally.add("evaluation-repeats-forgotten-early");
      this.#seen.delete(oldest[0]);
    }
    this.#seen.set(key, epochMs(at + KNOWN_MS));
    return false;
  }

  #verdictOf(evaluation: Evaluation, ids: readonly string[], at: EpochMs): Verdict {
    const { score, weight, judge, errorType, traceId, spanId } = evaluation;
    return {
      name: this.#cut(evaluation.name),
      service: this.#cut(evaluation.service),
      environment: this.#cut(evaluation.environment),
      ids,
      until: epochMs(at + WAIT_MS),
      ...(traceId === undefined ? {} : { traceId }),
      ...(spanId === undefined ? {} : { spanId }),
      ...(score === undefined ? {} : { score }),
      ...(weight === undefined || !(weight > 0) ? {} : { weight }),
      ...(judge === undefined ? {} : { judge }),
      ...(errorType === undefined ? {} : { errorType: this.#cut(errorType) }),
    };
  }

  #cut(value = ""): string {
    return cutLabel(value, this.#limits.labelLength);
  }
}

/** The ids by which an evaluation finds its call: the span's, then the response's. */
function idsOf({ traceId, spanId, responseId }: Evaluation): string[] {
  const ids: string[] = [];
  if (traceId !== undefined && spanId !== undefined) ids.push(spanIdOf(traceId, spanId));
  if (responseId !== undefined) ids.push(responseIdOf(responseId));
  return ids;
}

function spanIdOf(traceId: string, spanId: string): string {
  return traceId + spanId;
}

// The colon is no hexadecimal digit, so that a response's id is never taken for a span's.
function responseIdOf(responseId: string): string {
  return `r:${responseId}`;
}
