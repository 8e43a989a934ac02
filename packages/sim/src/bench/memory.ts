import { setTimeout as wait } from "node:timers/promises";
import type { Figure } from "./figure.ts";
import type { MemoryReport } from "./memory-child.ts";
import { NarukoProcess } from "./naruko-process.ts";
import { runChild } from "./run-child.ts";

const MIB = 2 ** 20;
const SERIES = 10_000;
const HOURS = 25;
const AIM_IDLE_MIB = 200;
const IDLE_AFTER_MS = 20_000;

export type MemoryOptions = {
  readonly runs: number;
  readonly tell: (text: string) => void;
};

/** Idle: `naruko serve` as users start it. Full: the engine alone, which is what grows with series. */
export async function benchMemory({ runs, tell }: MemoryOptions): Promise<readonly Figure[]> {
  const idle: number[] = [];
  const full: MemoryReport[] = [];
  for (let run = 1; run <= runs; run++) {
    tell(`memory ${run}/${runs}: idle …\n`);
    idle.push(await idleBytes());
    tell(`memory ${run}/${runs}: ${SERIES} series over ${HOURS} h …\n`);
    // What the child prints is what `MemoryReport` says.
    const args = [String(SERIES), String(HOURS)];
    full.push((await runChild("./memory-child.ts", args, { processor: 0 })) as MemoryReport);
  }
  tell("memory: once more, collected …\n");
  const collected = (await runChild("./memory-child.ts", [String(SERIES), String(HOURS)], {
    processor: 0,
    nodeOptions: ["--expose-gc"],
  })) as MemoryReport;
  return figures(idle, full, collected);
}

async function idleBytes(): Promise<number> {
  const naruko = await NarukoProcess.start();
  try {
    await wait(IDLE_AFTER_MS);
    return (await naruko.metrics()).get("process_resident_memory_bytes") ?? NaN;
  } finally {
    await naruko.stop();
  }
}

function figures(
  idle: readonly number[],
  full: readonly MemoryReport[],
  collected: MemoryReport,
): Figure[] {
  const over = `${HOURS} h at 15 s`;
  return [
    {
      ...figure(
        "resident, idle, shipped rules",
        "MiB",
        idle.map((bytes) => bytes / MIB),
      ),
      aim: { atMost: AIM_IDLE_MIB },
    },
    {
      ...figure(
        `resident, engine with ${SERIES} series, ${over}`,
        "MiB",
        full.map(({ rssBytes }) => rssBytes / MIB),
      ),
      beside: { what: "after a forced collection", values: [collected.rssBytes / MIB] },
    },
    figure(
      "series in it",
      "series",
      full.map(({ series }) => series),
    ),
    figure(
      "samples in it",
      "million",
      full.map(({ samples }) => samples / 1e6),
    ),
    figure("bytes a sample as kept", "bytes", full.map(bytesPerSample)),
    figure(
      "main loop stands for a snapshot",
      "ms",
      full.map(({ saveMs }) => saveMs),
    ),
  ];
}

function bytesPerSample({ sampleBytes, samples }: MemoryReport): number {
  return sampleBytes / samples;
}

function figure(what: string, unit: string, values: readonly number[]): Figure {
  return { bench: "memory", what, unit, values };
}
