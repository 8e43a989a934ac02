import path from "node:path";
import type { LoadedConfig } from "../config/config.ts";
import { RemoteWrites } from "../remote-write/remote-writes.ts";
import { engineSource } from "../remote-write/sample-source.ts";
import type { Clock } from "./clock.ts";
import type { Disk } from "../disk/disk.ts";
import type { QuerySources } from "./query.ts";
import { folderOf } from "./scraping.ts";
import type { Report } from "./server.ts";

export type RemoteWritingOptions = Omit<QuerySources, "monotonicMs" | "disk"> & {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly version: string;
  readonly report: Report;
  readonly loaded: LoadedConfig;
};

/** Sends what a running engine stores to the remote stores of its configuration. */
export function remoteWritesOf(options: RemoteWritingOptions): RemoteWrites {
  const { clock, version, report, loaded, ...sources } = options;
  return new RemoteWrites({
    clock,
    version,
    report,
    now: sources.now,
    intervalMs: loaded.config.interval,
    folder: folderOf(loaded),
    markFolder: path.resolve(loaded.config.data, "remote-write"),
    source: engineSource({ ...sources, monotonicMs: clock.monotonicMs }),
  });
}
