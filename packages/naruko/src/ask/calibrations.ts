import { mkdir, open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { InputError } from "@naruko/core/model/input-error";
import type { JudgeCalibration } from "@naruko/core/model/judge";
import { epochMs } from "@naruko/core/model/time";
import { z } from "zod";

const OWNER_ONLY = 0o600;
/** The latest are kept: some hundred versions of a judge. */
const ROWS_MAX = 200;

const count = z.int().min(0);
const rows = z.strictObject({
  version: z.literal(1),
  calibrations: z.array(
    z.strictObject({
      judge: z.string(),
      rubric: z.string(),
      language: z.string(),
      at: count.transform(epochMs),
      caught: count,
      missed: count,
      accused: count,
      cleared: count,
      missing: count,
    }),
  ),
});

/** Where a data directory keeps what comparing its judge with people came to. */
export function calibrationFile(dataDir: string): string {
  return path.join(dataDir, "judge-calibration.json");
}

/**
 * What is kept, the oldest first; nothing where nothing was ever compared.
 *
 * @throws InputError where the file holds something else; the system's error where it cannot be read
 */
export async function readCalibrations(dataDir: string): Promise<readonly JudgeCalibration[]> {
  const file = calibrationFile(dataDir);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return [];
  const read = rows.safeParse(parsed(text));
  if (read.success) return read.data.calibrations;
  const remedy = "remove it, and calibrate anew";
  throw new InputError("config", `${file}: expected what naruko judge calibrate writes; ${remedy}`);
}

/** Keeps rows in the place of those of the same judge, rubric and language. */
export async function keepCalibrations(
  dataDir: string,
  added: readonly JudgeCalibration[],
): Promise<void> {
  const keys = new Set(added.map(keyOf));
  const before = (await readCalibrations(dataDir)).filter((one) => !keys.has(keyOf(one)));
  const calibrations = [...before, ...added].slice(-ROWS_MAX);
  const file = calibrationFile(dataDir);
  await mkdir(dataDir, { recursive: true });
  const handle = await open(`${file}.next`, "w", OWNER_ONLY);
  try {
    await handle.writeFile(`${JSON.stringify({ version: 1, calibrations }, undefined, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  // Moved over it at once: a server that reads it meanwhile has the old or the new one, whole.
  await rename(`${file}.next`, file);
}

function keyOf({ judge, rubric, language }: JudgeCalibration): string {
  return JSON.stringify([judge, rubric, language]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told of with what is no calibration either.
    return undefined;
  }
}
