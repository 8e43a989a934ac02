import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
/** What users run: the built program. */
const NARUKO = path.join(ROOT, "packages", "naruko", "bin", "naruko.js");

/** A command that runs on one processor, where the system can pin it. */
export function pinned(processor: number, command: readonly string[]): readonly string[] {
  if (process.platform !== "linux") return command;
  return ["taskset", "-c", String(processor), ...command];
}

/** A running `naruko serve` with a data directory of its own. */
export class NarukoProcess {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly url: string;
  readonly otlpUrl: string;

  private constructor(child: ChildProcess, folder: string, greeting: string) {
    this.#child = child;
    this.#folder = folder;
    this.url = /status page +(\S+)/.exec(greeting)?.[1] ?? "";
    this.otlpUrl = /send OTLP to +(\S+)/.exec(greeting)?.[1] ?? "";
  }

  /** Starts it on processor 0 and waits until its ports are open. */
  static async start(nodeOptions: readonly string[] = []): Promise<NarukoProcess> {
    const folder = mkdtempSync(path.join(tmpdir(), "naruko-bench-"));
    const serve = [
      "serve",
      "--data",
      folder,
      "--port",
      "0",
      "--otlp-http-port",
      "0",
      "--otlp-grpc-port",
      "0",
    ];
    const [command = "", ...args] = pinned(0, [process.execPath, ...nodeOptions, NARUKO, ...serve]);
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], cwd: folder });
    let greeting = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (text: string) => (greeting += text));
    while (!/send OTLP to \S+\n/.test(greeting)) {
      if (child.exitCode !== null) throw new Error(`naruko serve exited with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return new NarukoProcess(child, folder, greeting);
  }

  /** Seconds of processor time so far, over all threads; NaN where the system does not tell. */
  cpuS(): number {
    if (process.platform !== "linux") return NaN;
    const text = readFileSync(`/proc/${String(this.#child.pid)}/stat`, "utf8");
    // After the name in brackets: state is field 3, user and system time are 14 and 15, in ticks.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  }

  /** Its own metrics, by name and labels as they are written. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(
      lines.map((line) => {
        const space = line.lastIndexOf(" ");
        return [line.slice(0, space), Number(line.slice(space + 1))] as const;
      }),
    );
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** `sysconf(_SC_CLK_TCK)` of every Linux that Node runs on. */
const TICKS_PER_S = 100;
