import assert from "node:assert/strict";
import test from "node:test";
import { errorTypeOf, isCancellation } from "./error-type.ts";

class RateLimitError extends Error {
  readonly status = 429;
  readonly code = "rate_limit_exceeded";
}
class APIConnectionTimeoutError extends Error {}
class APIUserAbortError extends Error {}
class APIConnectionError extends Error {}

const caused = (error: Error, cause: unknown): Error => Object.assign(error, { cause });
const named = (name: string): Error => Object.assign(new Error("x"), { name });

/** error · error.type · whether the application called it off */
const cases: readonly (readonly [unknown, string, boolean])[] = [
  [new RateLimitError(), "429", false],
  [{ status: 500, code: "server_error" }, "500", false],
  [{ status: 200, code: "server_error" }, "server_error", false],
  [{ $metadata: { httpStatusCode: 503 } }, "503", false],
  [{ statusCode: 404 }, "404", false],
  [new APIConnectionTimeoutError(), "timeout", false],
  [named("TimeoutError"), "timeout", false],
  [{ code: "ETIMEDOUT" }, "timeout", false],
  [{ code: "UND_ERR_HEADERS_TIMEOUT" }, "timeout", false],
  [new APIUserAbortError(), "APIUserAbortError", true],
  [named("AbortError"), "AbortError", true],
  [
    caused(new APIConnectionError(), caused(new TypeError(), { code: "ECONNREFUSED" })),
    "ECONNREFUSED",
    false,
  ],
  [new APIConnectionError(), "APIConnectionError", false],
  [{ type: "overloaded_error", message: "busy" }, "overloaded_error", false],
  [{ code: "a sentence, which is no name" }, "_OTHER", false],
  [new SyntaxError("bad JSON"), "SyntaxError", false],
  [new Error("nameless"), "Error", false],
  ["thrown text", "_OTHER", false],
  [undefined, "_OTHER", false],
  [null, "_OTHER", false],
];

for (const [error, type, cancelled] of cases) {
  const name = error instanceof Error ? error.constructor.name : JSON.stringify(error);
  test(`${name}: ${type}`, () => {
    assert.equal(errorTypeOf(error), type);
    assert.equal(isCancellation(error), cancelled);
  });
}

test("causes that lead in a circle come to an end", () => {
  const error = new Error("x");
  assert.equal(errorTypeOf(caused(error, error)), "Error");
});
