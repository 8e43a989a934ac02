import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { InputError } from "@naruko/core/model/input-error";

const OWNER_ONLY = 0o600;
const KEY_BYTES = 16;
const KEY = /^[0-9a-f]{32}$/;

/** Where a data directory's key is. */
export function judgeKeyFile(dataDir: string): string {
  return path.join(dataDir, "judge.key");
}

/**
 * The key of the judge's draws and boundaries, 32 lower-case hex digits; made at random where the
 * directory has none, and kept, so that a restart draws as before. One process at a time has the
 * directory.
 *
 * @throws InputError where the file holds something else; the system's error where it cannot be read
 *   or written
 */
export async function judgeKeyIn(dataDir: string): Promise<string> {
  const file = judgeKeyFile(dataDir);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return await madeKey(file);
  const key = text.trim();
  if (KEY.test(key)) return key;
  const remedy = "put back the file of before, or remove it: draws then begin anew";
  throw new InputError("config", `${file}: expected 32 hex digits; ${remedy}`);
}

/** Written beside and moved: a crash leaves no half of a key. */
async function madeKey(file: string): Promise<string> {
  const key = randomBytes(KEY_BYTES).toString("hex");
  const next = `${file}.next`;
  const handle = await open(next, "w", OWNER_ONLY);
  try {
    await handle.chmod(OWNER_ONLY);
    await handle.writeFile(`${key}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
  return key;
}
