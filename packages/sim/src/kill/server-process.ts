import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const CHILD = fileURLToPath(new URL("serve-child.ts", import.meta.url));

/** How a process ended: by itself, with what it told, or by a signal. */
export type Ended = { readonly code: number | null; readonly told: string };

/** `naruko serve` from its sources in a process of its own, on free ports. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  /** Resolves once it greets; rejects, with what it told, where it ends before. */
  readonly greeted: Promise<void>;
  #printed = "";
  #told = "";

  constructor(args: readonly string[], options: { readonly cwd: string }) {
    const ports = ["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"];
    const command = ["--conditions=source", CHILD, "serve", ...args, ...ports];
    const child = spawn(process.execPath, command, {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#exited = once(child, "close");
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#told += text));
    child.stdout.setEncoding("utf8");
    this.greeted = new Promise((resolve, reject) => {
      child.stdout.on("data", (text: string) => {
        this.#printed += text;
        if (/send OTLP to \S+\n/.test(this.#printed)) resolve();
      });
      child.on("close", () => {
        reject(new Error(`naruko serve ended: ${this.#told}`));
      });
    });
    // Whoever kills it before it greets does not wait for the greeting.
    this.greeted.catch(() => undefined);
  }

  get http(): string {
    return /status page +(\S+)/.exec(this.#printed)?.[1] ?? "";
  }

  get otlp(): string {
    return /send OTLP to +(\S+)/.exec(this.#printed)?.[1] ?? "";
  }

  /** What it logged so far. */
  get told(): string {
    return this.#told;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended();
  }

  /** Asks it to read its configuration again. */
  reload(): void {
    this.#child.kill("SIGHUP");
  }

  async ended(): Promise<Ended> {
    await this.#exited;
    return { code: this.#child.exitCode, told: this.#told };
  }
}
