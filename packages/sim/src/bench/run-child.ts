import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { pinned } from "./naruko-process.ts";

/** Runs a file of this folder in a process of its own on one processor; gives what it prints as JSON. */
export function runChild(
  file: string,
  args: readonly string[],
  { processor, nodeOptions = [] }: { processor: number; nodeOptions?: readonly string[] },
): Promise<unknown> {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const node = [process.execPath, "--conditions=source", ...nodeOptions, script, ...args];
  const [command = "", ...rest] = pinned(processor, node);
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (part: string) => (text += part));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(text));
      else reject(new Error(`${file} exited with ${String(code)}`));
    });
  });
}
