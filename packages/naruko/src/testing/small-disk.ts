// A file system that can be filled, for tests of full disks.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";

/** A folder on a file system of so many megabytes; undefined where none may be mounted. */
export function smallDisk(t: TestContext, megabytes: number): string | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-full-"));
  try {
    const size = `size=${String(megabytes)}m`;
    execFileSync("mount", ["-t", "tmpfs", "-o", size, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    // Not root, or no right to mount: the caller skips, visibly.
    rmSync(folder, { recursive: true });
    return undefined;
  }
  t.after(() => {
    execFileSync("umount", [folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** Fills what is left of a file system but for some bytes; returns how to make room again. */
export function fillDisk(folder: string, leave: number): () => void {
  const { bavail, bsize } = statfsSync(folder);
  const file = path.join(folder, "ballast");
  writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
  return () => {
    rmSync(file);
  };
}
