/** Broken lines that are told one by one; the rest is counted. */
const FAULTS_SHOWN = 20;

/** What reading came to, and what was left out, by reason: nothing is quietly skipped. */
export class HistoryTally {
  readonly #tell: (text: string) => void;
  /** Lines, or stored inputs, that were understood. */
  read = 0;
  broken = 0;
  /** Records that were refused. */
  readonly rejected: Map<string, number> = new Map();
  /** Records that are none of ours, and values that make no sense. */
  readonly ignored: Map<string, number> = new Map();

  /** @param tell where broken lines are told as they come */
  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  addBroken(file: string, line: number, reason: string): void {
    this.broken++;
    if (this.broken <= FAULTS_SHOWN) this.#tell(`${file}:${line}: ${reason}\n`);
    if (this.broken === FAULTS_SHOWN + 1) this.#tell("further broken lines are only counted\n");
  }

  addRead(rejected: ReadonlyMap<string, number>, ignored: ReadonlyMap<string, number>): void {
    this.read++;
    addAll(this.rejected, rejected);
    addAll(this.ignored, ignored);
  }
}

function addAll(to: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [reason, count] of counts) to.set(reason, (to.get(reason) ?? 0) + count);
}
