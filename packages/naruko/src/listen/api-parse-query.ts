import { formatFloat } from "@naruko/core/model/go-float";
import type { Matcher } from "@naruko/core/model/reader";
import type { DurationExpr, Expr, InstantSelector, ValueKind } from "@naruko/core/promql/ast";
import type { Binary, Call, FixedTime, Subquery } from "@naruko/core/promql/ast";
import { FUNCTIONS } from "@naruko/core/promql/functions";
import { prettyExpr } from "@naruko/core/promql/pretty";
import type { ApiRequest, ApiResult } from "./api-call.ts";
import { exprParam } from "./api-selectors.ts";

/** `/api/v1/format_query` */
export function formatQuery({ params, options }: ApiRequest): ApiResult {
  return { data: prettyExpr(exprParam("query", params.get("query") ?? "", options)) };
}

/** `/api/v1/parse_query`: the tree in the form that Prometheus' own interface draws. */
export function parseQuery({ params, options }: ApiRequest): ApiResult {
  return { data: tree(exprParam("query", params.get("query") ?? "", options)) };
}

function tree(expr: Expr): object {
  switch (expr.kind) {
    case "number":
      return { type: "numberLiteral", val: formatFloat(expr.value, "f", -1) };
    case "string":
      return { type: "stringLiteral", val: expr.value };
    case "selector":
      return { type: "vectorSelector", ...selector(expr) };
    case "range": {
      const range = { range: expr.rangeMs, rangeExpr: duration(expr.range) };
      return { type: "matrixSelector", ...selector(expr.selector), ...range };
    }
    case "subquery":
      return subquery(expr);
    case "call":
      return call(expr);
    case "aggregation":
      return {
        type: "aggregation",
        op: expr.op,
        expr: tree(expr.expr),
        param: expr.param === undefined ? null : tree(expr.param),
        grouping: expr.grouping,
        without: expr.without,
      };
    case "binary":
      return binary(expr);
    case "unary":
      return { type: "unaryExpr", op: expr.op, expr: tree(expr.expr) };
    case "paren":
      return { type: "parenExpr", expr: tree(expr.expr) };
  }
}

function selector({
  name = "",
  matchers,
  offsetMs,
  offset,
  at,
  extension,
}: InstantSelector): object {
  return {
    name,
    offset: offsetMs,
    offsetExpr: duration(offset),
    matchers: matchers.map(matcher),
    ...fixed(at),
    anchored: extension === "anchored",
    smoothed: extension === "smoothed",
  };
}

function matcher({ name, value, op }: Matcher): object {
  return { name, value, type: op };
}

function fixed(at: FixedTime | undefined): object {
  return {
    timestamp: at?.kind === "time" ? at.atMs : null,
    startOrEnd: at === undefined || at.kind === "time" ? null : at.kind,
  };
}

function subquery({ expr, range, rangeMs, offset, offsetMs, ...rest }: Subquery): object {
  return {
    type: "subquery",
    expr: tree(expr),
    range: rangeMs,
    rangeExpr: duration(range),
    offset: offsetMs,
    offsetExpr: duration(offset),
    step: rest.stepMs ?? 0,
    stepExpr: duration(rest.step),
    ...fixed(rest.at),
  };
}

const KIND_NAMES: Readonly<Record<ValueKind, string>> = {
  scalar: "scalar",
  string: "string",
  "instant vector": "vector",
  "range vector": "matrix",
};

function call({ name, args }: Call): object {
  const signature = FUNCTIONS.get(name);
  const { args: kinds = [], min = 0, max = 0, returns = "instant vector" } = signature ?? {};
  return {
    type: "call",
    func: {
      name,
      argTypes: kinds.map((kind) => KIND_NAMES[kind]),
      // How many of the last arguments may be left out; -1 for any number more.
      variadic: max === Infinity ? -1 : max - min,
      returnType: KIND_NAMES[returns],
    },
    args: args.map(tree),
  };
}

function binary({ op, left, right, bool, matching }: Binary): object {
  const { fill } = matching ?? {};
  return {
    type: "binaryExpr",
    op,
    lhs: tree(left),
    rhs: tree(right),
    matching:
      matching === undefined
        ? null
        : {
            card: matching.cardinality,
            labels: matching.labels,
            on: matching.on,
            include: matching.include,
            fillValues: { lhs: fill?.left ?? null, rhs: fill?.right ?? null },
          },
    bool,
  };
}

/** A calculated duration; one that is written as a plain literal has none. */
function duration(expr: DurationExpr | undefined): object | null {
  switch (expr?.kind) {
    case undefined:
      return null;
    case "literal": {
      const isDuration = /[a-z]$/.test(expr.text);
      return {
        type: "numberLiteral",
        val: formatFloat(expr.seconds, "f", -1),
        duration: isDuration,
      };
    }
    case "query":
      return { type: "durationExpr", op: expr.of, lhs: null, rhs: null, wrapped: false };
    case "signed":
      return operation(expr.op, undefined, expr.expr);
    case "paren": {
      const inner = duration(expr.expr);
      return inner !== null && "wrapped" in inner ? { ...inner, wrapped: true } : inner;
    }
    case "binary":
    case "choice":
      return operation(expr.op, expr.left, expr.right);
  }
}

function operation(op: string, left: DurationExpr | undefined, right: DurationExpr): object {
  const sides = { lhs: duration(left), rhs: duration(right) };
  return { type: "durationExpr", op, ...sides, wrapped: false };
}
