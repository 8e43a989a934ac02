import type { Command } from "./command.ts";
import { Misuse } from "./command.ts";

/** `naruko serve`: receive, evaluate, notify, in one process. */
export const serveCommand: Command = {
  usage: "serve [--config FILE] [--data DIR] [--demo] [--host H] [--port N] …",
  summary: "receive telemetry, evaluate rules, notify",
  options: {},
  run: () => {
    throw new Misuse("not wired");
  },
};
