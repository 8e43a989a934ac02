import { Worker } from "node:worker_threads";
import type { Read } from "./disk.ts";
import type { Answered, Operations } from "./requests.ts";

/** A worker thread as a function: asks, and resolves with its answer. */
export type AskWorker<Ops extends Operations> = {
  readonly ask: <Op extends keyof Ops & string>(
    op: Op,
    request: Ops[Op]["request"],
    /** Handed over and not copied: the caller has them no longer. */
    transfer?: readonly ArrayBuffer[],
  ) => Promise<Read<Ops[Op]["value"]>>;
  /** Why outputs cannot be written; undefined while they can. */
  readonly trouble: () => string | undefined;
};

/**
 * Starts a worker whose file is beside this one, as source or as built. When the worker ends, whatever is
 * open or comes later is refused with the reason: nobody waits for a thread that is gone.
 */
export function startWorker<Ops extends Operations>(
  file: "worker" | "log-worker",
  name: string,
): AskWorker<Ops> {
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const worker = new Worker(new URL(`./${file}.${ending}`, import.meta.url), { name });
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
    end(`the thread "${name}" failed: ${error instanceof Error ? error.message : String(error)}`);
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
