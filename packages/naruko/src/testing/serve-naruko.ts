import { EventEmitter, once } from "node:events";
import type { TestContext } from "node:test";
import { systemWorld } from "../commands/system-world.ts";
import { main } from "../main.ts";

/** Where a server answers, and how to end it before the test does. */
export type Serving = {
  readonly http: string;
  readonly otlp: string;
  readonly grpc: string;
  readonly stop: () => Promise<void>;
};

/** Runs `naruko serve ARGS` in this process until the test ends, on free ports where ARGS has none. */
export async function serveNaruko(
  context: TestContext,
  ...args: readonly string[]
): Promise<Serving> {
  let printed = "";
  let told = "";
  const handlers: ((signal: "stop" | "reload") => void)[] = [];
  const greetings = new EventEmitter();
  const greeted = once(greetings, "greeted");
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const exit = main(["serve", ...args, ...port, "--otlp-http-port", "0", "--otlp-grpc-port", "0"], {
    ...systemWorld(),
    environment: {},
    isTerminal: false,
    print: (text) => {
      printed += text;
      if (text.includes("send OTLP")) greetings.emit("greeted");
    },
    tell: (text) => (told += text),
    onSignal: (handler) => {
      handlers.push(handler);
      return () => undefined;
    },
  });
  await Promise.race([greeted, exit]);
  const [http, otlp, grpc] = [...printed.matchAll(/https?:\/\/\S+/g)].map(([url]) => url);
  if (http === undefined || otlp === undefined || grpc === undefined)
    throw new Error(`no server: ${told}`);
  const stop = async (): Promise<void> => {
    for (const handler of handlers) handler("stop");
    await exit;
  };
  context.after(stop);
  return { http, otlp, grpc, stop };
}
