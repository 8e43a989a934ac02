import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

const FOLDERS = path.join(import.meta.dirname, "..", "..", "senders");
const LIMIT_MS = 60_000;

/** How an application ended, and what it wrote. */
export type Ended = {
  readonly code: unknown;
  readonly signal: unknown;
  readonly printed: string;
  readonly told: string;
};

/**
 * Runs a program of a folder of `packages/sim/senders` to its end: by this Node and with the sources of
 * the SDK, unless `command` is another runtime, which takes the SDK as it is built.
 */
export async function runApplication(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  { command }: { readonly command?: string } = {},
): Promise<Ended> {
  const source = command === undefined ? ["--conditions=source"] : [];
  const child = spawn(command ?? process.execPath, [...source, ...args], {
    cwd: path.join(FOLDERS, folder),
    // Nothing of this process' own environment: NODE_OPTIONS and OTEL_* would change what is sent.
    env: { PATH: process.env["PATH"], ...environment },
    signal: AbortSignal.timeout(LIMIT_MS),
    killSignal: "SIGKILL",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
  const [code, signal] = (await once(child, "close")) as readonly unknown[];
  return { code, signal, printed, told };
}
