import assert from "node:assert/strict";
import test from "node:test";
import { NO_LABELS } from "../model/labels.ts";
import { epochMs, MINUTE_MS } from "../model/time.ts";
import { step } from "./alert.ts";
import type { Alert } from "./alert.ts";

// One column an evaluation, 30 s apart. `!` breached, `.` not.
// After it: P pending, F firing, R resolved and kept, - none. Capital with `*`: a change was told.
const table = `
  for 0s keep 0s  | .!!.    | - F* F R*
  for 0s keep 0s  | !..     | F* R* R
  for 0s keep 0s  | !.!     | F* R* F*
  for 1m keep 0s  | !!!!.   | P* P F* F R*
  for 1m keep 0s  | !.!!!   | P* -* P* P F*
  for 1m keep 0s  | !!!.!!! | P* P F* R* P* P F*
  for 1m keep 0s  | !!.     | P* P -*
  for 0s keep 1m  | !..     | F* F F
  for 0s keep 1m  | !...    | F* F F R*
  for 0s keep 1m  | !.!...  | F* F F F F R*
  for 1m keep 1m  | !..     | P* -* -
  for 10s keep 0s | !!      | P* F*
`;

function msOf(amount: string, unit: string | undefined): number {
  return Number(amount) * (unit === "m" ? MINUTE_MS : 1000);
}

for (const row of table.trim().split("\n")) {
  test(row.trim(), () => {
    const [times = "", input = "", expected] = row.split("|").map((cell) => cell.trim());
    const [, hold = "0", unit, keep = "0", keepUnit] =
      /for (\d+)(s|m) keep (\d+)(s|m)/.exec(times) ?? [];
    const timing = { forMs: msOf(hold, unit), keepFiringForMs: msOf(keep, keepUnit) };
    let alert: Alert | undefined;
    const seen = [...input].map((mark, i) => {
      const breach =
        mark === "!" ? { labels: NO_LABELS, annotations: NO_LABELS, value: i } : undefined;
      const next = step(alert, breach, epochMs(i * 30_000), timing);
      alert = next.alert;
      const letter = { pending: "P", firing: "F", inactive: "R", none: "-" }[
        alert?.state ?? "none"
      ];
      return letter + (next.change === undefined ? "" : "*");
    });
    assert.equal(seen.join(" "), expected);
  });
}

test("a resolved alert is kept for 15 minutes and forgotten after", () => {
  const timing = { forMs: 0, keepFiringForMs: 0 };
  const breach = { labels: NO_LABELS, annotations: NO_LABELS, value: 1 };
  const fired = step(undefined, breach, epochMs(0), timing).alert;
  const resolved = step(fired, undefined, epochMs(1000), timing).alert;
  const at15 = step(resolved, undefined, epochMs(1000 + 15 * MINUTE_MS), timing).alert;
  assert.equal(at15?.resolvedAt, 1000);
  assert.equal(step(at15, undefined, epochMs(1001 + 15 * MINUTE_MS), timing).alert, undefined);
});

test("value and annotations follow the last breach, times the first", () => {
  const timing = { forMs: 0, keepFiringForMs: 0 };
  const first = { labels: NO_LABELS, annotations: NO_LABELS, value: 1 };
  const fired = step(undefined, first, epochMs(0), timing).alert;
  const later = step(fired, { ...first, value: 7 }, epochMs(60_000), timing).alert;
  assert.deepEqual([later?.value, later?.activeAt, later?.firedAt], [7, 0, 0]);
});
