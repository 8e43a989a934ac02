import { readFileSync } from "node:fs";
import { mkdir, open, rename, stat } from "node:fs/promises";
import path from "node:path";

const OWNER_ONLY_DIR = 0o700;
const OWNER_ONLY_FILE = 0o600;
/** What `goldenSetOf` names sets: nothing else becomes a path. */
const NAME = /^[0-9a-f]{32}$/;

/**
 * Golden sets in a data directory, each under the hash of its text. What is committed names a set alone;
 * its text stays here also after another took its place, so that inputs of before apply as they did.
 */
export class GoldenTexts {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = path.join(dataDir, "golden");
  }

  /** Before a setup that names it is committed. */
  async keep({ set, text }: { readonly set: string; readonly text: string }): Promise<void> {
    const file = this.#fileOf(set);
    if (file === undefined || (await exists(file))) return;
    await mkdir(this.#folder, { recursive: true, mode: OWNER_ONLY_DIR });
    const next = `${file}.next`;
    // Written beside and moved: a crash leaves no half of a set under the name of the whole.
    const handle = await open(next, "w", OWNER_ONLY_FILE);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(next, file);
  }

  /** The text of a set; `undefined` where the directory has it no more. */
  readonly textOf = (set: string): string | undefined => {
    const file = this.#fileOf(set);
    try {
      return file && readFileSync(file, "utf8");
    } catch {
      // The engine counts it, and judges calls all the same.
      return undefined;
    }
  };

  #fileOf(set: string): string | undefined {
    return NAME.test(set) ? path.join(this.#folder, `${set}.jsonl`) : undefined;
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
