import { InputError, lineAndColumn, type Place } from "../model/input-error.ts";

/** Refuses an expression at a place of its text: `1:7: unknown function "rat"`. */
export function refuse(text: string, place: Place, what: string): never {
  const { line, column } = lineAndColumn(text, place.from);
  throw new InputError("promql", `${line}:${column}: ${what}`, place);
}
