/** An invariant of ours that did not hold: a bug, never bad input. */
export class AssertionFailed extends Error {
  override readonly name = "AssertionFailed";
}

/** Stops at once when one of our own invariants is broken; it stays on in production. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new AssertionFailed(`broken invariant: ${invariant}`);
}
