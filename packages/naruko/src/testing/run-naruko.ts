import { systemWorld } from "../commands/system-world.ts";
import { main } from "../main.ts";

/** What a command printed, told on standard error, and exited with. */
export type Ran = { readonly code: number; readonly printed: string; readonly told: string };

/** Runs `naruko ARGS` in this process, with an empty environment and no terminal. */
export async function runNaruko(...args: readonly string[]): Promise<Ran> {
  let printed = "";
  let told = "";
  const code = await main(args, {
    ...systemWorld(),
    environment: {},
    isTerminal: false,
    print: (text) => (printed += text),
    tell: (text) => (told += text),
  });
  return { code, printed, told };
}
