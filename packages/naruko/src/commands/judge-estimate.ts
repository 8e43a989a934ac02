import { ownShare } from "@naruko/core/judge/own-share";
import { sharesOf } from "@naruko/core/judge/share-plan";
import type { JudgePrice } from "@naruko/core/model/judge";
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from "@naruko/core/model/time";
import { EXAMPLE_MODEL, withSomeJudge } from "../config/default-judge.ts";
import { judgeSetupOf } from "../config/judge-setup.ts";
import { loadConfig } from "../config/load-config.ts";
import type { JudgedTraffic, JudgeReport } from "../drive/judge-report.ts";
import { shownTime } from "../history/output-text.ts";
import { promptTokens } from "../price/prompt-tokens.ts";
import { askReport } from "./ask-report.ts";
import { EXIT, Misuse, textOption, type Values, type World } from "./command.ts";
import { textTable } from "./text-table.ts";

/** Tokens of a verdict by one rubric, with its explanation: what they mostly are. */
const VERDICT_TOKENS = 120;
/** Of judged calls, those that look bad at first and are looked at again: taken for as many. */
const SECOND_LOOKS = 0.05;
/** Judged calls after which what they did cost says more than an estimate. */
const MEASURED_CALLS = 50;
const DAYS_PER_MONTH = 365.25 / 12;

type Judge = NonNullable<JudgeReport["judge"]>;

type PlannedRow = {
  readonly service: string;
  readonly provider: string;
  readonly model: string;
  readonly callsPerDay: number;
  /** The share of them that is judged: 0 to 1. */
  readonly share: number;
  readonly judgedPerDay: number;
  /** Of one judged call, all its rubrics and looks together. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly usdPerJudged: number;
  readonly usdPerDay: number;
  readonly usdPerMonth: number;
};

type Plan = {
  /** The caps that it holds; absent: none. */
  readonly capUsdPerMonth?: number;
  readonly rows: readonly PlannedRow[];
  readonly callsPerDay: number;
  readonly judgedPerDay: number;
  readonly usdPerDay: number;
  readonly usdPerMonth: number;
};

export type Estimate = {
  readonly at: EpochMs;
  /** Whether it is the judge of the configuration; else one at the default settings. */
  readonly isConfigured: boolean;
  readonly model: string;
  readonly price: JudgePrice;
  readonly rubrics: readonly string[];
  /** US dollars of a judged call as it was so far; absent: too few were judged. */
  readonly measuredUsd?: number;
  /** Of the segment that is known for the longest time, in ms. */
  readonly seenMs: number;
  readonly plan: Plan;
  /** Under the cap that was asked about. */
  readonly capped?: Plan;
};

/** `naruko judge --estimate`: what judging the traffic seen costs a month. */
export async function estimate(values: Values, world: World): Promise<number> {
  const monthUsd = monthUsdOf(values);
  const report = await askReport(values, world);
  if ("error" in report) {
    world.tell(`naruko: ${report.error}\n`);
    return EXIT.finding;
  }
  if (report.traffic.length === 0) {
    const remedy = "naruko doctor says what arrives";
    world.tell(`naruko: no answer of a model was seen in the last day; ${remedy}\n`);
    return EXIT.finding;
  }
  const estimated = estimateOf(report, monthUsd);
  world.print(values["json"] === true ? `${JSON.stringify(estimated)}\n` : readable(estimated));
  return EXIT.ok;
}

function monthUsdOf(values: Values): number | undefined {
  const text = textOption(values, "month-usd");
  if (text === undefined) return undefined;
  const usd = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (usd > 0) return usd;
  throw new Misuse(`--month-usd: expected US dollars, more than 0, not "${text}"`);
}

/** @param monthUsd a cap to be planned for beside the settings */
export function estimateOf(report: JudgeReport, monthUsd?: number): Estimate {
  const { at, traffic, standing } = report;
  const judge = report.judge ?? defaultJudge(at);
  const { paidCalls = 0, usdPerCall = 0 } = standing ?? {};
  const measuredUsd = paidCalls >= MEASURED_CALLS && usdPerCall > 0 ? usdPerCall : undefined;
  const { model, price, prompt } = judge;
  const planned = (capUsd: number | undefined): Plan => planOf(traffic, judge, measuredUsd, capUsd);
  return {
    at,
    isConfigured: report.judge !== undefined,
    model,
    price,
    rubrics: prompt.rubrics,
    ...(measuredUsd !== undefined && { measuredUsd }),
    seenMs: Math.max(...traffic.map(({ seenMs }) => seenMs)),
    plan: planned(capOf(judge)),
    ...(monthUsd !== undefined && { capped: planned(monthUsd) }),
  };
}

function defaultJudge(at: EpochMs): Judge {
  const setup = judgeSetupOf(withSomeJudge(loadConfig(undefined, {})), { key: "", at });
  if (setup === undefined) throw new Error(`no judge by ${EXAMPLE_MODEL}`);
  const { provider, model, rate, serviceRates, price } = setup;
  return { provider, model, rate, serviceRates, price, prompt: promptTokens(setup) };
}

function capOf({ usdPerDay = Infinity, usdPerMonth = Infinity }: Judge): number | undefined {
  const cap = Math.min(usdPerDay * DAYS_PER_MONTH, usdPerMonth);
  return Number.isFinite(cap) ? cap : undefined;
}

/** As the sampler plans: the shares asked for and floors, or as many calls as a cap pays for. */
function planOf(
  traffic: readonly JudgedTraffic[],
  judge: Judge,
  measuredUsd: number | undefined,
  capUsdPerMonth: number | undefined,
): Plan {
  const costs = traffic.map((segment) => costOf(segment, judge, measuredUsd));
  const loads = traffic.map(({ service, calls, seenMs }) => ({
    calls: (calls * DAY_MS) / Math.max(seenMs, MINUTE_MS),
    candidates: 0,
    flagged: 0,
    share: ownShare(judge.serviceRates, service) ?? judge.rate,
  }));
  const usdOf = (shares: readonly number[]): number =>
    sum(shares.map((share, i) => share * (loads[i]?.calls ?? 0) * (costs[i]?.usdPerJudged ?? 0)));
  let shares = sharesOf(loads, { part: 1 });
  if (capUsdPerMonth !== undefined) {
    // Segments cost differently: which ones are judged decides what a verdict costs, and the reverse.
    for (let round = 0; round < 8; round++) {
      const judged = sum(shares.map((share, i) => share * (loads[i]?.calls ?? 0)));
      const usd = usdOf(shares);
      if (judged === 0 || usd === 0) break;
      const verdictsPerDay = capUsdPerMonth / DAYS_PER_MONTH / (usd / judged);
      shares = sharesOf(loads, { part: 1, verdictsPerDay });
    }
  }
  const rows = traffic.map(({ service, provider, model }, i): PlannedRow => {
    const [share = 0, callsPerDay = 0] = [shares[i], loads[i]?.calls];
    const cost = costs[i] ?? { inputTokens: 0, outputTokens: 0, usdPerJudged: 0 };
    const judgedPerDay = share * callsPerDay;
    const usdPerDay = judgedPerDay * cost.usdPerJudged;
    const usdPerMonth = usdPerDay * DAYS_PER_MONTH;
    const sums = { callsPerDay, share, judgedPerDay, usdPerDay, usdPerMonth };
    return { service, provider, model, ...cost, ...sums };
  });
  const usdPerDay = sum(rows.map((row) => row.usdPerDay));
  return {
    ...(capUsdPerMonth !== undefined && { capUsdPerMonth }),
    rows,
    callsPerDay: sum(rows.map((row) => row.callsPerDay)),
    judgedPerDay: sum(rows.map((row) => row.judgedPerDay)),
    usdPerDay,
    usdPerMonth: usdPerDay * DAYS_PER_MONTH,
  };
}

/** A judge reads what the model read and wrote, and its own instructions. */
function costOf(
  { calls, inputTokens, outputTokens }: JudgedTraffic,
  { prompt, price, secondPrice = price }: Judge,
  measuredUsd: number | undefined,
): Pick<PlannedRow, "inputTokens" | "outputTokens" | "usdPerJudged"> {
  const shown = Math.min((inputTokens + outputTokens) / Math.max(calls, 1), prompt.shownMax);
  const first = [prompt.first + shown, VERDICT_TOKENS * prompt.rubrics.length] as const;
  const second = [SECOND_LOOKS * (prompt.second + shown), SECOND_LOOKS * VERDICT_TOKENS] as const;
  const estimated = usdFor(first, price) + usdFor(second, secondPrice);
  return {
    inputTokens: first[0] + second[0],
    outputTokens: first[1] + second[1],
    usdPerJudged: measuredUsd ?? estimated,
  };
}

function usdFor(
  [input, output]: readonly [number, number],
  { inputUsdPerMillion, outputUsdPerMillion }: JudgePrice,
): number {
  return (input * inputUsdPerMillion + output * outputUsdPerMillion) / 1e6;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function readable(estimated: Estimate): string {
  const { at, isConfigured, model, price, rubrics, measuredUsd, seenMs, plan, capped } = estimated;
  const usd = `$${price.inputUsdPerMillion} and $${price.outputUsdPerMillion} a million tokens`;
  const who = isConfigured ? "as configured" : "at the default settings: no judge is configured";
  const lines = [
    `From ${seenWords(seenMs, `${shownTime(at)} UTC`)}.`,
    `Judge: ${model} at ${usd}, for input and output; ${who}.`,
    `A judged call: ${rubrics.join(", ")} in one request; ${costWords(measuredUsd)}.`,
    "",
    textTable([HEAD, ...plan.rows.map(rowTexts), totalTexts(plan)]),
    "",
    sentence(plan, isConfigured ? `As configured${capWords(plan)}` : "At the default settings"),
    ...(capped === undefined
      ? []
      : [sentence(capped, `With a budget of $${capped.capUsdPerMonth} a month`)]),
  ];
  return `${lines.join("\n")}\n`;
}

/** How long the traffic is known: a day of it was made of that. */
function seenWords(ms: number, until: string): string {
  if (ms >= 23 * HOUR_MS) return `the last 24 h of traffic until ${until}`;
  const minutes = Math.max(1, Math.round(ms / MINUTE_MS));
  const known = minutes < 60 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
  return `only ${known} of traffic until ${until}, scaled to a day`;
}

function capWords({ capUsdPerMonth: cap }: Plan): string {
  return cap === undefined ? "" : `, with a budget of $${cap.toFixed(2)} a month`;
}

function costWords(measuredUsd: number | undefined): string {
  if (measuredUsd !== undefined) return `measured so far: $${measuredUsd.toPrecision(3)} each`;
  const looks = `${SECOND_LOOKS * 100} % second looks`;
  return `estimated by its tokens, ${VERDICT_TOKENS} for each verdict, and ${looks}`;
}

const HEAD = [
  "service",
  "model",
  "calls/day",
  "judged",
  "judged/day",
  "tokens in",
  "out",
  "$/day",
  "$/month",
];

function rowTexts(row: PlannedRow): readonly string[] {
  return [
    row.service,
    row.model,
    count(row.callsPerDay),
    percent(row.share),
    count(row.judgedPerDay),
    count(row.inputTokens),
    count(row.outputTokens),
    money(row.usdPerDay),
    money(row.usdPerMonth),
  ];
}

function totalTexts({
  callsPerDay,
  judgedPerDay,
  usdPerDay,
  usdPerMonth,
}: Plan): readonly string[] {
  const share = callsPerDay === 0 ? 0 : judgedPerDay / callsPerDay;
  const counts = [count(callsPerDay), percent(share), count(judgedPerDay)];
  return ["all", "", ...counts, "", "", money(usdPerDay), money(usdPerMonth)];
}

function sentence(plan: Plan, when: string): string {
  const { callsPerDay, judgedPerDay, usdPerMonth } = plan;
  const share = percent(callsPerDay === 0 ? 0 : judgedPerDay / callsPerDay);
  return `${when}: ${count(judgedPerDay)} calls judged a day (${share}), $${money(usdPerMonth)} a month.`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** Two digits after the point, more where all of them would be zero. */
function money(usd: number): string {
  return usd >= 0.01 || usd === 0 ? usd.toFixed(2) : usd.toPrecision(2);
}
