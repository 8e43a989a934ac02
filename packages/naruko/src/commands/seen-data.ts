import type { SeenData } from "@naruko/core/lint/catalog";
import { SeenMetrics, type ToldMetadata } from "@naruko/core/lint/seen-metrics";
import { labelEntries } from "@naruko/core/model/labels";
import { epochMs } from "@naruko/core/model/time";
import { apiData } from "./ask-server.ts";
import type { AskServer } from "./ask-server.ts";
import type { World } from "./command.ts";
import { readDirectory } from "./read-directory.ts";

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
export function seenInDirectory(folder: string, world: World): Promise<Answer> {
  return readDirectory(folder, world, async ({ engine, disk }): Promise<Answer> => {
    const [from, to] = [epochMs(0), engine.position.at];
    const stored = await disk.series({ from, to });
    if (!stored.ok) return { error: stored.reason };
    const metrics = new SeenMetrics();
    for (const one of [...engine.seriesIn(from, to), ...stored.value]) {
      metrics.addSeries(labelEntries(one));
    }
    return { seen: metrics.seen(engine.metadata.families.values()) };
  });
}
