import { readClassicMatch, readMatcherList } from "./route-file.ts";
import type { YamlFields, YamlReader } from "../model/yaml-reader.ts";

const INHIBIT_KEYS = [
  "name",
  "source_match",
  "source_match_re",
  "source_matchers",
  "target_match",
  "target_match_re",
  "target_matchers",
  "equal",
];

/** Checks the inhibition rules; nothing carries them out yet. */
export function readInhibitRules(reader: YamlReader, top: YamlFields): void {
  for (const node of reader.list(top.get("inhibit_rules"), "inhibit_rules")) {
    const fields = reader.fields(node, "an inhibition rule", INHIBIT_KEYS);
    if (fields === undefined) continue;
    for (const side of ["source", "target"]) {
      readClassicMatch(reader, fields, `${side}_match`);
      readClassicMatch(reader, fields, `${side}_match_re`);
      readMatcherList(reader, fields, `${side}_matchers`);
    }
    reader.textList(fields.get("equal"), "equal");
  }
}

const SPAN_KEYS = ["times", "weekdays", "days_of_month", "months", "years", "location"];

/** Checks the shape of the time intervals and gives their names; nothing carries them out yet. */
export function readTimeIntervals(reader: YamlReader, top: YamlFields): ReadonlySet<string> {
  const names = new Set<string>();
  for (const key of ["mute_time_intervals", "time_intervals"]) {
    for (const node of reader.list(top.get(key), key)) {
      const fields = reader.fields(node, "a time interval", ["name", "time_intervals"]);
      if (fields === undefined) continue;
      const name = reader.text(fields.get("name"), "name");
      if (name === undefined) reader.refuse(fields.place, "a time interval needs a name");
      else if (names.has(name))
        reader.refuse(fields.place, `there are two time intervals "${name}"`);
      else names.add(name);
      for (const span of reader.list(fields.get("time_intervals"), "time_intervals")) {
        readSpan(reader, reader.fields(span, "a span of time", SPAN_KEYS));
      }
    }
  }
  return names;
}

const TIME_OF_DAY = /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/;

function readSpan(reader: YamlReader, span: YamlFields | undefined): void {
  if (span === undefined) return;
  for (const key of ["weekdays", "days_of_month", "months", "years"]) {
    reader.textList(span.get(key), key);
  }
  for (const node of reader.list(span.get("times"), "times")) {
    const range = reader.fields(node, "a time range", ["start_time", "end_time"]);
    if (range === undefined) continue;
    for (const key of ["start_time", "end_time"]) {
      const time = reader.scalar(range.get(key), key);
      if (time !== undefined && TIME_OF_DAY.test(time.text)) continue;
      reader.refuse(time?.place ?? range.place, `${key} must be a time of day such as "09:30"`);
    }
  }
}
