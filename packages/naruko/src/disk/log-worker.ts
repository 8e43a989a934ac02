// The worker thread that commits inputs. It shares nothing with the database's, so that a checkpoint,
// a snapshot or a long query there holds up nobody who waits for an acknowledgement.
import { parentPort } from "node:worker_threads";
import { assert } from "@naruko/core/model/assert";
import type { Read } from "./disk.ts";
import { failure } from "./failure.ts";
import { InputLog } from "./input-log.ts";
import type { Answered, AskedOf, LogOperations } from "./requests.ts";

const port = parentPort;
assert(port !== null, "this file runs as a worker thread");

let log: InputLog | undefined;
let isClosed = false;

function close(): void {
  log?.close();
  log = undefined;
}

function perform(asked: AskedOf<LogOperations>): unknown {
  if (asked.op === "close") {
    close();
    return undefined;
  }
  if (asked.op === "begin") {
    log = InputLog.begin(asked.request);
    return undefined;
  }
  if (asked.op === "open") {
    close();
    log = InputLog.open(asked.request.options, asked.request.known);
    return undefined;
  }
  assert(log !== undefined, "the log is opened first");
  switch (asked.op) {
    case "commit":
      log.append(asked.request);
      return undefined;
    case "inputs":
      return log.read(asked.request.after, asked.request.from);
    case "drop":
      log.drop(asked.request.through);
      return undefined;
    case "position":
      return log.last;
    case "bytes":
      return log.bytes();
  }
}

/** Our own bugs are thrown: unhandled, they end the worker, and the main thread says so. */
function attempt(asked: AskedOf<LogOperations>): Read<unknown> {
  try {
    return { ok: true, value: perform(asked) };
  } catch (cause) {
    return failure(cause);
  }
}

port.on("message", (asked: AskedOf<LogOperations>) => {
  // Whoever asks later is answered by the end of this thread.
  if (isClosed) return;
  port.postMessage({ id: asked.id, result: attempt(asked) } satisfies Answered);
  if (asked.op !== "close") return;
  isClosed = true;
  port.close();
});
