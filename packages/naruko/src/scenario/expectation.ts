import type { NotifyReason } from "@naruko/core/model/engine-io";
import { parseSeriesName } from "@naruko/core/promql/test-language/series-line";
import { alertLine, sentLine } from "./observe.ts";
import type { LineCursor } from "./line-cursor.ts";

const STATES: ReadonlySet<string> = new Set(["pending", "firing", "resolved"]);
const REASONS: Readonly<Record<NotifyReason, true>> = {
  first: true,
  "new-alerts": true,
  "some-resolved": true,
  "all-resolved": true,
  "repeat-due": true,
};
const ITEMS = 'none, pending NAME{…}, firing NAME{…}, resolved NAME{…} or sent RECEIVER "REASON"';

/** Reads what follows `at T`: the lines that are to be there, sorted. */
export function parseExpectation(cursor: LineCursor): readonly string[] {
  const lines: string[] = [];
  let none = false;
  do {
    const { position } = cursor;
    const word = cursor.word(ITEMS);
    if (word === "none") none = true;
    else if (word === "sent") lines.push(parseSent(cursor));
    else if (STATES.has(word)) lines.push(parseAlert(word, cursor));
    else cursor.refuse(`expected ${ITEMS}, got "${word}"`, position);
    // A resolved alert is over, and messages are no alerts: both go with "none".
    const active = lines.find((line) => line.startsWith("pending ") || line.startsWith("firing "));
    if (none && active !== undefined) {
      cursor.refuse(`"none" says that no alert is pending or firing, beside "${active}"`, position);
    }
  } while (!cursor.isAtEnd());
  return lines.toSorted();
}

function parseAlert(state: string, cursor: LineCursor): string {
  if (cursor.isAtEnd()) cursor.refuse(`expected an alert after "${state}": NAME{label="value"}`);
  const { labels, end } = cursor.parse(parseSeriesName);
  cursor.skip(end);
  return alertLine(state, labels);
}

function parseSent(cursor: LineCursor): string {
  const receiver = cursor.text("a receiver");
  const { position } = cursor;
  const reason = cursor.text('a reason, such as "first"');
  if (!Object.hasOwn(REASONS, reason)) {
    const known = Object.keys(REASONS).join(", ");
    cursor.refuse(`expected a reason (${known}), got "${reason}"`, position);
  }
  return sentLine(receiver, reason);
}
