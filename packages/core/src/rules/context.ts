import type { Limits } from "../model/limits.ts";
import type { Reader } from "../model/reader.ts";
import type { Append } from "../model/sample.ts";
import type { ExpressionOptions } from "./expression.ts";

/** What rules need of the engine while they are evaluated. */
export type RuleContext = {
  /** The series as they are at this moment, earlier writes of the same tick included. */
  readonly reader: () => Reader;
  readonly append: Append;
  readonly limits: Limits;
  /** The web interface's address, for templates and links. */
  readonly externalUrl: string;
  /** How expressions in templates are read, as those of the rules are. */
  readonly expressions?: ExpressionOptions;
};
