import { labelEntries } from "../model/labels.ts";
import type { EpochMs } from "../model/time.ts";
import type { RuleContext } from "./context.ts";
import { evaluateExpression, numberOf, parseExpression } from "./expression.ts";
import type { TemplateContext } from "./template/functions.ts";
import { sampleValue } from "./template/prometheus-functions.ts";
import type { GoValue } from "./template/value.ts";
import { stringMap } from "./template/value.ts";

/** What templates may call at an evaluation time; `query` runs to its end without pausing. */
export function templateContext(at: EpochMs, context: RuleContext): TemplateContext {
  return {
    nowMs: at,
    externalUrl: context.externalUrl,
    query: (text) => queryResult(text, at, context),
  };
}

function queryResult(text: string, at: EpochMs, context: RuleContext): GoValue {
  const expression = parseExpression(text, context.expressions);
  const work = evaluateExpression(expression, at, context);
  let turn = work.next();
  while (turn.done !== true) turn = work.next();
  const items = turn.value.map((element) =>
    sampleValue(stringMap(labelEntries(element.labels)), numberOf(element)),
  );
  return { kind: "list", type: "template.queryResult", items };
}
