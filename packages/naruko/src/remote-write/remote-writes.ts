import { remoteName, type RemoteWriteConfig } from "../config/remote-write-schema.ts";
import type { Input } from "@naruko/core/model/engine-io";
import { markFile } from "./sent-mark.ts";
import { earliestIn } from "./sent-positions.ts";
import { type RemotePorts, RemoteWriter } from "./remote-writer.ts";

export type RemoteWritesPorts = Omit<RemotePorts, "marks"> & {
  /** Where the marks are kept. */
  readonly markFolder: string;
};

type Running = { readonly writer: RemoteWriter; readonly text: string };

/** The remote stores of the configuration of the moment. */
export class RemoteWrites {
  readonly #ports: RemoteWritesPorts;
  #running = new Map<string, Running>();
  #changing: Promise<void> = Promise.resolve();

  constructor(ports: RemoteWritesPorts) {
    this.#ports = ports;
  }

  /** For `/metrics`. */
  get writers(): readonly RemoteWriter[] {
    return [...this.#running.values()].map(({ writer }) => writer);
  }

  /** An input was applied: what it brought may be from long before the last round. */
  applied(input: Input): void {
    if (this.#running.size === 0) return;
    const earliest = earliestIn(input);
    if (earliest === Infinity) return;
    for (const { writer } of this.#running.values()) writer.arrived(earliest);
  }

  /** Takes another configuration; remotes that are as before go on undisturbed. */
  use(configs: readonly RemoteWriteConfig[]): Promise<void> {
    // One after the other: a reload that overtook another would leave writers that nobody ends.
    this.#changing = this.#changing.then(() => this.#take(configs));
    return this.#changing;
  }

  async stop(): Promise<void> {
    await this.#changing;
    await Promise.all(this.writers.map((writer) => writer.stop()));
    this.#running.clear();
  }

  async #take(configs: readonly RemoteWriteConfig[]): Promise<void> {
    const wanted = new Map(configs.map((config) => [remoteName(config), config]));
    const kept = new Map<string, Running>();
    const ended: RemoteWriter[] = [];
    for (const [name, running] of this.#running) {
      const config = wanted.get(name);
      if (config !== undefined && JSON.stringify(config) === running.text) kept.set(name, running);
      else ended.push(running.writer);
    }
    this.#running = kept;
    await Promise.all(ended.map((writer) => writer.stop()));
    for (const [name, config] of wanted) {
      if (kept.has(name)) continue;
      const marks = markFile(this.#ports.markFolder, name);
      const writer = new RemoteWriter(config, { ...this.#ports, marks });
      kept.set(name, { writer, text: JSON.stringify(config) });
    }
  }
}
