import { existsSync } from "node:fs";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { SECOND_MS } from "@naruko/core/model/time";
import { GoldenTexts } from "../ask/golden-texts.ts";
import { withPlaceholders } from "../config/environment.ts";
import { engineYaml } from "../config/setup.ts";
import { databaseFileOf, findServer } from "../disk/data-dir.ts";
import { openDuckDbDisk } from "../disk/duckdb-disk.ts";
import { type JudgeReport, judgeReport } from "../drive/judge-report.ts";
import { recover } from "../drive/recover.ts";
import { JUDGE_PATH } from "../listen/judge-api.ts";
import { apiData, serverAt, TLS_OPTIONS } from "./ask-server.ts";
import { Misuse, type Option, textOption, type Values, type World } from "./command.ts";

const DEFAULT_URL = "http://127.0.0.1:4320";

/** Whom a command asks that reports on the judge. */
export const REPORT_OPTIONS: Readonly<Record<string, Option>> = {
  url: { type: "string", value: "URL", help: `server to ask (default: ${DEFAULT_URL})` },
  data: {
    type: "string",
    value: "DIR",
    help: "data directory; its server is asked where one holds it",
  },
  ...TLS_OPTIONS,
};

/** What a server, or a data directory, knows of its judge, or why that is not known. @throws Misuse */
export async function askReport(
  values: Values,
  world: World,
): Promise<JudgeReport | { readonly error: string }> {
  const folder = textOption(values, "data");
  const named = textOption(values, "url");
  if (folder !== undefined && named !== undefined) {
    throw new Misuse("--url asks a server and --data a directory: give one of them");
  }
  const url = folder === undefined ? (named ?? DEFAULT_URL) : (await findServer(folder))?.address;
  if (url === undefined) return readDirectory(folder ?? "", world);
  const answer = await serverAt(url, values, world)(JUDGE_PATH);
  if ("reason" in answer) return { error: `${url} does not answer: ${answer.reason}` };
  const read = apiData(answer);
  return "data" in read ? (read.data as JudgeReport) : { error: `${url}: ${read.error}` };
}

async function readDirectory(
  folder: string,
  { environment, clock }: World,
): Promise<JudgeReport | { readonly error: string }> {
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
    const now = () => engine.position.at;
    const { monotonicMs } = clock;
    const sources = { engine, disk: disk.value, limits: DEFAULT_LIMITS, now, monotonicMs };
    return await judgeReport(sources, now());
  } finally {
    await disk.value.close();
  }
}
