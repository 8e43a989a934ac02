import { parseDuration } from "../model/duration.ts";
import { type Labels, labelsFrom } from "../model/labels.ts";
import { type MutableLabels, relabel, type RelabelStep } from "./relabel.ts";

/** What discovery found together: addresses, and labels that all of them have. */
export type TargetGroup = {
  /** `host:port`, one a target. */
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
};

/** What a scrape configuration says of its targets. */
export type TargetRules = {
  readonly job: string;
  readonly scheme: string;
  readonly metricsPath: string;
  readonly params: Readonly<Record<string, readonly string[]>>;
  /** As written: they are labels that relabelling can change. */
  readonly interval: string;
  readonly timeout: string;
  readonly relabel: readonly RelabelStep[];
};

/** What is to be scraped: where, how often, and what its series are labelled with. */
export type Target = {
  readonly discoveredLabels: Labels;
  readonly labels: Labels;
  readonly url: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
};

export type FoundTarget =
  | { readonly kind: "target"; readonly target: Target }
  /** By a step of `relabel_configs`. */
  | { readonly kind: "dropped"; readonly discoveredLabels: Labels }
  | { readonly kind: "refused"; readonly discoveredLabels: Labels; readonly reason: string };

const PARAM = "__param_";

/** The targets of a group, after relabelling, as Prometheus makes them. */
export function targetsOf(group: TargetGroup, rules: TargetRules): readonly FoundTarget[] {
  return group.targets.map((address) => found({ ...group.labels, __address__: address }, rules));
}

function found(own: Readonly<Record<string, string>>, rules: TargetRules): FoundTarget {
  const labels: MutableLabels = new Map(Object.entries(own).filter(([, value]) => value !== ""));
  for (const [name, value] of defaultsOf(rules)) {
    if (!labels.has(name) && value !== "") labels.set(name, value);
  }
  const discoveredLabels = labelsFrom(labels);
  if (relabel(labels, rules.relabel) === "dropped") return { kind: "dropped", discoveredLabels };
  const made = targetFrom(labels, rules);
  if (typeof made === "string") return { kind: "refused", discoveredLabels, reason: made };
  return { kind: "target", target: { ...made, discoveredLabels } };
}

function defaultsOf(rules: TargetRules): readonly (readonly [string, string])[] {
  return [
    ["job", rules.job],
    ["__scrape_interval__", rules.interval],
    ["__scrape_timeout__", rules.timeout],
    ["__metrics_path__", rules.metricsPath],
    ["__scheme__", rules.scheme],
    ...Object.entries(rules.params).map(
      ([name, values]) => [PARAM + name, values[0] ?? ""] as const,
    ),
  ];
}

/** The target that relabelled labels describe, or why they describe none. */
function targetFrom(
  labels: MutableLabels,
  rules: TargetRules,
): Omit<Target, "discoveredLabels"> | string {
  const address = labels.get("__address__") ?? "";
  if (address === "") return "no address: __address__ is empty after relabelling";
  if (/[/\s@]/.test(address)) return `"${address}" is no host and port`;
  const intervalMs = parseDuration(labels.get("__scrape_interval__") ?? "") ?? 0;
  const timeoutMs = parseDuration(labels.get("__scrape_timeout__") ?? "") ?? 0;
  if (intervalMs <= 0) return "__scrape_interval__ is no duration above zero";
  if (timeoutMs <= 0) return "__scrape_timeout__ is no duration above zero";
  if (timeoutMs > intervalMs) return "the timeout of a scrape is longer than its interval";
  const url = urlOf(labels, rules);
  if (url === undefined) return `${labels.get("__scheme__")}://${address} is no address`;
  if (!labels.has("instance")) labels.set("instance", address);
  const own = [...labels].filter(([name]) => !name.startsWith("__"));
  return { labels: labelsFrom(own), url, intervalMs, timeoutMs };
}

function urlOf(labels: MutableLabels, { params }: TargetRules): string | undefined {
  const scheme = labels.get("__scheme__") ?? "";
  if (scheme !== "http" && scheme !== "https") return undefined;
  const pairs = new Map(Object.entries(params).map(([name, values]) => [name, [...values]]));
  for (const [label, value] of labels) {
    if (!label.startsWith(PARAM)) continue;
    const name = label.slice(PARAM.length);
    pairs.set(name, [value, ...(pairs.get(name) ?? []).slice(1)]);
  }
  const query = [...pairs]
    .flatMap(([name, values]) =>
      values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
    )
    .join("&");
  const path = labels.get("__metrics_path__") ?? "";
  const start = path === "" || path.startsWith("/") ? path : `/${path}`;
  const joined = query === "" ? start : `${start}${start.includes("?") ? "&" : "?"}${query}`;
  return `${scheme}://${labels.get("__address__") ?? ""}${joined}`;
}
