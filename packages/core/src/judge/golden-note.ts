import type { GoldenRequest, GoldenView } from "./golden.ts";

/** Below this a shift is told as one; alerts on drift have stricter limits of their own. */
const NOTABLE_P = 0.01;
/** Of fewer items not even flips of all of them are that unlikely: 2 · 0.5⁷ is above 0.01. */
const COMPARED_MIN = 8;

/**
 * What the golden set says of the judge behind a page, in a sentence or two for whoever is woken by it.
 *
 * @param about values that may name the rubric that the page is about; where none does, all are told
 */
export function goldenNote(
  { asked, ageMs, views }: GoldenRequest,
  about: ReadonlySet<string> = new Set(),
): string {
  const own = views.filter(({ rubric }) => about.has(rubric));
  const told = (own.length > 0 ? own : views).filter(({ judged }) => judged > 0);
  const when = `${Math.round(ageMs / 60_000)} min ago`;
  if (asked === 0)
    return "Not known: there was no money left to ask the judge about golden answers.";
  if (told.length === 0)
    return `Not known: the judge was asked about ${asked} golden answers ${when} and gave no verdict.`;
  return `${findingOf(told)} Asked ${when}: ${told.map(countsOf).join("; ")}.`;
}

function findingOf(views: readonly GoldenView[]): string {
  if (views.every(({ flips }) => flips.compared < COMPARED_MIN))
    return "Not known: too few golden answers have an earlier verdict to compare with.";
  const shifted = views.filter(({ flips }) => flips.pValue < NOTABLE_P);
  if (shifted.length === 0) return "No change of the judge is seen.";
  const ways = shifted.map(({ rubric, flips: { toBad, toGood } }) =>
    toBad > toGood ? `stricter in ${rubric}` : `more lenient in ${rubric}`,
  );
  return `The judge itself has changed: ${ways.join(", ")}.`;
}

function countsOf({ rubric, judged, agreement = 0, flips }: GoldenView): string {
  const { compared, toBad, toGood, pValue } = flips;
  const right = `${rubric}: ${Math.round(agreement * judged)} of ${judged} golden answers right`;
  if (compared === 0) return right;
  const p = Number(pValue.toPrecision(2));
  return `${right}, ${toBad} of ${compared} flipped to bad and ${toGood} to good (p = ${p})`;
}
