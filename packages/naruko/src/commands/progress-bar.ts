import type { World } from "./command.ts";

const WIDTH = 30;
/** Redrawing more often is not seen, and costs. */
const REDRAW_MS = 100;
const CLEAR_LINE = "\r\u001b[K";

/** A bar on standard error while a command works; nothing where that is no terminal. */
export class ProgressBar {
  readonly #world: World;
  readonly #total: number;
  #done = 0;
  #drawnAt = -Infinity;
  #isShown = false;

  /** @param total what the whole work comes to; 0 where it is not known, and no bar is shown */
  constructor(world: World, total: number) {
    this.#world = world;
    this.#total = total;
  }

  add(done: number): void {
    this.#done += done;
  }

  /** Draws the bar, at most every tenth of a second. */
  draw(text: string): void {
    const now = this.#world.clock.monotonicMs();
    if (!this.#world.isTerminal || this.#total === 0 || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    this.#isShown = true;
    const share = Math.min(1, this.#done / this.#total);
    const bar = "#".repeat(Math.round(share * WIDTH)).padEnd(WIDTH, ".");
    this.#world.tell(`${CLEAR_LINE}[${bar}] ${Math.floor(share * 100)} %  ${text}`);
  }

  /** Takes the bar away, before something else is printed to the same terminal. */
  clear(): void {
    if (this.#isShown) this.#world.tell(CLEAR_LINE);
    this.#isShown = false;
  }
}
