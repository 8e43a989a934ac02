import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as fc from "fast-check";
import { DAY_MS, epochMs, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import type { Draw, DrawRates } from "./draw.ts";
import { Draws } from "./draws.ts";
import { type SavedScores, Scores } from "./estimate.ts";
import { NumberReader, NumberWriter } from "./saved-numbers.ts";
import type { ScoreEstimate, WindowName } from "./score-window.ts";

const KEY = "5f1c0e7ba2d94386b1f0c2d3e4a59687";
const START = 20_000 * DAY_MS;
const RUBRIC = "faithfulness";

/** A call a second, drawn at one rate; what it scores, by its number. */
class Traffic {
  scores: Scores;
  readonly #draws = new Draws(KEY, 100_000);
  readonly #rates: DrawRates;
  readonly drawn: Draw[] = [];
  #calls = 0;
  #waitedS = 0;

  constructor(rate: number, { scores = new Scores(10_000), rubrics = {} } = {}) {
    this.scores = scores;
    this.#rates = { epoch: 1, candidate: rate, calm: rate, coverage: rate, flag: 0, rubrics };
  }

  wait(seconds: number): this {
    this.#waitedS += seconds - 1;
    return this;
  }

  /** @param verdict of a drawn call: a score, `missing`, `doubted`, or nothing yet */
  run(
    calls: number,
    verdict: (number: number) => number | "missing" | "doubted" | undefined,
    { weight = 1, flags = [] as readonly string[], segment = "s" } = {},
  ): this {
    for (let i = 0; i < calls; i++) {
      const number = ++this.#calls;
      const id = number.toString(16);
      const draw = this.#draws.draw(
        {
          traceId: id.padStart(32, "0"),
          spanId: id.padStart(16, "0"),
          flags,
          rubrics: [RUBRIC],
          weight,
        },
        segment,
        this.#rates,
        epochMs(START + (number + this.#waitedS) * SECOND_MS),
      );
      this.scores.count(draw);
      if (draw.kinds.length === 0) continue;
      this.drawn.push(draw);
      const said = verdict(number);
      if (said !== undefined)
        this.scores.settle(draw, RUBRIC, said === "missing" ? undefined : said);
    }
    return this;
  }

  estimate(window: WindowName = "1h", afterS = 0, segment = "s"): ScoreEstimate | undefined {
    const at = epochMs(START + (this.#calls + this.#waitedS + afterS) * SECOND_MS);
    return this.scores.estimate(RUBRIC, segment, window, at);
  }
}

function found(estimate: ScoreEstimate | undefined): ScoreEstimate {
  assert.ok(estimate);
  assert.ok(estimate.lower <= estimate.score && estimate.score <= estimate.upper);
  return estimate;
}

/** All of a state: what is JSON, and the numbers beside it. */
function saved(scores: Scores): { readonly state: SavedScores; readonly numbers: Float64Array } {
  const numbers = new NumberWriter();
  const state = JSON.parse(JSON.stringify(scores.save(numbers))) as SavedScores;
  return { state, numbers: numbers.numbers };
}

function restarted(scores: Scores): Scores {
  const { state, numbers } = saved(scores);
  const reader = new NumberReader(numbers);
  const next = new Scores(10_000);
  next.load(state, reader);
  reader.end();
  return next;
}

const near = (value: number, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(value - expected) <= tolerance, `${value}, not ${expected}`);

test("where all are judged the score is their mean, and certain", () => {
  const { score, lower, upper, calls, judged } = found(
    new Traffic(1).run(600, (i) => (i % 10 === 0 ? 0.25 : 1)).estimate(),
  );
  near(score, 0.925);
  near(lower, 0.925);
  near(upper, 0.925);
  assert.deepEqual([calls, judged], [600, 600]);
});

test("where none is judged nothing is known", () => {
  const { lower, upper, judged, missing } = found(new Traffic(0.002).run(20, () => 1).estimate());
  assert.deepEqual([lower, upper, judged, missing], [0, 1, 0, 0]);
});

test("without calls there is no score", () => {
  assert.equal(new Traffic(1).estimate(), undefined);
  assert.equal(new Traffic(0).run(100, () => 1).estimate(), undefined);
  assert.equal(new Traffic(1).run(100, () => 1).estimate("1h", 0, "other"), undefined);
});

test("a part that is judged says what all are, in an interval that narrows with more", () => {
  const widths = [0.05, 0.2, 0.8].map((rate) => {
    const { score, lower, upper } = found(
      new Traffic(rate).run(3000, (i) => (i % 5 === 0 ? 0 : 1)).estimate(),
    );
    near(score, 0.8, 0.08);
    assert.ok(lower < 0.8 && upper > 0.8);
    return upper - lower;
  });
  assert.ok(
    widths.every((width, i) => i === 0 || width < (widths[i - 1] ?? 0) / 1.5),
    widths.join(),
  );
});

test("both ends follow the bets that the window before would have liked", () => {
  const verdict = (i: number): number => (i % 2 === 0 ? 0.4 : 0.6);
  const { lower, upper } = found(new Traffic(0.2).run(7200, verdict).estimate());
  assert.ok(0.5 - lower < 0.02 && upper - 0.5 < 0.02, `${lower} to ${upper}`);
});

test("calls stand for as many as their weight says", () => {
  const traffic = new Traffic(1).run(300, () => 1).run(100, () => 0, { weight: 3 });
  near(found(traffic.estimate()).score, 0.5);
});

test("a rubric that is asked about less has the weight of that", () => {
  const traffic = new Traffic(1, { rubrics: { [RUBRIC]: 0.25 } });
  const { score, judged, calls } = found(
    traffic.run(3000, (i) => (i % 4 === 0 ? 0 : 1)).estimate(),
  );
  near(judged / calls, 0.25, 0.03);
  near(score, 0.75, 0.06);
});

test("windows end: what is older is forgotten, and late verdicts about it are no longer asked for", () => {
  const traffic = new Traffic(1).run(15 * 60, () => undefined).run(15 * 60, () => 1);
  for (const draw of traffic.drawn.slice(0, 900)) traffic.scores.settle(draw, RUBRIC, 0);
  near(found(traffic.estimate("15m")).score, 1);
  near(found(traffic.estimate("1h")).score, 0.5, 0.001);
  assert.equal(traffic.estimate("15m", 1000), undefined);
  near(found(traffic.estimate("1h", 3000)).score, 1);
  near(found(traffic.estimate("1d", DAY_MS / SECOND_MS - 3600)).score, 0.5, 0.001);
  assert.equal(traffic.estimate("1d", DAY_MS / SECOND_MS + 1), undefined);
});

test("few missing verdicts are taken to be like the others", () => {
  const verdict = (i: number): number | "missing" => (i % 40 === 0 ? "missing" : i % 2);
  const { score, worstCase, missing, lower } = found(
    new Traffic(0.9).run(3000, verdict).estimate(),
  );
  assert.equal(worstCase, false);
  near(missing, 1 / 40, 0.005);
  near(score, 20 / 39, 0.02);
  assert.ok(lower > 0.4);
});

test("a few that are missing after a bad first look are not like the others", () => {
  // Whoever asks a second model that does not answer has no bad verdict left.
  const verdict = (i: number): number | "doubted" => (i % 40 === 0 ? "doubted" : 1);
  const { lower, upper, worstCase } = found(new Traffic(1).run(1000, verdict).estimate());
  assert.equal(worstCase, true);
  near(lower, 1 - 1 / 40);
  near(upper, 1);
});

test("with many missing the interval holds whatever they would have been", () => {
  const verdict = (i: number): number | "missing" => (i % 5 === 0 ? "missing" : 1);
  const { lower, upper, worstCase, missing } = found(new Traffic(1).run(1000, verdict).estimate());
  assert.equal(worstCase, true);
  near(missing, 0.2);
  near(lower, 0.8);
  near(upper, 1);
  const sampled = found(new Traffic(0.5).run(2000, verdict).estimate());
  assert.ok(sampled.lower < 0.8 && sampled.lower > 0.6);
  const turned = (i: number): number | "missing" => (i % 5 === 0 ? "missing" : 0);
  const bad = found(new Traffic(0.5).run(2000, turned).estimate());
  assert.ok(bad.upper > 0.2 && bad.upper < 0.4, String(bad.upper));
});

test("verdicts that are waited for count as missing after two minutes, until they come", () => {
  const traffic = new Traffic(1).run(600, (i) => (i <= 60 ? undefined : 1));
  assert.equal(found(traffic.estimate("15m")).worstCase, true);
  near(found(traffic.estimate("15m")).missing, 0.1, 0.003);
  const fresh = new Traffic(1).run(600, (i) => (i > 540 ? undefined : 1));
  assert.equal(found(fresh.estimate("15m")).missing, 0);
  near(found(fresh.estimate("15m", 180)).missing, 0.1, 0.003);
  for (const draw of traffic.drawn.slice(0, 60)) traffic.scores.settle(draw, RUBRIC, 1);
  const { lower, missing } = found(traffic.estimate("15m"));
  near(lower, 1);
  assert.equal(missing, 0);
});

test("forecasts come from earlier verdicts of the same stratum", () => {
  const traffic = new Traffic(0.5);
  for (let i = 0; i < 40; i++) {
    traffic.run(20, () => 0, { flags: ["refusal"] });
    traffic.run(20, () => 1);
  }
  const means = saved(traffic.scores).state.scores[0]?.forecasts ?? [];
  const forecasts = new Map(means.map(([stratum, value]) => [stratum, value] as const));
  near(forecasts.get("refusal") ?? NaN, 0, 0.02);
  near(forecasts.get("") ?? NaN, 1, 0.02);
  // They know all calls apart, so that hardly anything is left to chance.
  const { lower, upper } = found(traffic.estimate());
  assert.ok(upper - lower < 0.1, `${lower} to ${upper}`);
});

test("verdicts beyond those that are waited for are missing, and counted", () => {
  const scores = new Scores(100);
  const traffic = new Traffic(1, { scores }).run(150, () => undefined);
  assert.equal(scores.notAwaited, 50);
  for (const draw of traffic.drawn) scores.settle(draw, RUBRIC, 1);
  const { judged, missing } = found(traffic.estimate("15m", 240));
  assert.deepEqual([judged, missing], [100, 1 / 3]);
});

test("a verdict that nobody waits for, or that comes twice, changes nothing", () => {
  const traffic = new Traffic(1).run(10, () => 1);
  const before = traffic.estimate();
  const [draw] = traffic.drawn;
  assert.ok(draw);
  traffic.scores.settle(draw, RUBRIC, 0);
  traffic.scores.settle(draw, "unknown", 0);
  assert.deepEqual(traffic.estimate(), before);
});

for (const verdict of [-0.1, 1.1, NaN]) {
  test(`${verdict} is no verdict`, () => {
    const traffic = new Traffic(1).run(1, () => undefined);
    const [draw] = traffic.drawn;
    assert.ok(draw);
    assert.throws(() => traffic.scores.settle(draw, RUBRIC, verdict), /from 0 to 1/);
  });
}

test("after a change of the judge nothing of before is mixed in", () => {
  const traffic = new Traffic(1).run(100, (i) => (i > 50 ? undefined : 0));
  const before = traffic.estimate();
  traffic.scores.restart(new Set(["another"]));
  assert.deepEqual(traffic.estimate(), before);
  traffic.scores.restart(new Set([RUBRIC]));
  assert.equal(traffic.estimate(), undefined);
  for (const draw of traffic.drawn) traffic.scores.settle(draw, RUBRIC, 0);
  near(found(traffic.run(100, () => 1).estimate()).score, 1);
});

test("segments without calls in a day are forgotten", () => {
  const traffic = new Traffic(1).run(10, () => 1).run(10, () => 1, { segment: "t" });
  const at = (afterMs: number) => epochMs(START + afterMs);
  assert.equal(traffic.scores.estimates("1h", at(MINUTE_MS)).length, 2);
  traffic.scores.expire(at(DAY_MS - 1));
  assert.equal(saved(traffic.scores).state.scores.length, 2);
  traffic.scores.expire(at(DAY_MS));
  assert.equal(saved(traffic.scores).state.scores.length, 0);
});

test("a restart at any call changes nothing: equal further verdicts give equal states, bit for bit", () => {
  const verdicts = fc.constantFrom(
    "missing" as const,
    "doubted" as const,
    undefined,
    0,
    0.1,
    0.7,
    1,
  );
  const aCall = fc.record({
    verdict: verdicts,
    everyS: fc.constantFrom(1, 1, 30, 400, 7200, 90_000),
    segment: fc.constantFrom("s", "t"),
    flags: fc.constantFrom([], ["refusal"]),
    weight: fc.constantFrom(1, 1, 2.5),
    isLate: fc.boolean(),
    isRestarted: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(aCall, { maxLength: 60 }), (calls) => {
      const whole = new Traffic(0.7);
      const stopped = new Traffic(0.7);
      const late: number[] = [];
      for (const { verdict, everyS, segment, flags, weight, isLate, isRestarted } of calls) {
        if (isRestarted) stopped.scores = restarted(stopped.scores);
        const now = isLate ? undefined : verdict;
        for (const traffic of [whole, stopped]) {
          traffic.wait(everyS).run(1, () => now, { segment, flags, weight });
          for (const i of late) {
            const draw = traffic.drawn[i];
            if (draw) traffic.scores.settle(draw, RUBRIC, i / 100);
          }
        }
        late.length = 0;
        if (isLate) late.push(whole.drawn.length - 1);
        for (const window of ["15m", "1h", "1d"] as const)
          assert.deepEqual(
            stopped.estimate(window, 0, segment),
            whole.estimate(window, 0, segment),
          );
        assert.deepEqual(saved(stopped.scores), saved(whole.scores));
      }
    }),
  );
});

type Verdict = (number: number) => number | "missing" | "doubted";
const restartTable: readonly (readonly [string, Verdict])[] = [
  ["all that is missing", (i: number) => (i % 3 === 0 ? "missing" : (i % 5) / 4)],
  ["the few that a first look found bad", (i: number) => (i % 40 === 0 ? "doubted" : 1)],
  ["which bets were thought best", (i: number) => (i % 2 === 0 ? 0.4 : 0.6)],
];
for (const [what, verdict] of restartTable) {
  test(`a restart keeps ${what}`, () => {
    const traffic = new Traffic(0.6).run(5000, verdict, { weight: 1.5 });
    const before = traffic.estimate();
    traffic.scores = restarted(traffic.scores);
    assert.deepEqual(found(traffic.estimate()), before);
  });
}

test("what takes room is what is not 0: a segment without verdicts takes little", () => {
  const judged = saved(new Traffic(0.5).run(3600, () => 1).scores).numbers.length;
  const quiet = saved(new Traffic(0.0001).run(3600, () => 1).scores).numbers.length;
  assert.ok(quiet < judged / 3, `${quiet} of ${judged}`);
});

test("a state that has its numbers as text is gone on from", () => {
  const file = new URL("fixtures/scores-as-text.json", import.meta.url);
  const scores = new Scores(100);
  const none = new NumberReader(new Float64Array());
  scores.load(JSON.parse(readFileSync(file, "utf8")) as SavedScores, none);
  none.end();
  const at = epochMs(START + 13 * SECOND_MS);
  // Of the seven calls that were drawn three have verdicts, two never get any, and two are waited for.
  const before = found(scores.estimate(RUBRIC, "s", "1h", at));
  assert.deepEqual([before.calls, before.drawn, before.judged], [12, 7, 3]);
  for (const last of ["8", "c"]) {
    const ids = { traceId: last.padStart(32, "0"), spanId: last.padStart(16, "0") };
    scores.settle(ids, RUBRIC, 0.25);
  }
  const { score, lower, upper, judged } = found(scores.estimate(RUBRIC, "s", "1h", at));
  assert.equal(judged, 5);
  near(score, 0.4513888888888889);
  near(lower, 0.1875);
  near(upper, 0.7708333333333334);
});

test("numbers that are cut off, or too many, are refused", () => {
  const { state, numbers } = saved(new Traffic(1).run(10, (i) => (i > 8 ? undefined : 1)).scores);
  const load = (part: Float64Array): void => {
    const reader = new NumberReader(part);
    new Scores(100).load(state, reader);
    reader.end();
  };
  load(numbers);
  for (const length of [0, 1, 20, numbers.length - 1])
    assert.throws(() => load(numbers.subarray(0, length)), /the scores are cut off/);
  assert.throws(() => load(new Float64Array([...numbers, 0])), /more numbers than/);
  const wrong = numbers.slice();
  wrong[wrong.length - 1] = 7;
  assert.throws(() => load(wrong), /of no segment/);
});
