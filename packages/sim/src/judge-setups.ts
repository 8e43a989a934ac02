import type { JudgeSetup } from "@naruko/core/model/judge";
import { HOUR_MS } from "@naruko/core/model/time";

/** The dear ones differ from `all` in nothing that changes what a verdict means; `other` does. */
export type JudgeVariant = "all" | "dearer-by-day" | "dearer-by-month" | "other";

/** A score below it is bad, by every rubric of the simulation. */
export const BAD_BELOW = 0.5;

const GOLDEN_SET = "golden";
/** Answers whose verdicts are known: judged beside the calls, out of the same money. */
const GOLDEN_ITEMS = Array.from({ length: 8 }, (_, i) => {
  const isGood = i % 2 === 0 ? "good" : "bad";
  const rubrics = { faithfulness: isGood, safety: isGood };
  return JSON.stringify({ id: `golden-${i}`, rubrics, input: "Sing.", output: `Song ${i}.` });
});

/** The text of the golden set that the set-ups name. */
export function goldenText(set: string): string | undefined {
  return set === GOLDEN_SET ? GOLDEN_ITEMS.join("\n") : undefined;
}

const ALL: JudgeSetup = {
  provider: "openai",
  model: "judge-1",
  secondModel: "judge-2",
  language: "en",
  rubricFiles: ["faithfulness", "safety"].map(rubricFile),
  rate: 0.3,
  serviceRates: { "app-1": 0.6 },
  rubricRates: { safety: 0.2 },
  price: { inputUsdPerMillion: 0.4, outputUsdPerMillion: 1.6 },
  secondPrice: { inputUsdPerMillion: 2, outputUsdPerMillion: 8 },
  concurrency: 3,
  timeoutMs: 20_000,
  maxOutputTokens: 700,
  golden: { set: GOLDEN_SET, everyMs: HOUR_MS },
  key: "5f1c0e7ba2d94386b1f0c2d3e4a59687",
};

const DEARER: JudgeSetup = { ...ALL, price: { inputUsdPerMillion: 20, outputUsdPerMillion: 80 } };

const SETUPS: Readonly<Record<JudgeVariant, JudgeSetup>> = {
  all: { ...ALL, usdPerDay: 3, usdPerMonth: 3.5 },
  "dearer-by-day": { ...DEARER, concurrency: 1, usdPerDay: 0.8 },
  "dearer-by-month": { ...DEARER, concurrency: 2, usdPerMonth: 0.8 },
  other: {
    ...ALL,
    model: "judge-3",
    rubricFiles: ["safety"].map(rubricFile),
    usdPerDay: 0.5,
    concurrency: 4,
  },
};

export function judgeSetupOf(variant: JudgeVariant): JudgeSetup {
  return SETUPS[variant];
}

function rubricFile(name: string): { readonly name: string; readonly text: string } {
  const instruction = { en: `Is the answer good by ${name}?` };
  return {
    name: `${name}.yml`,
    text: JSON.stringify({ name, instruction, bad_below: BAD_BELOW }),
  };
}
