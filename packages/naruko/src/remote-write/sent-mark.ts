import { mkdir, open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { type EpochMs, epochMs } from "@naruko/core/model/time";

/** How far a remote has everything: what comes after a restart begins there. */
export type SentMark = {
  /** Samples up to this time were taken, or given up. */
  readonly through: EpochMs;
  /** The last input that had been applied when they were read. */
  readonly seq: number;
};

/** Keeps a mark over restarts and crashes. */
export type MarkStore = {
  readonly read: () => Promise<SentMark | undefined>;
  readonly write: (mark: SentMark) => Promise<void>;
};

const VERSION = 1;

/** A mark in a file of its own, replaced as a whole. @throws the system's error */
export function markFile(folder: string, name: string): MarkStore {
  const file = path.join(folder, `${encodeURIComponent(name)}.json`);
  return {
    read: async () => {
      const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      return text === undefined ? undefined : parsed(file, text);
    },
    write: async (mark) => {
      await mkdir(folder, { recursive: true });
      const next = `${file}.next`;
      const handle = await open(next, "w", 0o600);
      try {
        await handle.writeFile(JSON.stringify({ version: VERSION, ...mark }));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(next, file);
    },
  };
}

function parsed(file: string, text: string): SentMark {
  const { version, through, seq } = JSON.parse(text) as Record<string, unknown>;
  if (version !== VERSION || !Number.isSafeInteger(through) || !Number.isSafeInteger(seq)) {
    throw new Error(`${file} is of no version that is known; remove it to begin anew`);
  }
  return { through: epochMs(Number(through)), seq: Number(seq) };
}
