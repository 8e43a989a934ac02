import type { EngineSnapshot } from "@naruko/core/engine/engine";
import { unpackSections, wordsOf } from "@naruko/core/engine/sections";
import type { SavedEvaluations } from "@naruko/core/measure/evaluations";
import { MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
import { readSave } from "@naruko/core/store/save";

/** Words of one span in the engine's tables: two of its id, the second it was seen plus one, notes. */
const SPAN_WORDS = 5;
/** Spans seen longer ago may be forgotten or not: nothing depends on them. */
const SURELY_REMEMBERED_MS = 2 * MINUTE_MS;
/** Words of one known call: two of its id, the number of its subject, a time. */
const KNOWN_WORDS = 4;

type SavedState = { readonly measure: { readonly evaluations: SavedEvaluations } };

/** A snapshot in a form in which equal states are equal, whatever way led to them. */
export function comparable({ seq, at, version, state, heads }: EngineSnapshot): object {
  const [store, ...tables] = unpackSections(heads);
  const rememberedS = (at - SURELY_REMEMBERED_MS) / SECOND_MS;
  const series = store === undefined ? [] : readSave(store).series;
  // Our own snapshot, whose format the engine owns.
  const saved = JSON.parse(state) as SavedState;
  const { evaluations } = saved.measure;
  const known = evaluations.known.map(comparableGeneration);
  return {
    seq,
    at,
    version,
    state: { ...saved, measure: { ...saved.measure, evaluations: { ...evaluations, known } } },
    series: new Map(series.map(({ labels, ...rest }) => [labels.key, rest])),
    spans: tables.map((table) => recentSpans(wordsOf(table), rememberedS)),
  };
}

function recentSpans(words: Uint32Array, fromS: number): readonly string[] {
  const rows: string[] = [];
  for (let i = 0; i < words.length; i += SPAN_WORDS) {
    if ((words[i + 2] ?? 0) > fromS) rows.push(words.subarray(i, i + SPAN_WORDS).join(" "));
  }
  return rows.toSorted();
}

/** Subjects are numbered anew after a load, and may be listed twice. */
function comparableGeneration({
  from,
  lastAt,
  words,
  subjects,
}: SavedEvaluations["known"][number]): object {
  const entries: string[] = [];
  for (let i = 0; i < words.length; i += KNOWN_WORDS) {
    const [high, low, subject = 0, time] = words.slice(i, i + KNOWN_WORDS);
    entries.push(`${high} ${low} ${time} ${JSON.stringify(subjects[subject])}`);
  }
  return { from, lastAt, entries };
}
