import { Worker } from "node:worker_threads";
import type { Read } from "./disk.ts";
import type { Answered, Operation, Operations } from "./requests.ts";

/** The worker thread as a function: asks, and resolves with its answer. */
export type AskWorker = {
  readonly ask: <Op extends Operation>(
    op: Op,
    request: Operations[Op]["request"],
    /** Handed over and not copied: the caller has them no longer. */
    transfer?: readonly ArrayBuffer[],
  ) => Promise<Read<Operations[Op]["value"]>>;
  /** Why outputs cannot be written; undefined while they can. */
  readonly trouble: () => string | undefined;
};

/**
 * Starts the worker beside this file, as source or as built. When the worker ends, whatever is
 * open or comes later is refused with the reason: nobody waits for a thread that is gone.
 */
export function startWorker(): AskWorker {
  const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  const worker = new Worker(new URL(file, import.meta.url), { name: "disk" });
  const waiting = new Map<number, (result: Read<never>) => void>();
  let nextId = 1;
  let trouble: string | undefined;
  let gone: string | undefined;

  const end = (reason: string): void => {
    gone ??= reason;
    for (const resolve of waiting.values()) resolve({ ok: false, retry: false, reason: gone });
    waiting.clear();
  };
  worker.on("message", (answered: Answered) => {
    if ("trouble" in answered) {
      trouble = answered.trouble;
      return;
    }
    const resolve = waiting.get(answered.id);
    waiting.delete(answered.id);
    // `ask` pairs each id with the operation whose value this is.
    resolve?.(answered.result as Read<never>);
  });
  worker.on("error", (error: unknown) => {
    end(`the disk's thread failed: ${error instanceof Error ? error.message : String(error)}`);
  });
  worker.on("exit", () => {
    end("the disk is closed");
  });

  return {
    ask: (op, request, transfer = []) =>
      new Promise((resolve) => {
        if (gone !== undefined) {
          resolve({ ok: false, retry: false, reason: gone });
          return;
        }
        const id = nextId++;
        waiting.set(id, resolve);
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
        worker.postMessage({ id, op, request }, transfer);
      }),
    trouble: () => trouble,
  };
}
