import { InputError } from "@naruko/core/model/input-error";
import type { Labels } from "@naruko/core/model/labels";
import type { Limits } from "@naruko/core/model/limits";
import { compileMatchers } from "@naruko/core/model/matcher";
import type { Matcher } from "@naruko/core/model/reader";
import type { Expr } from "@naruko/core/promql/ast";
import { parse } from "@naruko/core/promql/parser";
import type { ParseOptions } from "@naruko/core/promql/parser";
import type { QuerySources } from "../drive/query.ts";
import { ApiError } from "./api-params.ts";

/** An expression of a parameter, refused as bad data when it does not parse. */
export function exprParam(
  name: string,
  text: string,
  { limits, engine }: Pick<QuerySources, "limits" | "engine">,
): Expr {
  return parseParam(name, text, { limits, features: engine.features });
}

function parseParam(name: string, text: string, options: ParseOptions): Expr {
  try {
    return parse(text, options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new ApiError("bad_data", `invalid parameter "${name}": ${error.message}`);
  }
}

/** The matchers of a series selector; refuses everything else. */
export function matchersParam(name: string, text: string, limits: Limits): readonly Matcher[] {
  const expr = parseParam(name, text, { limits });
  if (expr.kind === "selector" && expr.offsetMs === 0 && expr.at === undefined) {
    return expr.matchers;
  }
  throw new ApiError("bad_data", `invalid parameter "${name}": "${text}" is no series selector`);
}

/** One set of matchers for each `match[]`. Refuses what is no series selector. */
export function matcherSets(params: URLSearchParams, limits: Limits): (readonly Matcher[])[] {
  return params.getAll("match[]").map((text) => matchersParam("match[]", text, limits));
}

/** Whether labels match any of the sets; without one, all do. */
export function matchesAny(sets: readonly (readonly Matcher[])[]): (of: Labels) => boolean {
  const tests = sets.map((matchers) => compileMatchers(matchers));
  return (of) => tests.length === 0 || tests.some((matches) => matches(of));
}
