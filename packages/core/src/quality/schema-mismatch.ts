import type { Call } from "../model/call.ts";
import { schemaMismatch } from "./json-schema.ts";
import { parseJson } from "./parse-json.ts";
import { structuredAnswer } from "./structured-answer.ts";

/** Whether a schema was given and the answer is JSON that does not match it. */
export function isSchemaMismatch(call: Call): boolean {
  const given = call.facts?.outputSchema;
  const answer = structuredAnswer(call);
  if (given === undefined || answer === undefined) return false;
  const schema = parseJson(given);
  const value = parseJson(answer);
  return schema.ok && value.ok && schemaMismatch(schema.value, value.value) !== undefined;
}
