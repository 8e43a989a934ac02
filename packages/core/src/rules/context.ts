import type { FindExemplars } from "../model/exemplar.ts";
import type { Labels } from "../model/labels.ts";
import type { Append } from "../model/sample.ts";
import type { EvaluationContext } from "./expression.ts";

/** What rules need of the engine while they are evaluated. */
export type RuleContext = EvaluationContext & {
  readonly append: Append;
  /** The web interface's address, for templates and links. */
  readonly externalUrl: string;
  /** What templates see as `$externalLabels`; none where not told. */
  readonly externalLabels?: Labels;
  /** Where calls behind an alert are looked for; nowhere where not told. */
  readonly exemplars?: FindExemplars;
};
