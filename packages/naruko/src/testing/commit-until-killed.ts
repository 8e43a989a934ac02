// A child process: commits numbered inputs, says which are committed, and goes on until it is killed.
import { epochMs } from "@naruko/core/model/time";
import { openDuckDbDisk } from "../disk/duckdb-disk.ts";
import { keptOf, numberedInput, resume } from "./numbered-inputs.ts";

const SNAPSHOT_EVERY = 60;
const IN_FLIGHT = 4;

const opened = await openDuckDbDisk(process.argv[2] ?? "", { checkpointBytes: 100_000 });
if (!opened.ok) throw new Error(opened.reason);
const disk = opened.value;
const lastSeq = await resume(disk);
process.stdout.write(`resumed ${String(lastSeq)}\n`);

for (let seq = lastSeq + 1; ; seq += IN_FLIGHT) {
  const inputs = Array.from({ length: IN_FLIGHT }, (_, i) => numberedInput(seq + i));
  await Promise.all(
    inputs.map(async (input) => {
      const committed = await disk.commit([input]);
      if (!committed.ok) throw new Error(committed.reason);
      process.stdout.write(`committed ${String(input.seq)}\n`);
      void disk.keep(keptOf(input));
    }),
  );
  const last = seq + IN_FLIGHT - 1;
  if (last % SNAPSHOT_EVERY < IN_FLIGHT) {
    const at = epochMs(last * 1000);
    const state = String(last);
    void disk.saveSnapshot({ seq: last, at, version: 1, state, heads: Uint8Array.of(1) });
  }
}
