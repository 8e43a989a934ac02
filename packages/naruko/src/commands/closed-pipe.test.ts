import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import test from "node:test";
import { outliveReader } from "./closed-pipe.ts";

const failureOf = (code: string): Error => Object.assign(new Error(code), { code });

test("a reader who left ends nothing; other failures of a stream do", () => {
  const stream = new EventEmitter();
  assert.throws(() => stream.emit("error", failureOf("EPIPE")), /EPIPE/);
  outliveReader(stream);
  stream.emit("error", failureOf("EPIPE"));
  assert.throws(() => stream.emit("error", failureOf("EIO")), /EIO/);
});
