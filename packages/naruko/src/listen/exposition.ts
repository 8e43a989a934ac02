/** One metric of the program itself, as `/metrics` shows it. */
export type Family = {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly {
    readonly labels?: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
};

/** What `/metrics` answers with. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Writes metrics in Prometheus' text format. A family without samples still has its header lines. */
export function writeExposition(families: readonly Family[]): string {
  const lines: string[] = [];
  for (const { name, type, help, samples } of families) {
    lines.push(`# HELP ${name} ${escapeHelp(help)}`);
    lines.push(`# TYPE ${name} ${type}`);
    for (const { labels = {}, value } of samples) {
      const inside = Object.entries(labels).map(
        ([label, text]) => `${label}="${escapeValue(text)}"`,
      );
      lines.push(
        `${name}${inside.length > 0 ? `{${inside.join(",")}}` : ""} ${writeNumber(value)}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

/** A family of one counter that is kept by reason. */
export function byReason(
  family: Pick<Family, "name" | "help">,
  counts: Iterable<readonly [string, number]>,
): Family {
  const samples = [...counts].map(([reason, value]) => ({ labels: { reason }, value }));
  return { ...family, type: "counter", samples };
}

/** Help as the classic format writes it: a quote stays as it is. */
export function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** A label's value, without its quotes. */
export function escapeValue(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** A value as every exposition format writes it. */
export function writeNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}
