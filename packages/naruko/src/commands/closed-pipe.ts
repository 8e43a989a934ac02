import type { EventEmitter } from "node:events";

/**
 * Whoever reads a command's output may stop before its end (`naruko query … | head`): the rest goes
 * nowhere, and the command ends as it would have.
 */
export function outliveReader(stream: Pick<EventEmitter, "on">): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
