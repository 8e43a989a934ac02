import { assert } from "@naruko/core/model/assert";
import type { AlertState } from "@naruko/core/model/engine-io";
import { labels } from "@naruko/core/model/labels";
import type { Labels } from "@naruko/core/model/labels";
import { epochMs } from "@naruko/core/model/time";
import { openDatabase } from "naruko/disk/database";
import { numberIn, rowsOf, textIn } from "naruko/disk/read-rows";
import { alertRecord } from "naruko/history/output-record";

/** What a stopped server's database holds of its alerts, each as a line of replay's output. */
export async function keptTransitions(file: string): Promise<readonly string[]> {
  const opened = await openDatabase({ file, memoryMb: 256 });
  assert(opened.ok, "the database can be opened");
  const { connection, close } = opened.value;
  try {
    const rows = await rowsOf(
      connection,
      `SELECT at_ms, starts_ms, value, state, labels, annotations, rule_group, file
       FROM transition ORDER BY seq, n`,
    );
    return rows.map(([at, startsAt, value, state, of, annotations, group, ruleFile]) => {
      const record = alertRecord({
        at: epochMs(numberIn(at)),
        startsAt: epochMs(numberIn(startsAt)),
        value: numberIn(value),
        // The column holds what the engine wrote.
        state: textIn(state) as AlertState,
        labels: labelsIn(textIn(of)),
        annotations: labelsIn(textIn(annotations)),
        group: textIn(group),
        file: textIn(ruleFile),
      });
      return JSON.stringify(record);
    });
  } finally {
    close();
  }
}

/** Name, value, name, value … as JSON. */
function labelsIn(json: string): Labels {
  const pairs = JSON.parse(json) as readonly string[];
  const record: Record<string, string> = {};
  for (let i = 0; i < pairs.length; i += 2) record[pairs[i] ?? ""] = pairs[i + 1] ?? "";
  return labels(record);
}
