import { InputError } from "../model/input-error.ts";
import type { ExpressionOptions } from "./expression.ts";
import { parseExpression } from "./expression.ts";
import type { NamedTemplates, Rule } from "./rule.ts";
import { literalQueries } from "./template/literal-queries.ts";

/**
 * How far before its evaluation a rule looks, the queries in its texts included, in ms.
 *
 * @param queryOffsetMs its group's
 */
export function ruleReachMs(rule: Rule, queryOffsetMs: number): number {
  const own = rule.expr.reachMs + queryOffsetMs;
  return rule.kind === "record" ? own : Math.max(own, rule.textReachMs);
}

/** How far back the queries look that stand in an alert's labels and annotations, in ms. */
export function textReachMs(texts: NamedTemplates, options: ExpressionOptions): number {
  let reachMs = 0;
  for (const [, { templates }] of texts) {
    for (const query of templates === undefined ? [] : literalQueries(templates)) {
      try {
        reachMs = Math.max(reachMs, parseExpression(query, options).reachMs);
      } catch (error) {
        // Prometheus loads it; the text then shows the error in its place.
        if (!(error instanceof InputError)) throw error;
      }
    }
  }
  return reachMs;
}
