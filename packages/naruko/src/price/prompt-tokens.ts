import { askFor } from "@naruko/core/judge/prompt";
import type { Rubric } from "@naruko/core/judge/rubric";
import { readRubrics } from "@naruko/core/judge/rubric-file";
import type { JudgeSetup } from "@naruko/core/model/judge";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { rubricYaml } from "../config/judge-setup.ts";
import { estimateTokens } from "./estimate-tokens.ts";

/** Tokens of a call's four texts that a judge is shown at most, of four characters each. */
export function shownTokensMax({ shownTextLength }: Pick<JudgeSetup, "shownTextLength">): number {
  return shownTextLength ?? DEFAULT_LIMITS.shownTextLength;
}

/** Tokens of a request to the judge, without the text that is judged. */
export type PromptTokens = {
  readonly rubrics: readonly string[];
  /** Of the first look, by all rubrics. */
  readonly first: number;
  /** Of the second look, by one of them. */
  readonly second: number;
  /** Of the judged text, the most that is shown. */
  readonly shownMax: number;
};

type Prompted = Pick<JudgeSetup, "model" | "language" | "rubricFiles" | "shownTextLength">;

/** Counts what every request says beside the judged text. @throws InputError on a faulty rubric */
export function promptTokens(setup: Prompted): PromptTokens {
  const { model, language, rubricFiles } = setup;
  const { rubrics, errors } = readRubrics(rubricFiles, { language, parseYaml: rubricYaml });
  const [fault] = errors;
  if (fault !== undefined) throw fault;
  const tokensOf = (asked: readonly Rubric[], look: "first" | "second"): number => {
    const { system, user, schema } = askFor({}, asked, {
      language,
      look,
      boundary: boundaryLike,
      textLength: 1,
    });
    return [system, user, JSON.stringify(schema)].reduce(
      (sum, text) => sum + estimateTokens(text, model),
      0,
    );
  };
  return {
    rubrics: rubrics.map(({ name }) => name),
    first: tokensOf(rubrics, "first"),
    second: Math.max(...rubrics.map((rubric) => tokensOf([rubric], "second"))),
    shownMax: shownTokensMax(setup),
  };
}

/** As long as a real one. */
function boundaryLike(): string {
  return "0".repeat(16);
}
