import { InputError } from "../model/input-error.ts";
import { formatLabels, labelEntries, labelsFrom, METRIC_NAME } from "../model/labels.ts";
import type { Evaluation } from "./alerting.ts";
import type { Element } from "./expression.ts";
import type { RecordingRule } from "./rule.ts";

/**
 * The samples of a recording rule: its result under the rule's name and with its labels.
 *
 * @throws InputError where two come to equal labels, or there are more than the group's limit
 */
export function recordedSamples(
  elements: readonly Element[],
  { rule, group }: Evaluation<RecordingRule>,
): readonly Element[] {
  const seen = new Set<string>();
  const samples = elements.map(({ labels, value }) => {
    const named = labelsFrom([...labelEntries(labels), [METRIC_NAME, rule.name], ...rule.labels]);
    if (seen.has(named.key)) {
      const what = "vector contains metrics with the same labelset after applying rule labels";
      throw new InputError("promql", `${what}: ${formatLabels(named)}`);
    }
    seen.add(named.key);
    return { labels: named, value };
  });
  if (group.limit > 0 && samples.length > group.limit) {
    const what = `exceeded limit of ${group.limit} with ${samples.length} series`;
    throw new InputError("promql", what);
  }
  return samples;
}
