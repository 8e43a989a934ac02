import type { Input } from "@naruko/core/model/engine-io";
import type { EpochMs } from "@naruko/core/model/time";

/**
 * What is left to commit after a commit failed, oldest first. Telemetry was refused to its sender
 * already and is not in the list; outcomes must not be lost (a delivery would be repeated); ticks
 * that could not be committed in time are time that did not run: they become one gap.
 *
 * @param lastTick the last tick that was committed, where the gap begins
 */
export function coalesceTicks(inputs: readonly Input[], lastTick: EpochMs): Input[] {
  const missed = inputs.filter((input) => input.kind === "tick" || input.kind === "gap");
  const last = missed.at(-1);
  if (last === undefined || (missed.length === 1 && last.kind === "tick")) return [...inputs];
  const to = last.kind === "gap" ? last.to : last.at;
  const gap: Input = { seq: last.seq, at: last.at, kind: "gap", from: lastTick, to };
  const merged = new Set<Input>(missed.slice(0, -1));
  return inputs
    .filter((input) => !merged.has(input))
    .map((input) => (input === last ? gap : input));
}
