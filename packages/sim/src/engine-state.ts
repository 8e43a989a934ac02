import type { EngineSnapshot } from "@naruko/core/engine/engine";
import { numbersOf, unpackSections } from "@naruko/core/engine/sections";
import { readSave } from "@naruko/core/store/save";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A snapshot in a form in which equal states are equal, whatever way led to them. Tables of ids are
 * left out: what is too old in them is forgotten at different times, and nothing depends on it.
 */
export function comparable({ seq, at, version, state, heads }: EngineSnapshot): object {
  const sections = unpackSections(heads);
  const [store, judged] = [sections.at(0), sections.at(-1)];
  const [, scores] = judged === undefined ? [] : unpackSections(judged);
  const series = store === undefined ? [] : readSave(store).series;
  // Our own snapshot, whose format the engine owns.
  const saved = JSON.parse(state) as { readonly measure: { readonly evaluations: Fields } };
  const { known: _ids, ...evaluations } = saved.measure.evaluations;
  return {
    seq,
    at,
    version,
    state: { ...saved, measure: { ...saved.measure, evaluations } },
    scores: scores && [...numbersOf(scores)],
    series: new Map(series.map(({ labels, ...rest }) => [labels.key, rest])),
  };
}
