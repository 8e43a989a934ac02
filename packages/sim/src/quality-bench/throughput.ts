import { flagsOf } from "@naruko/core/quality/flags";
import type { Call } from "@naruko/core/model/call";

/**
 * How many calls a second of processor time looks at, after a first round that does not count.
 *
 * @param look what is done with each call
 */
export function callsPerSecond(
  calls: readonly Call[],
  seconds: number,
  look: (call: Call) => unknown = flagsOf,
): number {
  for (const call of calls) look(call);
  const before = process.cpuUsage();
  const until = performance.now() + seconds * 1000;
  let looked = 0;
  do {
    for (const call of calls) look(call);
    looked += calls.length;
  } while (performance.now() < until);
  const { user, system } = process.cpuUsage(before);
  return looked / ((user + system) / 1e6);
}
