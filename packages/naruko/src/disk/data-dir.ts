import { randomUUID } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Read } from "./disk.ts";
import { reasonOf } from "./failure.ts";

/** Where a directory's server can be asked: the database file itself has one owner at a time. */
export type ServerHint = {
  readonly pid: number;
  /** Base of its HTTP API: `http://127.0.0.1:4320`. */
  readonly address: string;
};

/** A data directory that can be written. */
export type DataDir = { readonly path: string; readonly databaseFile: string };

/** Nobody but the owner: calls may carry text, and the hint tells where the server listens. */
const OWNER_ONLY_DIR = 0o700;
const OWNER_ONLY_FILE = 0o600;
const NOT_FOR_OTHERS = 0o077;

const hintFile = (dir: string): string => path.join(dir, "server.json");

/** Where a directory's database is. */
export function databaseFileOf(dir: string): string {
  return path.join(dir, "naruko.duckdb");
}

/** Where the inputs are whose effects a database may not have yet: beside it. */
export function inputFolderOf(databaseFile: string): string {
  return path.join(path.dirname(databaseFile), "inputs");
}

async function probe(dir: string): Promise<void> {
  const file = path.join(dir, `.probe-${randomUUID()}`);
  const handle = await open(file, "wx", OWNER_ONLY_FILE);
  try {
    await handle.write("x");
  } finally {
    await handle.close();
    await rm(file);
  }
}

/**
 * Creates the directory where it is missing, for its owner alone, and tries whether it can be
 * written. An existing directory keeps its permissions; what this process writes from here on is
 * its owner's alone there too, because the database makes its files anew as it sees fit.
 */
export async function prepareDataDir(dir: string): Promise<Read<DataDir>> {
  const absolute = path.resolve(dir);
  process.umask(process.umask() | NOT_FOR_OTHERS);
  try {
    const created = await mkdir(absolute, { recursive: true, mode: OWNER_ONLY_DIR });
    // The process' umask may have taken permissions off.
    if (created !== undefined) await chmod(absolute, OWNER_ONLY_DIR);
    await probe(absolute);
    return { ok: true, value: { path: absolute, databaseFile: databaseFileOf(absolute) } };
  } catch (cause) {
    return {
      ok: false,
      retry: false,
      reason:
        `the data directory ${absolute} cannot be written: ${reasonOf(cause)}. ` +
        "Choose another with --data, or change its owner or permissions",
    };
  }
}

/** Leaves word where the server is; whole or not at all, so that a reader never sees half of it. */
export async function announceServer(dir: string, hint: ServerHint): Promise<void> {
  const temporary = `${hintFile(dir)}.${String(hint.pid)}`;
  await writeFile(temporary, `${JSON.stringify(hint)}\n`, { mode: OWNER_ONLY_FILE });
  await rename(temporary, hintFile(dir));
}

function parseHint(text: string): ServerHint | undefined {
  try {
    const { pid, address } = JSON.parse(text) as Partial<Record<keyof ServerHint, unknown>>;
    if (!Number.isSafeInteger(pid) || typeof pid !== "number" || pid <= 0) return undefined;
    return typeof address === "string" ? { pid, address } : undefined;
  } catch {
    // Not a hint of ours: as good as none, the database's own lock decides who may open it.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // A process of somebody else may not be signalled, but is there.
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The server that holds a directory; undefined where there is none, or only word of a dead one. */
export async function findServer(dir: string): Promise<ServerHint | undefined> {
  let text: string;
  try {
    text = await readFile(hintFile(dir), "utf8");
  } catch {
    // No hint was left, or it cannot be read: the database's own lock decides.
    return undefined;
  }
  const hint = parseHint(text);
  return hint !== undefined && isAlive(hint.pid) ? hint : undefined;
}

/** Takes back the word that this process left; another's stays. */
export async function withdrawServer(dir: string, pid: number): Promise<void> {
  const hint = await findServer(dir);
  if (hint?.pid === pid) await rm(hintFile(dir), { force: true });
}
