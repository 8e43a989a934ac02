import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE_MS } from "../model/time.ts";
import type { GoldenView } from "./golden.ts";
import { goldenNote } from "./golden-note.ts";

const FLIPS = { compared: 90, toBad: 1, toGood: 2, pValue: 0.7251 };

function viewOf(rubric: string, flips: Partial<GoldenView["flips"]> = {}, judged = 97): GoldenView {
  const agreement = { agreement: 0.95 };
  return { rubric, items: 200, judged, ...agreement, byLabel: {}, flips: { ...FLIPS, ...flips } };
}

const counts = (
  rubric: string,
  flips = "1 of 90 flipped to bad and 2 to good (p = 0.73)",
): string => `${rubric}: 92 of 97 golden answers right, ${flips}`;

const stricter = { toBad: 20, toGood: 0, pValue: 0.000_001_907 };
const SHIFT = "20 of 90 flipped to bad and 0 to good (p = 0.0000019)";

test("the note tells what was found, about the page's rubric where it names one", () => {
  const [one, two] = [viewOf("faithfulness"), viewOf("safety")];
  const rows: readonly (readonly [readonly GoldenView[], readonly string[], string])[] = [
    [
      [one, two],
      ["safety", "shop"],
      `No change of the judge is seen. Asked 3 min ago: ${counts("safety")}.`,
    ],
    [
      [one, two],
      ["shop"],
      `No change of the judge is seen. Asked 3 min ago: ${counts("faithfulness")}; ${counts("safety")}.`,
    ],
    [
      [viewOf("tone", stricter), one],
      [],
      `The judge itself has changed: stricter in tone. Asked 3 min ago: ${counts("tone", SHIFT)}; ${counts("faithfulness")}.`,
    ],
    [
      [viewOf("tone", { toBad: 0, toGood: 9, pValue: 0.004 })],
      [],
      `The judge itself has changed: more lenient in tone. Asked 3 min ago: ${counts("tone", "0 of 90 flipped to bad and 9 to good (p = 0.004)")}.`,
    ],
    [
      [viewOf("tone", { compared: 7, toBad: 7, pValue: 0.0156 })],
      [],
      `Not known: too few golden answers have an earlier verdict to compare with. Asked 3 min ago: ${counts("tone", "7 of 7 flipped to bad and 2 to good (p = 0.016)")}.`,
    ],
    [
      [viewOf("tone", { compared: 0 })],
      [],
      "Not known: too few golden answers have an earlier verdict to compare with. Asked 3 min ago: tone: 92 of 97 golden answers right.",
    ],
    [
      [viewOf("tone", {}, 0)],
      [],
      "Not known: the judge was asked about 100 golden answers 3 min ago and gave no verdict.",
    ],
  ];
  for (const [views, about, note] of rows) {
    const request = { asked: 100, ageMs: 3 * MINUTE_MS, views };
    assert.equal(goldenNote(request, new Set(about)), note);
  }
  assert.equal(
    goldenNote({ asked: 0, ageMs: 0, views: [one] }),
    "Not known: there was no money left to ask the judge about golden answers.",
  );
});
