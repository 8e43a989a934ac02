import { InputError, type Place } from "../model/input-error.ts";
import { compileMatchers } from "../model/matcher.ts";
import type { Matcher } from "../model/reader.ts";
import type { YamlNode } from "../model/yaml.ts";
import { formatMatchers, readMatchers } from "./matcher-syntax.ts";
import { DEFAULT_TIMING, type Route } from "./routing.ts";
import type { YamlFields, YamlReader } from "../model/yaml-reader.ts";

const ROUTE_KEYS = [
  "receiver",
  "group_by",
  "continue",
  "match",
  "match_re",
  "matchers",
  "labels",
  "group_wait",
  "group_interval",
  "repeat_interval",
  "mute_time_intervals",
  "active_time_intervals",
  "routes",
];

/** Names that routes may use. */
type Defined = {
  readonly receivers: ReadonlySet<string>;
  readonly timeIntervals: ReadonlySet<string>;
};

type Inherited = Omit<Route, "matchers" | "matches" | "continues" | "routes">;

/** Reads the route tree and fills in what each route inherits. */
export function readRouteTree(
  reader: YamlReader,
  node: YamlNode,
  defined: Defined,
): Route | undefined {
  const fields = reader.fields(node, "the root route", ROUTE_KEYS);
  if (fields === undefined) return undefined;
  if (fields.get("receiver") === undefined) {
    reader.refuse(
      fields.place,
      "the root route needs a receiver: it takes what no other route does",
    );
  }
  for (const key of ["match", "match_re", "matchers"]) {
    const value = fields.get(key);
    if (value === undefined || isEmpty(value)) continue;
    reader.refuse(
      fields.keyPlace(key),
      `the root route takes every alert and cannot have ${key}; move it to a route below "routes"`,
    );
  }
  for (const key of ["mute_time_intervals", "active_time_intervals"]) {
    const value = fields.get(key);
    if (value === undefined || isEmpty(value)) continue;
    reader.refuse(
      fields.keyPlace(key),
      `the root route cannot have ${key}; move it to a route below "routes"`,
    );
  }
  const above = { id: "", key: "", receiver: "", groupBy: [], ...DEFAULT_TIMING };
  return new RouteReader(reader, defined).read(fields, above);
}

function isEmpty(node: YamlNode): boolean {
  if (node.kind === "scalar") return false;
  return (node.kind === "list" ? node.items : node.entries).length === 0;
}

class RouteReader {
  private readonly reader: YamlReader;
  private readonly defined: Defined;

  constructor(reader: YamlReader, defined: Defined) {
    this.reader = reader;
    this.defined = defined;
  }

  /** @param place the route's place among its siblings; absent for the root */
  read(fields: YamlFields, above: Inherited, place?: number): Route {
    const matchers = readRouteMatchers(this.reader, fields);
    const written = formatMatchers(matchers);
    const isRoot = place === undefined;
    const own: Inherited = {
      id: isRoot ? written : `${above.id}/${written}/${place}`,
      key: isRoot ? written : `${above.key}/${written}`,
      receiver: this.receiver(fields) ?? above.receiver,
      groupBy: this.groupBy(fields) ?? above.groupBy,
      groupWaitMs:
        this.reader.durationMs(fields.get("group_wait"), "group_wait") ?? above.groupWaitMs,
      groupIntervalMs: this.interval(fields, "group_interval") ?? above.groupIntervalMs,
      repeatIntervalMs: this.interval(fields, "repeat_interval") ?? above.repeatIntervalMs,
    };
    this.warnOfUnserved(fields);
    return {
      ...own,
      matchers,
      matches: compileMatchers(matchers),
      continues: this.reader.flag(fields.get("continue"), "continue") ?? false,
      routes: this.children(fields, own),
    };
  }

  private children(fields: YamlFields, above: Inherited): readonly Route[] {
    const nodes = this.reader.list(fields.get("routes"), "routes");
    return nodes.flatMap((node, index) => {
      const child = this.reader.fields(node, "a route", ROUTE_KEYS);
      return child === undefined ? [] : [this.read(child, above, index)];
    });
  }

  private receiver(fields: YamlFields): string | undefined {
    const node = fields.get("receiver");
    const name = this.reader.text(node, "receiver");
    if (name === undefined || this.defined.receivers.has(name)) return name;
    const known = [...this.defined.receivers].join(", ") || "none";
    return this.reader.refuse(
      node?.place ?? fields.place,
      `there is no receiver "${name}"; receivers are: ${known}`,
    );
  }

  private groupBy(fields: YamlFields): Route["groupBy"] | undefined {
    const node = fields.get("group_by");
    if (node === undefined) return undefined;
    const names = new Set<string>();
    for (const { text: name, place } of this.reader.textList(node, "group_by")) {
      if (name === "") this.reader.refuse(place, "group_by has an empty label name");
      if (names.has(name)) this.reader.refuse(place, `group_by has "${name}" twice`);
      names.add(name);
    }
    if (!names.has("...")) return [...names].toSorted();
    if (names.size === 1) return "all";
    return this.reader.refuse(
      node.place,
      "group_by has '...', which stands for every label, beside other labels; keep one of both",
    );
  }

  private interval(fields: YamlFields, key: string): number | undefined {
    const node = fields.get(key);
    const ms = this.reader.durationMs(node, key);
    if (ms !== 0) return ms;
    return this.reader.refuse(node?.place ?? fields.place, `${key} cannot be 0; write at least 1s`);
  }

  private warnOfUnserved(fields: YamlFields): void {
    for (const key of ["mute_time_intervals", "active_time_intervals"]) {
      const names = this.reader.textList(fields.get(key), key);
      for (const { text, place } of names) {
        if (this.defined.timeIntervals.has(text)) continue;
        const known = [...this.defined.timeIntervals].join(", ") || "none";
        this.reader.refuse(
          place,
          `there is no time interval "${text}"; time intervals are: ${known}`,
        );
      }
      if (names.length === 0) continue;
      this.reader.warn(
        fields.keyPlace(key),
        `${key} is not served yet: the route is always active`,
      );
    }
    if (this.reader.texts(fields.get("labels"), "labels").length > 0) {
      this.reader.warn(fields.keyPlace("labels"), "labels of routes are not served yet");
    }
  }
}

function readRouteMatchers(reader: YamlReader, fields: YamlFields): readonly Matcher[] {
  return [
    ...readClassicMatch(reader, fields, "match"),
    ...readClassicMatch(reader, fields, "match_re"),
    ...readMatcherList(reader, fields, "matchers"),
  ];
}

const CLASSIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The older form, a map from label name to value; keys that end in `_re` hold regular expressions. */
export function readClassicMatch(
  reader: YamlReader,
  fields: YamlFields,
  key: string,
): readonly Matcher[] {
  const op = key.endsWith("_re") ? "=~" : "=";
  return reader
    .texts(fields.get(key), key)
    .flatMap(({ key: name, value: { text: value, place } }) => {
      if (!CLASSIC_NAME.test(name)) {
        reader.refuse(place, `"${name}" is no label name for ${key}; use matchers for other names`);
        return [];
      }
      return checked(reader, { name, op, value }, place);
    });
}

/** A list of texts, each with one or more matchers. */
export function readMatcherList(
  reader: YamlReader,
  fields: YamlFields,
  key: string,
): readonly Matcher[] {
  return reader.textList(fields.get(key), key).flatMap(({ text, place }) => {
    const read = readMatchers(text);
    if (!read.ok) {
      reader.refuse(place, `bad matcher ${text}: ${read.reason}; write name="value"`);
      return [];
    }
    return read.matchers.flatMap((matcher) => checked(reader, matcher, place));
  });
}

function checked(reader: YamlReader, matcher: Matcher, place: Place): readonly Matcher[] {
  try {
    compileMatchers([matcher]);
    return [matcher];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    reader.refuse(place, `bad regular expression for ${matcher.name}: ${error.message}`);
    return [];
  }
}
