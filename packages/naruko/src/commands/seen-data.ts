import { existsSync } from "node:fs";
import type { SeenData } from "@naruko/core/lint/catalog";
import { SeenMetrics, type ToldMetadata } from "@naruko/core/lint/seen-metrics";
import { labelEntries } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import { GoldenTexts } from "../ask/golden-texts.ts";
import { withPlaceholders } from "../config/environment.ts";
import { engineYaml } from "../config/setup.ts";
import { databaseFileOf } from "../disk/data-dir.ts";
import { openDuckDbDisk } from "../disk/duckdb-disk.ts";
import { recover } from "../drive/recover.ts";
import { apiData } from "./ask-server.ts";
import type { AskServer } from "./ask-server.ts";
import type { World } from "./command.ts";

type Answer = { readonly seen: SeenData } | { readonly error: string };

/** Which metrics a server has, of which type, and which labels and buckets those of the asked names. */
export async function seenByServer(
  url: string,
  askServer: AskServer,
  asked: ReadonlySet<string>,
): Promise<Answer> {
  const ask = async (path: string, form?: URLSearchParams): Promise<unknown> => {
    const answer = await askServer(`/api/v1/${path}`, form);
    if ("reason" in answer) throw new Error(answer.reason);
    const read = apiData(answer);
    if ("error" in read) throw new Error(read.error);
    return read.data;
  };
  try {
    const names = new Set((await ask("label/__name__/values")) as readonly string[]);
    const known = [...asked].filter((name) => names.has(name));
    const metrics = new SeenMetrics();
    for (const name of names) metrics.addName(name);
    if (known.length > 0) {
      const form = new URLSearchParams();
      for (const name of known) form.append("match[]", `{__name__=${JSON.stringify(name)}}`);
      const series = (await ask("series", form)) as readonly Record<string, string>[];
      for (const one of series) metrics.addSeries(Object.entries(one));
    }
    const told = (await ask("metadata")) as Readonly<Record<string, readonly Told[]>>;
    return { seen: metrics.seen(metadataIn(told)) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { error: `${url} does not tell which metrics it has: ${why}` };
  }
}

type Told = Omit<ToldMetadata, "name">;

/** Of a metric that targets tell of differently, what the last one says. */
function* metadataIn(
  told: Readonly<Record<string, readonly Told[]>>,
): Generator<ToldMetadata, void, undefined> {
  for (const [name, all] of Object.entries(told)) for (const one of all) yield { ...one, name };
}

/** Which metrics, labels and buckets a data directory has, as far back as it keeps them. */
export async function seenInDirectory(folder: string, { environment }: World): Promise<Answer> {
  const file = databaseFileOf(folder);
  if (!existsSync(file))
    return { error: `${folder} is no data directory: it has no naruko.duckdb` };
  const disk = await openDuckDbDisk(file);
  if (!disk.ok) return { error: disk.reason };
  try {
    const { engine } = await recover(disk.value, {
      intervalMs: 15 * SECOND_MS,
      limits: DEFAULT_LIMITS,
      parseYaml: engineYaml(withPlaceholders(environment)),
      goldenText: new GoldenTexts(folder).textOf,
    });
    const [from, to] = [epochMs(0), engine.position.at];
    const stored = await disk.value.series({ from, to });
    if (!stored.ok) return { error: stored.reason };
    const metrics = new SeenMetrics();
    for (const one of [...engine.seriesIn(from, to), ...stored.value]) {
      metrics.addSeries(labelEntries(one));
    }
    return { seen: metrics.seen(engine.metadata.families.values()) };
  } finally {
    await disk.value.close();
  }
}
