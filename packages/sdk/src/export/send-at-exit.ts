import { Worker } from "node:worker_threads";
import type { Post } from "./send.ts";

/** How long a process that is about to end is held up, at most. Starting a thread takes 50 ms of it. */
const LIMIT_MS = 500;

/**
 * Of the thread that sends. Text, so that bundlers need know nothing of it. It tells when every
 * request was answered, or one could not be: then the server is away.
 */
const PROGRAM = `
const { posts, done } = require("node:worker_threads").workerData;
const answered = new Int32Array(done);
const next = ([post, ...rest]) => {
  if (post === undefined) {
    Atomics.store(answered, 0, 1);
    Atomics.notify(answered, 0);
    return;
  }
  const { url, headers, body } = post;
  const { request: open } = require(url.startsWith("https:") ? "node:https" : "node:http");
  const request = open(url, { method: "POST", headers });
  request.on("response", (response) => {
    response.resume();
    next(rest);
  });
  request.on("error", () => next([]));
  request.end(body);
};
next(posts);`;

/**
 * Posts what is left while the process ends, when nothing of it runs any more but its listeners of
 * `exit`: a thread of its own sends, and this one waits for it. Returns when it is done, or too late.
 */
export function sendAtExit(posts: readonly Post[]): void {
  if (posts.length === 0) return;
  const done = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const workerData = {
    posts: posts.map(({ url, headers, body }) => ({ url: url.href, headers, body })),
    done,
  };
  // Without the options and the environment of this process, by which it would load what this one does.
  const thread = new Worker(PROGRAM, { eval: true, env: {}, execArgv: [], workerData });
  thread.unref();
  Atomics.wait(new Int32Array(done), 0, 0, LIMIT_MS);
}
