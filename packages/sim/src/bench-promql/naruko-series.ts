import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pinned } from "../bench/naruko-process.ts";

/** Our API over the samples, in a process of its own on processor 0. */
export class NarukoSeries {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @param nodeOptions such as `--cpu-prof` */
  static async start(nodeOptions: readonly string[]): Promise<NarukoSeries> {
    const script = fileURLToPath(new URL("./serve-child.ts", import.meta.url));
    const node = [process.execPath, "--conditions=source", ...nodeOptions, script];
    const [command = "", ...args] = pinned(0, node);
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.setEncoding("utf8");
    const [url] = (await once(child.stdout, "data")) as [string];
    return new NarukoSeries(child, url.trim());
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}
