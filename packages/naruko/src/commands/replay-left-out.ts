import type { Engine } from "@naruko/core/engine/engine";
import type { HistoryTally } from "../history/history-tally.ts";
import type { World } from "./command.ts";

/** What the engine counts of telemetry that it did not take, or took in part. */
const NOT_TAKEN = /^(?:point-|rejected_samples_|folded-|score-)|^calls_(?:late|repeat|nested)$/;
/** Calls that could not be judged, and verdicts that are missing. */
const NOT_JUDGED = /^judge_(?:missing_.*|calls_without-.*)$/;

/** Tells on standard error what was read and did not count, by reason, and rules that failed. */
export function tellLeftOut(tally: HistoryTally, engine: Engine, { tell }: World): void {
  if (tally.broken > 0) tell(`broken lines: ${tally.broken}\n`);
  tellCounts("rejected records", tally.rejected, tell);
  tellCounts("records that are no calls, metrics or evaluations", tally.ignored, tell);
  const notTaken = [...engine.counters()].filter(([name, n]) => n > 0 && NOT_TAKEN.test(name));
  tellCounts("read, but not counted in series", new Map(notTaken), tell);
  const judging = [...engine.counters()].filter(([name, n]) => n > 0 && NOT_JUDGED.test(name));
  tellCounts("not judged", new Map(judging), tell);
  for (const { file, rules } of engine.alerting.rulesView()) {
    for (const { name, lastError } of rules) {
      if (lastError !== undefined) tell(`${file}: rule ${name} fails: ${lastError}\n`);
    }
  }
}

function tellCounts(what: string, counts: ReadonlyMap<string, number>, tell: World["tell"]): void {
  if (counts.size === 0) return;
  const list = Array.from(counts, ([reason, count]) => `${reason} ${count}`);
  tell(`${what}: ${list.join(", ")}\n`);
}
