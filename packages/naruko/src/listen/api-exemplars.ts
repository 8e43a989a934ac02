import type { Exemplar } from "@naruko/core/model/exemplar";
import type { Matcher } from "@naruko/core/model/reader";
import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import { canonicalMetricName } from "@naruko/core/normalize/metric-names";
import type { Expr } from "@naruko/core/promql/ast";
import { childrenOf } from "@naruko/core/promql/ast";
import { DEFAULT_LOOKBACK_MS, plan } from "@naruko/core/promql/plan";
import type { ApiRequest, ApiResult } from "./api-call.ts";
import { ApiError, timeParam } from "./api-params.ts";
import { exprParam } from "./api-selectors.ts";
import { labelsText, listText, sampleText } from "./api-values.ts";

/** `/api/v1/query_exemplars`: exemplars of every series that a selector of the query matches. */
export function queryExemplars({ params, options }: ApiRequest): ApiResult {
  const { engine, now } = options;
  const from = timeParam(params, "start", epochMs(0));
  const to = timeParam(params, "end", epochMs(Number.MAX_SAFE_INTEGER));
  if (to < from) {
    throw new ApiError("bad_data", "end timestamp must not be before start timestamp");
  }
  const written = exprParam("query", params.get("query") ?? "", options);
  const span = { from: now(), to: now(), stepMs: 0, lookbackMs: DEFAULT_LOOKBACK_MS };
  const { expr } = plan(written, { ...span, canonicalName: canonicalMetricName });
  const sets = selectorsOf(expr);
  // As in Prometheus, which then answers 204 without a body.
  if (sets.length === 0) return { data: undefined };
  const found = engine.exemplars.select(sets, from, to);
  return {
    pieces: listText(found, ({ labels, exemplars }) => {
      return `{"seriesLabels":${labelsText(labels)},"exemplars":[${exemplars.map(exemplarText).join(",")}]}`;
    }),
  };
}

function exemplarText({ labels, value, at }: Exemplar): string {
  return `{"labels":${labelsText(labels)},"value":"${sampleText(value)}","timestamp":${at / SECOND_MS}}`;
}

/** The matchers of all selectors of an expression. */
function selectorsOf(expr: Expr): (readonly Matcher[])[] {
  if (expr.kind === "selector") return [expr.matchers];
  return childrenOf(expr).flatMap(selectorsOf);
}
