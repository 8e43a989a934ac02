import { InputError } from "../../model/input-error.ts";
import type { TemplateFunction } from "./functions.ts";
import { plainText } from "./go-format.ts";
import type { GoValue } from "./value.ts";
import { typeOf } from "./value.ts";

type Basic = string | boolean | number | bigint;

/** Go compares numbers of one kind only: an int is never compared to a float64. */
function basic(value: GoValue): Basic {
  if (typeof value === "object") {
    if (value.kind === "named-int") return value.value;
    if (value.kind === "duration") return value.ns;
    throw new InputError("template", "invalid type for comparison");
  }
  if (value === undefined) throw new InputError("template", "invalid type for comparison");
  return value;
}

function equal(a: GoValue, b: GoValue): boolean {
  // Nil equals nil and nothing else.
  if (a === undefined || b === undefined) return a === b;
  if (
    typeof a === "object" &&
    typeof b === "object" &&
    a.kind !== "named-int" &&
    a.kind !== "duration"
  ) {
    if (a.kind === "map" || a.kind === "list") {
      throw new InputError("template", `non-comparable type ${plainText(a)}: ${typeOf(a)}`);
    }
    return a === b;
  }
  const left = basic(a);
  const right = basic(b);
  if (typeof left !== typeof right) {
    throw new InputError("template", "incompatible types for comparison");
  }
  return left === right;
}

function less(a: GoValue, b: GoValue): boolean {
  const left = basic(a);
  const right = basic(b);
  if (typeof left !== typeof right) {
    throw new InputError("template", "incompatible types for comparison");
  }
  if (typeof left === "boolean") throw new InputError("template", "invalid type for comparison");
  return left < right;
}

function equalToAny(args: readonly GoValue[]): boolean {
  const [first, ...others] = args;
  if (others.length === 0) throw new InputError("template", "missing argument for comparison");
  return others.some((other) => equal(first, other));
}

const TWO = ["value", "value"] as const;

/** `gt` is the opposite of `le`, as in Go: with NaN, `gt` and `ge` are true. */
export const COMPARISONS: Readonly<Record<string, TemplateFunction>> = {
  eq: { parameters: TWO, variadic: true, call: equalToAny },
  ne: { parameters: TWO, call: ([a, b]) => !equal(a, b) },
  lt: { parameters: TWO, call: ([a, b]) => less(a, b) },
  le: { parameters: TWO, call: ([a, b]) => less(a, b) || equal(a, b) },
  gt: { parameters: TWO, call: ([a, b]) => !(less(a, b) || equal(a, b)) },
  ge: { parameters: TWO, call: ([a, b]) => !less(a, b) },
};
