import { existsSync } from "node:fs";
import type { Engine } from "@naruko/core/engine/engine";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { SECOND_MS } from "@naruko/core/model/time";
import { GoldenTexts } from "../ask/golden-texts.ts";
import { withPlaceholders } from "../config/environment.ts";
import { engineYaml } from "../config/setup.ts";
import { databaseFileOf } from "../disk/data-dir.ts";
import type { Disk } from "../disk/disk.ts";
import { openDuckDbDisk } from "../disk/duckdb-disk.ts";
import { recover } from "../drive/recover.ts";
import type { World } from "./command.ts";

/** What a data directory holds, for as long as it is open. */
export type OpenedDirectory = { readonly engine: Engine; readonly disk: Disk };

/**
 * Opens a data directory that no server holds, reads it, and closes it again; says why where it
 * cannot be opened.
 */
export async function readDirectory<T>(
  folder: string,
  { environment }: Pick<World, "environment">,
  read: (opened: OpenedDirectory) => Promise<T>,
): Promise<T | { readonly error: string }> {
  if (!existsSync(databaseFileOf(folder))) {
    return { error: `${folder} is no data directory: it has no naruko.duckdb` };
  }
  const disk = await openDuckDbDisk(databaseFileOf(folder));
  if (!disk.ok) return { error: disk.reason };
  try {
    const { engine } = await recover(disk.value, {
      intervalMs: 15 * SECOND_MS,
      limits: DEFAULT_LIMITS,
      parseYaml: engineYaml(withPlaceholders(environment)),
      goldenText: new GoldenTexts(folder).textOf,
    });
    return await read({ engine, disk: disk.value });
  } finally {
    await disk.value.close();
  }
}
