import assert from "node:assert/strict";
import type { Engine } from "@naruko/core/engine/engine";
import type { Input } from "@naruko/core/model/engine-io";
import type { Evaluation } from "@naruko/core/model/evaluation";
import type { Ask, JudgeAnswer, SettledDraw } from "@naruko/core/model/judge";
import { SPOKEN } from "./application.ts";
import { assertSame } from "./assert-same.ts";
import type { FaultyJudge, Judged } from "./faulty-judge.ts";
import type { Platter } from "./faulty-disk.ts";
import { checkMoney } from "./judge-money.ts";
import { BAD_BELOW } from "./judge-setups.ts";
import type { Outputs } from "./replay-committed.ts";

type Remains = {
  readonly platter: Platter;
  readonly judge: FaultyJudge;
  readonly engine: Engine;
};

/** How much of the judge was seen. */
export type CheckedJudge = {
  /** Calls that were drawn and settled, the verdicts on them, and what is missing by reason. */
  readonly draws: number;
  readonly verdicts: number;
  readonly missing: ReadonlyMap<string, number>;
  /** Requests that the judge got, and those that came again after a death. */
  readonly requests: number;
  /** Of them those that were about no call. */
  readonly itemRequests: number;
  readonly interrupted: number;
  readonly billedUsd: number;
  readonly countedUsd: number;
};

/** A request from its input to its answer's, and the books' side of it. */
type Exchange = {
  readonly ask: Ask;
  readonly seq: number;
  readonly answer: JudgeAnswer;
  readonly answerSeq: number;
  /** Absent where the process died before it left. */
  readonly booked?: Judged;
};

type Row = SettledDraw & { readonly seq: number };

/** Nothing is lost, invented, doubled, overpaid or asked too soon, and no text outlives its verdict. */
export function checkJudge(
  { platter, judge, engine }: Remains,
  { asks }: Pick<Outputs, "asks">,
): CheckedJudge {
  const inputs = platter.everCommitted;
  const exchanges = exchangesOf(asks, inputs, judge);
  const rows = [...platter.draws].flatMap(([seq, draws]) =>
    draws.map((draw) => ({ ...draw, seq })),
  );
  checkEveryDrawEnds(rows, engine);
  checkVerdicts(rows, exchanges);
  checkRepeats(exchanges, rows);
  checkEvaluations(rows, platter);
  checkPauses(asks, inputs);
  checkSilence(platter, engine);
  const outcomes = rows.flatMap(({ rubrics }) => rubrics.map(({ reason }) => reason));
  return {
    draws: rows.length,
    verdicts: outcomes.filter((reason) => reason === undefined).length,
    missing: counted(outcomes.filter((reason) => reason !== undefined)),
    requests: judge.books.size,
    itemRequests: [...judge.books.values()].filter(({ spanId }) => spanId === undefined).length,
    interrupted: exchanges.filter(isInterrupted).length,
    ...checkMoney({ asks, inputs, books: judge.books, engine }),
  };
}

/** Every request that was decided on got one answer, and the judge got no other requests. */
function exchangesOf(
  asks: Outputs["asks"],
  inputs: readonly Input[],
  { books }: FaultyJudge,
): readonly Exchange[] {
  const answers = new Map<string, { readonly answer: JudgeAnswer; readonly seq: number }>();
  for (const input of inputs) {
    if (input.kind !== "judged") continue;
    assert.ok(!answers.has(input.ask), `request ${input.ask} is answered twice`);
    answers.set(input.ask, { answer: input.answer, seq: input.seq });
  }
  const decided = new Set(asks.map(({ ask }) => ask.key));
  for (const key of books.keys()) assert.ok(decided.has(key), `nobody decided on request ${key}`);
  return asks.map(({ ask, seq }) => {
    const answered = answers.get(ask.key);
    assert.ok(answered !== undefined, `request ${ask.key} has no answer`);
    const booked = books.get(ask.key);
    if (booked !== undefined) assertSame(booked.ask, ask, `request ${ask.key}`);
    const { answer, seq: answerSeq } = answered;
    const exchange = { ask, seq, answer, answerSeq, ...(booked !== undefined && { booked }) };
    const isTrue = booked !== undefined || isInterrupted(exchange);
    assert.ok(isTrue, `request ${ask.key} never left, and has an answer`);
    return exchange;
  });
}

function isInterrupted({ answer }: Pick<Exchange, "answer">): boolean {
  return !answer.ok && answer.reason === "interrupted";
}

/** Each call that was drawn ends once, by each rubric with a verdict or with a reason for its lack. */
function checkEveryDrawEnds(rows: readonly Row[], engine: Engine): void {
  const seen = new Set<string>();
  for (const { spanId, at, rubrics } of rows) {
    const id = `${spanId} ${at}`;
    assert.ok(!seen.has(id), `the draw of ${id} is settled twice`);
    seen.add(id);
    assert.ok(rubrics.length > 0);
    assert.equal(new Set(rubrics.map(({ name }) => name)).size, rubrics.length, `twice in ${id}`);
    for (const { name, score, reason } of rubrics) {
      const isOne = (score === undefined) !== (reason === undefined);
      assert.ok(isOne, `${name} of ${id} has a verdict or a reason`);
    }
  }
  const counts = engine.counters();
  const countOf = (name: string): number => counts.get(`judge_${name}`) ?? 0;
  const drawn = countOf("calls_drawn") - countOf("calls_known");
  assert.equal(rows.length, drawn, "settled draws");
  const scores = rows.flatMap(({ rubrics }) => rubrics.filter(({ score }) => score !== undefined));
  assert.equal(countOf("verdicts"), scores.length, "verdicts counted");
}

/** No verdict is invented, and a good one that was committed before its call was settled is not lost. */
function checkVerdicts(rows: readonly Row[], exchanges: readonly Exchange[]): void {
  const bySpan = grouped(exchanges, ({ booked }) => booked?.spanId ?? "");
  for (const { spanId, at, seq, rubrics } of rows) {
    const own = (bySpan.get(spanId) ?? []).filter(
      (one) => one.ask.at >= at && one.answerSeq <= seq,
    );
    for (const { name } of own.flatMap(({ ask }) => ask.expect.rubrics))
      assert.ok(
        rubrics.some((one) => one.name === name),
        `${name} of ${spanId} has no end`,
      );
    for (const { name, score, reason } of rubrics) {
      const given = own.flatMap(({ answer, booked }) => {
        const heard = answer.ok ? answer.verdicts : [];
        const said = booked?.verdicts ?? [];
        for (const one of heard) assert.ok(said.includes(one) || isSaid(one.score, said), "said");
        return heard.filter((one) => one.name === name).map((one) => one.score);
      });
      const what = `${name} of ${spanId}, drawn at ${at}`;
      if (score !== undefined) assert.ok(given.includes(score), `${what}: ${score} was never said`);
      const isLost = reason !== undefined && given.some((one) => one >= BAD_BELOW);
      // A bad first look waits for its second, and a good second look ends the call.
      assert.ok(!isLost, `${what}: a verdict is lost`);
      if (score !== undefined) assert.equal(score, Math.max(...given), what);
    }
  }
}

function isSaid(score: number, said: Judged["verdicts"]): boolean {
  return said.some((one) => one.score === score);
}

/**
 * What was answered is not asked again: a further request about a call is for rubrics that the one
 * before it brought no verdict on, or a bad one. Only what was under way in a process that is dead
 * counts as interrupted.
 */
function checkRepeats(exchanges: readonly Exchange[], rows: readonly Row[]): void {
  const settledAt = grouped(rows, ({ spanId }) => spanId);
  const before = new Map<string, Exchange>();
  const lives = livesOf(exchanges);
  for (const exchange of exchanges) {
    const { booked, ask, seq, answerSeq } = exchange;
    if (isInterrupted(exchange) && booked !== undefined) {
      const later = lives.find((one) => one.seq > answerSeq);
      const isDead = later === undefined || later.life > booked.life;
      assert.ok(isDead, `request ${ask.key} is interrupted in its own life`);
    }
    const spanId = booked?.spanId;
    if (spanId === undefined) continue;
    const earlier = before.get(spanId);
    before.set(spanId, exchange);
    if (earlier === undefined) continue;
    assert.ok(earlier.answerSeq <= seq, `call ${spanId} is asked about twice at once`);
    const settled = settledAt.get(spanId) ?? [];
    if (settled.some((row) => row.seq >= earlier.seq && row.seq < seq)) continue;
    const good = earlier.answer.ok
      ? earlier.answer.verdicts.filter(({ score }) => score >= BAD_BELOW).map(({ name }) => name)
      : [];
    for (const { name } of ask.expect.rubrics)
      assert.ok(!good.includes(name), `${name} of ${spanId} is asked again`);
  }
}

function livesOf(
  exchanges: readonly Exchange[],
): readonly { readonly seq: number; readonly life: number }[] {
  return exchanges.flatMap(({ seq, booked }) =>
    booked === undefined ? [] : [{ seq, life: booked.life }],
  );
}

/** What is counted as an evaluation is what the draws say, each once. */
function checkEvaluations(rows: readonly Row[], { telemetry }: Platter): void {
  const ofRows = rows.flatMap(({ spanId, rubrics }) =>
    rubrics.map(({ name, judge, score, reason }) =>
      [spanId, name, judge, score ?? reason].join(" "),
    ),
  );
  const evaluations = [...telemetry.values()].flatMap((kept) => kept.telemetry.evaluations);
  const judged = evaluations.filter(({ judge }) => judge !== undefined);
  const ofTelemetry = judged.map(({ spanId, name, judge, score, errorType }: Evaluation) =>
    [spanId, name, judge, score ?? errorType].join(" "),
  );
  assert.deepEqual(ofTelemetry.toSorted(), ofRows.toSorted(), "evaluations by the judge");
}

/** No request leaves before the end of a pause that was on disk when it was decided on. */
function checkPauses(asks: Outputs["asks"], inputs: readonly Input[]): void {
  const pauses = inputs.flatMap((input) =>
    input.kind === "judged" && input.answer.pauseMs !== undefined
      ? [{ seq: input.seq, until: input.at + input.answer.pauseMs }]
      : [],
  );
  for (const { ask, seq } of asks) {
    for (const pause of pauses) {
      if (pause.seq > seq) break;
      assert.ok(ask.at >= pause.until, `request ${ask.key} leaves within a pause`);
    }
  }
}

/** No text outlives its verdict: not in what is kept, and in the end not in what recovers. */
function checkSilence({ telemetry, draws, inputs, snapshots }: Platter, engine: Engine): void {
  assert.ok(!isHeard([...telemetry.values()]), "no text is kept with calls and evaluations");
  assert.ok(!isHeard([...draws.values()]), "no text is kept with draws");
  assert.ok(!isHeard(engine.save().state), "no text is in the engine when all is settled");
  const isOnDisk = inputs.some(({ bytes }) => Buffer.from(bytes).includes(SPOKEN));
  assert.ok(!isOnDisk, "no text is in the inputs when all is settled");
  assert.ok(!isHeard(snapshots.map(({ state }) => state)), "no text is in snapshots");
}

function isHeard(what: unknown): boolean {
  return JSON.stringify(what).includes(SPOKEN);
}

function grouped<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group === undefined) groups.set(nameOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function counted(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
