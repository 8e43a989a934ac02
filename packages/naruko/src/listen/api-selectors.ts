import { InputError } from "@naruko/core/model/input-error";
import type { Labels } from "@naruko/core/model/labels";
import type { Limits } from "@naruko/core/model/limits";
import { compileMatchers } from "@naruko/core/model/matcher";
import type { Expr } from "@naruko/core/promql/ast";
import { parse } from "@naruko/core/promql/parser";
import { ApiError } from "./api-params.ts";

/** An expression of a parameter, refused as bad data when it does not parse. */
export function exprParam(name: string, text: string, limits: Limits): Expr {
  try {
    return parse(text, { limits });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new ApiError("bad_data", `invalid parameter "${name}": ${error.message}`);
  }
}

/** Whether labels match any `match[]`; without one, all do. Refuses what is no series selector. */
export function selectorParam(params: URLSearchParams, limits: Limits): (of: Labels) => boolean {
  const selectors = params.getAll("match[]").map((text) => {
    const expr = exprParam("match[]", text, limits);
    if (expr.kind === "selector" && expr.offsetMs === 0 && expr.at === undefined) {
      return compileMatchers(expr.matchers);
    }
    throw new ApiError("bad_data", `invalid parameter "match[]": "${text}" is no series selector`);
  });
  return (of) => selectors.length === 0 || selectors.some((matches) => matches(of));
}
