import { systemClock } from "../drive/clock.ts";
import type { World } from "./command.ts";

const SIGNALS = { SIGINT: "stop", SIGTERM: "stop", SIGHUP: "reload" } as const;

/** The real outside: this process' clock, environment, streams and signals. */
export function systemWorld(): World {
  return {
    clock: systemClock,
    environment: process.env,
    print: (text) => process.stdout.write(text),
    tell: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
    onSignal: (run) => {
      const handlers = Object.entries(SIGNALS).map(([signal, meaning]) => {
        const handler = (): void => {
          run(meaning);
        };
        process.on(signal, handler);
        return [signal, handler] as const;
      });
      return () => {
        for (const [signal, handler] of handlers) process.off(signal, handler);
      };
    },
  };
}
