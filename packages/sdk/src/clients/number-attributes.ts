import type { Attributes } from "@opentelemetry/api";
import { type Fields, numberOf } from "../unknown.ts";

/** Fields of a client's request, with the conventions' names for them. */
export type NamedFields = readonly (readonly [field: string, attribute: string])[];

/** The numbers that a request has in these fields, as attributes. */
export function numberAttributes(request: Fields, fields: NamedFields): Attributes {
  const attributes: Attributes = {};
  for (const pair of fields) {
    const value = numberOf(request[pair[0]]);
    if (value !== undefined) attributes[pair[1]] = value;
  }
  return attributes;
}
