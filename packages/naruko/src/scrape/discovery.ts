import { resolve4, resolve6, resolveSrv } from "node:dns/promises";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { SECOND_MS } from "@naruko/core/model/time";
import type { TargetGroup } from "@naruko/core/scrape/target";
import { z } from "zod";
import { parseYaml } from "../config/parse-yaml.ts";
import { plainValue } from "../config/load-config.ts";
import type { DnsDiscoveryConfig, FileDiscoveryConfig } from "../config/scrape-schema.ts";
import type { Clock } from "../drive/clock.ts";

export type DiscoveryPorts = {
  readonly clock: Clock;
  /** What the names of files are relative to. */
  readonly folder: string;
  readonly resolver: Resolver;
  /** The groups of one source, all of them; what was found before is forgotten. */
  readonly found: (source: string, groups: readonly TargetGroup[]) => void;
  /** A source cannot be read; what it gave last stays. */
  readonly failed: (source: string, reason: string) => void;
};

/** The part of DNS that is asked. */
export type Resolver = {
  readonly resolve4: (name: string) => Promise<readonly string[]>;
  readonly resolve6: (name: string) => Promise<readonly string[]>;
  readonly resolveSrv: (
    name: string,
  ) => Promise<readonly { readonly name: string; readonly port: number }[]>;
};

export const systemResolver: Resolver = { resolve4, resolve6, resolveSrv };

/** How often files are looked at for changes; `refresh_interval` is an upper bound of it. */
const LOOK_EVERY_MS = 5 * SECOND_MS;

/** Looks again and again until it is stopped. */
class Poll {
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(clock: Clock, everyMs: number, look: () => Promise<void>) {
    const run = async (): Promise<void> => {
      await look();
      if (!this.#stopped) this.#cancel = clock.after(everyMs, () => void run());
    };
    void run();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  get stopped(): boolean {
    return this.#stopped;
  }
}

export type Discovery = { readonly stop: () => void };

const GROUPS = z.array(
  z.strictObject({
    targets: z.array(z.string("expected host:port")),
    labels: z.record(z.string(), z.string("expected text")).default({}),
  }),
  "expected a list of groups with targets and labels",
);

/**
 * Targets in files of JSON or YAML, which are read again when they change. A file that cannot be read
 * leaves the targets that it gave last; one that is gone has none.
 */
export function discoverFiles(config: FileDiscoveryConfig, ports: DiscoveryPorts): Discovery {
  const seen = new Map<string, string>();
  const everyMs = Math.min(config.refresh_interval, LOOK_EVERY_MS);
  const look = async (): Promise<void> => {
    const files = await filesOf(config.files, ports);
    if (files === undefined) return;
    for (const file of seen.keys()) {
      if (files.has(file) || poll.stopped) continue;
      seen.delete(file);
      ports.found(`file ${file}`, []);
    }
    for (const file of files) {
      const version = await versionOf(file);
      if (poll.stopped || seen.get(file) === version) continue;
      seen.set(file, version);
      await readGroups(file, ports);
    }
  };
  const poll = new Poll(ports.clock, everyMs, look);
  return poll;
}

/** The files that are there to be read; `undefined` where a folder cannot be looked at. */
async function filesOf(
  patterns: readonly string[],
  { folder, failed }: DiscoveryPorts,
): Promise<ReadonlySet<string> | undefined> {
  const files = new Set<string>();
  for (const pattern of patterns) {
    if (!pattern.includes("*")) {
      files.add(path.resolve(folder, pattern));
      continue;
    }
    try {
      const parent = path.resolve(folder, path.dirname(pattern));
      const [before = "", after = ""] = path.basename(pattern).split("*");
      for (const name of await readdir(parent)) {
        const isLong = name.length >= before.length + after.length;
        if (isLong && name.startsWith(before) && name.endsWith(after)) {
          files.add(path.join(parent, name));
        }
      }
    } catch (error) {
      failed(`files ${pattern}`, messageOf(error));
      return undefined;
    }
  }
  return files;
}

/** Different whenever the file is; what cannot be looked at has a version too. */
async function versionOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    return messageOf(error);
  }
}

async function readGroups(file: string, ports: DiscoveryPorts): Promise<void> {
  const source = `file ${file}`;
  try {
    const { root } = parseYaml(file, await readFile(file, "utf8"));
    const groups = GROUPS.safeParse(root === undefined ? [] : plainValue(root));
    if (!groups.success) {
      const [issue] = groups.error.issues;
      ports.failed(source, `${issue?.path.join(".")}: ${issue?.message}`);
      return;
    }
    const meta = { __meta_filepath: file };
    ports.found(
      source,
      groups.data.map(({ targets, labels }) => ({ targets, labels: { ...labels, ...meta } })),
    );
  } catch (error) {
    ports.failed(source, messageOf(error));
  }
}

/** Targets from DNS; a name that does not resolve leaves the targets that it gave last. */
export function discoverDns(config: DnsDiscoveryConfig, ports: DiscoveryPorts): Discovery {
  const poll = new Poll(ports.clock, config.refresh_interval, async () => {
    for (const name of config.names) {
      const source = `dns ${config.type} ${name}`;
      try {
        const groups = await resolved(name, config, ports.resolver);
        if (!poll.stopped) ports.found(source, groups);
      } catch (error) {
        if (!poll.stopped) ports.failed(source, messageOf(error));
      }
    }
  });
  return poll;
}

async function resolved(
  name: string,
  { type, port = 0 }: DnsDiscoveryConfig,
  resolver: Resolver,
): Promise<readonly TargetGroup[]> {
  const meta = { __meta_dns_name: name };
  const group = (address: string, more: Record<string, string> = {}): TargetGroup => {
    return { targets: [address], labels: { ...meta, ...more } };
  };
  if (type === "A") return (await resolver.resolve4(name)).map((ip) => group(`${ip}:${port}`));
  if (type === "AAAA") return (await resolver.resolve6(name)).map((ip) => group(`[${ip}]:${port}`));
  return (await resolver.resolveSrv(name)).map((record) =>
    group(`${record.name}:${record.port}`, {
      __meta_dns_srv_record_target: record.name,
      __meta_dns_srv_record_port: String(record.port),
    }),
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
