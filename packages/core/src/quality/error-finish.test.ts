import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { isErrorFinish } from "./error-finish.ts";

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  ["an error", { finishReasons: ["error"] }, true],
  ["of one choice", { finishReasons: ["stop", "error"] }, true],
  ["a stop", {}, false],
  ["no reason", { finishReasons: [] }, false],
  ["as sent and unknown", { finishReasons: ["errors"] }, false],
  ["the limit", { finishReasons: ["length"] }, false],
  ["a failed call without a reason", { errorType: "timeout", finishReasons: [] }, false],
];

for (const [name, call, raised] of rows) {
  test(`error finish: ${name}`, () => {
    assert.equal(isErrorFinish(inference(call)), raised);
  });
}
