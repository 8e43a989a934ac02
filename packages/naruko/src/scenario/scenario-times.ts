import { formatDuration } from "@naruko/core/model/duration";
import type { Check, Gap, Scenario } from "./scenario.ts";

/** What is wrong with a scenario's times: checks at no tick or out of order, gaps that are none. */
export function checkTimes(scenario: Scenario): readonly string[] {
  const { name, checks } = scenario;
  if (checks.length === 0) return [`${name}:1:1: nothing is checked; expected at least one "at"`];
  return [
    ...scenario.gaps.flatMap((gap, i) => gapFault(gap, scenario.gaps[i - 1], scenario)),
    ...checks.flatMap((check, i) => checkFault(check, checks[i - 1], scenario)),
  ];
}

/** The last tick before Naruko stops. */
export function lastTickBefore({ fromMs }: Gap, intervalMs: number): number {
  return Math.floor(fromMs / intervalMs) * intervalMs;
}

/** The first tick after it runs again. */
export function firstTickAfter({ toMs }: Gap, intervalMs: number): number {
  return Math.ceil(toMs / intervalMs) * intervalMs;
}

function gapFault(gap: Gap, before: Gap | undefined, { name, intervalMs }: Scenario): string[] {
  const where = `${name}:${gap.position.line}:${gap.position.column}`;
  const lastTick = lastTickBefore(gap, intervalMs);
  if (gap.toMs - lastTick < 2 * intervalMs) {
    return [`${where}: the gap skips no tick, which makes it none`];
  }
  if (before !== undefined && lastTick < firstTickAfter(before, intervalMs)) {
    return [`${where}: expected a gap after the one before, with a tick between them`];
  }
  return [];
}

function checkFault(check: Check, before: Check | undefined, scenario: Scenario): string[] {
  const { name, intervalMs, gaps } = scenario;
  const { atMs, position } = check;
  const where = `${name}:${position.line}:${position.column}`;
  const shown = formatDuration(atMs);
  if (atMs % intervalMs !== 0) {
    return [
      `${where}: there is no tick at ${shown}; they come every ${formatDuration(intervalMs)}`,
    ];
  }
  if (before !== undefined && atMs <= before.atMs) {
    return [`${where}: expected a time after the "at" before, ${formatDuration(before.atMs)}`];
  }
  const skipped = gaps.some(
    (gap) => atMs > lastTickBefore(gap, intervalMs) && atMs < firstTickAfter(gap, intervalMs),
  );
  return skipped ? [`${where}: there is no tick at ${shown}, within a gap`] : [];
}
