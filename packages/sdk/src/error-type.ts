import { fieldsOf, isFields, numberOf, textOf } from "./unknown.ts";

/** Of `error.type` where nothing better is known. */
const OTHER = "_OTHER";
/** Of a call that took longer than the application allowed. */
export const TIMEOUT = "timeout";
/** Codes and names of errors: a longer text, or one with blanks, is no low-cardinality name. */
const NAME = /^[\w.-]{1,64}$/;
const TIMED_OUT = /time(?:d[ _-]?)?out|ETIMEDOUT/i;

/**
 * Why a call failed, as `error.type`: the HTTP status where the server refused it, `timeout`, the
 * provider's or the system's error code (`server_error`, `ECONNREFUSED`), else the error's class.
 */
export function errorTypeOf(error: unknown): string {
  const { status, statusCode, $metadata } = fieldsOf(error);
  const code = numberOf(status) ?? numberOf(statusCode) ?? fieldsOf($metadata)["httpStatusCode"];
  if (typeof code === "number" && code >= 400 && code <= 599) return String(code);
  if (isTimeout(error)) return TIMEOUT;
  return codeOf(error) ?? classOf(error) ?? OTHER;
}

/** Whether it is the error of a call that the application itself called off. */
export function isCancellation(error: unknown): boolean {
  return /^(?:AbortError|APIUserAbortError)$/.test(classOf(error) ?? "") && !isTimeout(error);
}

export function isTimeout(error: unknown): boolean {
  const { code } = fieldsOf(error);
  return TIMED_OUT.test(classOf(error) ?? "") || (typeof code === "string" && TIMED_OUT.test(code));
}

/** How many causes are looked through. */
const CAUSES = 4;

function codeOf(error: unknown): string | undefined {
  let cause: unknown = error;
  for (let depth = 0; depth < CAUSES && isFields(cause); depth += 1) {
    const { code, type, error: body } = cause;
    // Of an error that a server told within a stream, some clients keep only the body.
    const { type: told } = fieldsOf(fieldsOf(body)["error"]);
    for (const name of [code, type, told])
      if (typeof name === "string" && NAME.test(name)) return name;
    cause = cause["cause"];
  }
  return undefined;
}

function classOf(error: unknown): string | undefined {
  if (!isFields(error)) return undefined;
  const name = textOf(error["name"]);
  const ofClass = textOf(fieldsOf(error.constructor)["name"]) ?? classNameOf(error);
  const best = name !== undefined && name !== "Error" ? name : ofClass;
  return best !== undefined && NAME.test(best) && best !== "Object" ? best : undefined;
}

function classNameOf(error: object): string | undefined {
  return typeof error.constructor === "function" ? textOf(error.constructor.name) : undefined;
}
