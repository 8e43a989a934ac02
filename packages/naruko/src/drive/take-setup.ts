import type { Engine } from "@naruko/core/engine/engine";
import type { EngineSetup } from "@naruko/core/model/engine-io";
import { InputError } from "@naruko/core/model/input-error";
import type { Disk } from "../disk/disk.ts";
import type { Live } from "./live.ts";
import { adoptHistory } from "./recover.ts";
import type { Report } from "./server.ts";

/**
 * Commits a setup that differs from the running one; its rules' history is loaded before.
 *
 * @throws InputError when the setup is refused, or cannot be committed
 */
export async function takeSetup(
  setup: EngineSetup,
  {
    engine,
    live,
    disk,
    report,
  }: {
    readonly engine: Engine;
    readonly live: Live;
    readonly disk: Pick<Disk, "chunksSince">;
    readonly report: Report;
  },
): Promise<void> {
  if (sameSetup(setup, engine.setup)) return;
  const { warnings } = await adoptHistory(setup, engine, disk);
  for (const warning of warnings) report("configuration", { warning });
  const outcome = await live.submit({ kind: "reload", setup });
  if (!outcome.ok) throw new InputError("config", outcome.reason);
}

function sameSetup(a: EngineSetup, b: EngineSetup): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
