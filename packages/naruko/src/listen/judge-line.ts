import type { Engine } from "@naruko/core/engine/engine";
import type { EpochMs } from "@naruko/core/model/time";

/** How the judge stands, as the page says it in a line. */
export type ShownJudge =
  | { readonly kind: "off" }
  /** It is there and sees nothing; `mute` are calls that came without text. */
  | { readonly kind: "blind"; readonly why: "capture-off" | "no-text"; readonly mute: number }
  | {
      readonly kind: "on";
      readonly model: string;
      readonly dayUsd: number;
      readonly dayCapUsd?: number;
      readonly monthUsd: number;
      readonly monthCapUsd?: number;
      readonly forecastUsd: number;
      readonly isOutOfMoney: boolean;
      readonly waiting: number;
      readonly verdicts: number;
      readonly missing: number;
    };

/** What the page shows of the judge at a time. */
export function shownJudge(engine: Engine, now: EpochMs): ShownJudge {
  const { judge: setup, capture = "off" } = engine.setup;
  const standing = engine.judgeView(now);
  if (setup === undefined || standing === undefined) return { kind: "off" };
  const counts = engine.counters();
  const mute = counts.get("judge_calls_without-text") ?? 0;
  if (capture === "off") return { kind: "blind", why: "capture-off", mute };
  if (mute > 0 && !counts.has("judge_calls_eligible")) {
    return { kind: "blind", why: "no-text", mute };
  }
  const { dayUsd, monthUsd, forecastUsd, isOutOfMoney, waiting } = standing.view;
  const missing = [...counts].filter(([name]) => name.startsWith("judge_missing_"));
  return {
    kind: "on",
    model: setup.model,
    dayUsd,
    ...(setup.usdPerDay !== undefined && { dayCapUsd: setup.usdPerDay }),
    monthUsd,
    ...(setup.usdPerMonth !== undefined && { monthCapUsd: setup.usdPerMonth }),
    forecastUsd,
    isOutOfMoney,
    waiting,
    verdicts: counts.get("judge_verdicts") ?? 0,
    missing: missing.reduce((sum, [, count]) => sum + count, 0),
  };
}

/** `state` is what is read first; the rest is plain. */
export function judgeLine(judge: ShownJudge): { readonly state: string; readonly rest: string } {
  switch (judge.kind) {
    case "off":
      return {
        state: "The judge is off",
        rest:
          "; “capture: judge” and “judge: { endpoint: { model: … } }” in naruko.yml switch it on, " +
          "and “naruko judge --estimate” says what judging this traffic would cost.",
      };
    case "blind":
      return { state: "The judge is blind", rest: blindWords(judge) };
    case "on": {
      const state = judge.isOutOfMoney ? "The judge is out of budget" : "The judge is on";
      return { state, rest: standingWords(judge) };
    }
  }
}

function blindWords({ why, mute }: Extract<ShownJudge, { readonly kind: "blind" }>): string {
  if (why === "capture-off")
    return ": capture is off, so no text may be shown to it; “capture: judge” in naruko.yml changes that.";
  return `: ${mute} calls came without text; senders have to be told to send it.`;
}

function standingWords(judge: Extract<ShownJudge, { readonly kind: "on" }>): string {
  const { model, dayUsd, dayCapUsd, monthUsd, monthCapUsd, forecastUsd } = judge;
  const { waiting, verdicts, missing } = judge;
  const day = `${spent(dayUsd, dayCapUsd)} today`;
  const month = `${spent(monthUsd, monthCapUsd)} this month (forecast ${usd(forecastUsd)})`;
  const share = missing === 0 ? "" : ` (${((100 * missing) / (missing + verdicts)).toFixed(1)} %)`;
  const given = `${verdicts} verdicts, ${missing} missing${share}, ${waiting} calls waiting`;
  return `: ${model}, spent ${day} and ${month}; ${given}.`;
}

function spent(amount: number, cap: number | undefined): string {
  return cap === undefined ? usd(amount) : `${usd(amount)} of ${usd(cap)}`;
}

function usd(amount: number): string {
  return amount === 0 || amount >= 0.01 ? `$${amount.toFixed(2)}` : `$${amount.toPrecision(2)}`;
}
