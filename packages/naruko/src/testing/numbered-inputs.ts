// Inputs that can be told from their number alone, for tests that kill the process between them.
import type { Input } from "@naruko/core/model/engine-io";
import type { Disk, KeptEffect } from "../disk/disk.ts";
import { aCall, telemetryInput } from "./any-input.ts";

/** The input with this number: a few calls, and now and then many. */
export function numberedInput(seq: number): Input {
  const count = (seq % 5) + 1 + (seq % 40 === 0 ? 2000 : 0);
  const calls = Array.from({ length: count }, (_, n) =>
    aCall({ userId: `${String(seq)}/${String(n)}`, costUsd: seq / 1000 }),
  );
  return telemetryInput(seq, calls);
}

/** What the engine would have kept of it. */
export function keptOf(input: Input): KeptEffect[] {
  if (input.kind !== "telemetry") return [];
  return [{ kind: "keep", seq: input.seq, at: input.at, telemetry: input.telemetry }];
}

/** Goes on from what is on disk as a restarted engine does; returns the last committed number. */
export async function resume(disk: Disk): Promise<number> {
  const recovery = await disk.recover("latest");
  if (!recovery.ok) throw new Error(recovery.reason);
  const kept: Promise<unknown>[] = [];
  for await (const input of disk.inputsAfter(recovery.value.snapshot?.seq ?? 0)) {
    kept.push(disk.keep(keptOf(input)));
  }
  await Promise.all(kept);
  return recovery.value.lastSeq;
}
