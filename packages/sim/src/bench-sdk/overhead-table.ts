import { median, shown } from "../bench/figure.ts";
import { CHUNKS } from "./stub-answers.ts";
import type { Cost, Costs, Life, Lives } from "./overhead.ts";
import { BARE, OURS, packageOf, VARIANTS } from "./variants.ts";

const MIB = 2 ** 20;

/** A figure of one life. `beside` is the life of the client alone. */
type Column = {
  readonly title: string;
  readonly of: (life: Life, beside: Life) => number;
};

const callUs: Column["of"] = ({ calls }) => addedUs(calls, "cpuUs") + calls.exportCpuUs;
const meanCallUs: Column["of"] = ({ calls }) => meanAddedUs(calls) + calls.exportCpuUs;
const streamUs: Column["of"] = ({ streams }) => addedUs(streams, "cpuUs") + streams.exportCpuUs;
const chunkUs: Column["of"] = (life, beside) => streamUs(life, beside) / CHUNKS;

const COLUMNS: readonly Column[] = [
  { title: "a call, µs", of: callUs },
  { title: "the same by the mean, µs", of: meanCallUs },
  { title: "of that to export, µs", of: ({ calls }) => calls.exportCpuUs },
  {
    title: "a call, % of the client's own",
    of: (life, beside) => (100 * callUs(life, beside)) / ownUs(life.calls),
  },
  { title: "a chunk, µs", of: chunkUs },
  {
    title: "a stream, % of the client's own",
    of: (life, beside) => (100 * streamUs(life, beside)) / ownUs(life.streams),
  },
  { title: "a call waits, µs", of: ({ calls }) => addedUs(calls, "wallUs") },
  {
    title: "heap, MiB",
    of: ({ memory }, beside) => (memory.heapBytes - beside.memory.heapBytes) / MIB,
  },
  {
    title: "resident, MiB",
    of: ({ memory }, beside) => (memory.residentBytes - beside.memory.residentBytes) / MIB,
  },
  { title: "loop delay p99, ms", of: ({ delay }) => delay.observed - delay.bare },
];

/** The median of the rounds' differences: what else the machine did meanwhile is in few of them. */
function addedUs({ bare, observed }: Costs, field: keyof Cost): number {
  return median(observed.map((cost, round) => cost[field] - (bare[round]?.[field] ?? NaN)));
}

/**
 * The mean has what no median has: work that few rounds have, such as the collection of garbage that
 * many of them left. It has whatever else the machine did, too.
 */
function meanAddedUs({ bare, observed }: Costs): number {
  return (totalUs(observed) - totalUs(bare)) / observed.length;
}

function totalUs(costs: readonly Cost[]): number {
  return costs.reduce((sum, { cpuUs }) => sum + cpuUs, 0);
}

/** What the client alone takes in the same process. */
function ownUs({ bare }: Costs): number {
  return median(bare.map(({ cpuUs }) => cpuUs));
}

function spread(values: readonly number[]): string {
  const middle = shown(median(values));
  if (values.length < 2) return middle;
  return `${middle} (${shown(Math.min(...values))} to ${shown(Math.max(...values))})`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map(row).join("");
}

/** What each variant adds: the median of its lives, and in brackets the least and the most. */
export function overheadTable(lives: Lives): string {
  const beside = lives.get(BARE) ?? [];
  const rows = VARIANTS.map(({ name }) => {
    const cells = COLUMNS.map(({ of }) =>
      spread(
        (lives.get(name) ?? []).flatMap((life, nth) => {
          const other = beside[name === BARE ? (nth + 1) % beside.length : nth];
          return other === undefined ? [] : [of(life, other)];
        }),
      ),
    );
    return [name === BARE ? "bare beside bare: noise" : name, ...cells];
  });
  return markdown(["added by", ...COLUMNS.map(({ title }) => title)], rows);
}

const AIM_CALL_US = 50;
const AIM_CHUNK_US = 2;

/** Whether the SDK, as `start` sets it up, is as cheap as it is meant to be. */
export function aimText(lives: Lives): string {
  const ours = lives.get(OURS) ?? [];
  const verdict = (what: string, of: Column["of"], aimUs: number): string => {
    const us = median(ours.map((life) => of(life, life)));
    return `${shown(us)} µs a ${what}, aim under ${aimUs}: ${us < aimUs ? "met" : "MISSED"}`;
  };
  const call = verdict("call", callUs, AIM_CALL_US);
  return `${OURS}: ${call}; ${verdict("chunk", chunkUs, AIM_CHUNK_US)}\n`;
}

/** What is measured, how much it sends, and what the client beside it takes by itself. */
export function variantTable(lives: Lives): string {
  const rows = VARIANTS.map((variant) => {
    const lived = lives.get(variant.name) ?? [];
    const middle = (of: (life: Life) => number): string => shown(median(lived.map(of)));
    return [
      variant.name,
      packageOf(variant),
      variant.exporter,
      middle(({ bytesPerCall }) => bytesPerCall),
      middle(({ calls }) => ownUs(calls)),
      middle(({ streams }) => ownUs(streams) / CHUNKS),
      middle(({ memory }) => memory.residentBytes / MIB),
    ];
  });
  const head = ["", "package", "exporter", "bytes told a call"];
  const beside = ["the client's own call, µs", "its own chunk, µs", "resident in all, MiB"];
  return markdown([...head, ...beside], rows);
}
