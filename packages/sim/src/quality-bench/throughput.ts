import { flagsOf } from "@naruko/core/quality/flags";
import type { Call } from "@naruko/core/model/call";

/** How many calls a second of processor time looks at, after a first round that does not count. */
export function callsPerSecond(calls: readonly Call[], seconds: number): number {
  for (const call of calls) flagsOf(call);
  const before = process.cpuUsage();
  const until = performance.now() + seconds * 1000;
  let looked = 0;
  do {
    for (const call of calls) flagsOf(call);
    looked += calls.length;
  } while (performance.now() < until);
  const { user, system } = process.cpuUsage(before);
  return looked / ((user + system) / 1e6);
}
