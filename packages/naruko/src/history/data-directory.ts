import { existsSync } from "node:fs";
import { InputError } from "@naruko/core/model/input-error";
import { epochMs } from "@naruko/core/model/time";
import { databaseFileOf, findServer } from "../disk/data-dir.ts";
import { openDuckDbDisk } from "../disk/duckdb-disk.ts";
import type { HistoryInput } from "./history.ts";
import type { HistoryTally } from "./history-tally.ts";

const ALWAYS = { from: epochMs(0), to: epochMs(Number.MAX_SAFE_INTEGER) };
const NONE: ReadonlyMap<string, number> = new Map();

/**
 * The calls and evaluations that a data directory keeps, at the times at which they came in.
 *
 * @throws InputError of kind `replay` when it is none, or in use
 */
export async function* dataDirectory(
  folder: string,
  tally: HistoryTally,
): AsyncGenerator<HistoryInput> {
  const file = databaseFileOf(folder);
  if (!existsSync(file)) {
    throw new InputError("replay", `${folder} is no data directory: there is no ${file}`);
  }
  const server = await findServer(folder);
  if (server !== undefined) {
    const holder = `the server at ${server.address} (process ${server.pid})`;
    throw new InputError("replay", `${folder} is in use by ${holder}; stop it first, or copy it`);
  }
  const disk = await openDuckDbDisk(file);
  if (!disk.ok) throw new InputError("replay", disk.reason);
  try {
    for await (const input of disk.value.history(ALWAYS)) {
      if (input.kind !== "telemetry") continue;
      tally.addRead(NONE, NONE);
      yield { at: input.at, telemetry: input.telemetry };
    }
  } finally {
    await disk.value.close();
  }
}
