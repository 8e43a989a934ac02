import type { JudgeReport, JudgeStanding } from "../drive/judge-report.ts";
import { isoTime } from "../history/output-record.ts";
import { shownTime } from "../history/output-text.ts";
import { askReport } from "./ask-report.ts";
import { PLACE_OPTIONS } from "./ask-server.ts";
import { type Command, EXIT, Misuse, type Values, type World } from "./command.ts";
import { textTable } from "./text-table.ts";

/** `naruko baseline`: what is known so far, of what the judge says and costs. */
export const baselineCommand: Command = {
  usage: "baseline [options]",
  summary: "what was learned so far: the judge's scores, rates, spending and forecast",
  options: {
    ...PLACE_OPTIONS,
    json: { type: "boolean", help: "print one JSON object" },
  },
  details: `Scores are of all calls, estimated from those judged, with intervals of 95 %. Baselines of other
signals, and thresholds suggested by them, are not there yet.`,
  run: baseline,
};

async function baseline(
  values: Values,
  positionals: readonly string[],
  world: World,
): Promise<number> {
  if (positionals.length > 0) throw new Misuse(`baseline takes no "${positionals[0]}"`);
  const report = await askReport(values, world);
  if ("error" in report) {
    world.tell(`naruko: ${report.error}\n`);
    return EXIT.finding;
  }
  world.print(values["json"] === true ? `${JSON.stringify(recordOf(report))}\n` : readable(report));
  return EXIT.ok;
}

function recordOf({ at, judge, standing, rates, scores }: JudgeReport): object {
  if (judge === undefined) return { at: isoTime(at) };
  const { prompt, ...settings } = judge;
  return {
    at: isoTime(at),
    judge: { ...settings, rubrics: prompt.rubrics, ...standing, rates, scores },
  };
}

function readable({ at, judge, standing, rates, scores }: JudgeReport): string {
  const until = `As of ${shownTime(at)} UTC.`;
  if (judge === undefined || standing === undefined) {
    const remedy = "naruko judge --estimate says what one would cost";
    return `${until}\nNo judge is configured: ${remedy}.\n${LATER}\n`;
  }
  const { usdPerDay, usdPerMonth, model, prompt, rate } = judge;
  const { dayUsd, monthUsd, forecastUsd } = standing;
  const lines = [
    until,
    `Judge: ${model}, ${percent(rate)} of calls by default; ${prompt.rubrics.join(", ")}.`,
    `Spent: today ${spent(dayUsd, usdPerDay)}, this month ${spent(monthUsd, usdPerMonth)}; ` +
      `forecast for the month ${money(forecastUsd)}.`,
    ...(standing.isOutOfMoney ? ["A cap left no room for the last request: judging stopped."] : []),
    callsLine(standing),
    missingLine(standing),
    "",
    ...(rates.length === 0 ? ["No call came that could be judged."] : [ratesTable(rates)]),
    "",
    ...(scores.length === 0 ? ["No scores yet."] : [scoresTable(scores)]),
    "",
    LATER,
  ];
  return `${lines.join("\n")}\n`;
}

const LATER = "Baselines of other signals are not there yet.";

function callsLine({ calls, waiting, underWay }: JudgeStanding): string {
  const { eligible = 0, drawn = 0, "without-text": mute = 0, "without-rubric": other = 0 } = calls;
  const blind = mute === 0 ? "" : `, ${count(mute)} without text`;
  const unruled = other === 0 ? "" : `, ${count(other)} without a rubric`;
  const queue = `${count(waiting)} wait, ${count(underWay)} under way`;
  return `Calls: ${count(eligible)} could be judged, ${count(drawn)} drawn${blind}${unruled}; ${queue}.`;
}

function missingLine({ verdicts, missing }: JudgeStanding): string {
  const total = Object.values(missing).reduce((sum, one) => sum + one, 0);
  const reasons = Object.entries(missing).map(([reason, one]) => `${reason} ${count(one)}`);
  const why = total === 0 ? "" : `: ${reasons.join(", ")}`;
  const share = total === 0 ? 0 : total / (total + verdicts);
  return `Verdicts: ${count(verdicts)}; missing ${count(total)} (${percent(share)})${why}.`;
}

function ratesTable(rates: JudgeReport["rates"]): string {
  const rows = rates.map(({ segment, candidate, coverage, flag }) => [
    segment,
    ...[candidate, coverage, flag].map(percent),
  ]);
  return textTable([["segment", "candidates", "other calls", "flagged"], ...rows], 1);
}

function scoresTable(scores: JudgeReport["scores"]): string {
  const rows = scores.map(({ service, model, rubric, window, score, lower, upper, verdicts }) => [
    service,
    model,
    rubric,
    window,
    score.toFixed(3),
    `${lower.toFixed(3)} to ${upper.toFixed(3)}`,
    count(verdicts),
  ]);
  const head = ["service", "model", "rubric", "window", "score", "interval", "verdicts"];
  return textTable([head, ...rows], 4);
}

function spent(usd: number, cap: number | undefined): string {
  return cap === undefined ? `${money(usd)} (no cap)` : `${money(usd)} of ${money(cap)}`;
}

function money(usd: number): string {
  return usd >= 0.01 || usd === 0 ? `$${usd.toFixed(2)}` : `$${usd.toPrecision(2)}`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
