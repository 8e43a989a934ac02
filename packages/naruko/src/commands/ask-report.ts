import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { findServer } from "../disk/data-dir.ts";
import { type JudgeReport, judgeReport } from "../drive/judge-report.ts";
import { JUDGE_PATH } from "../listen/judge-api.ts";
import { apiData, serverAt, TLS_OPTIONS } from "./ask-server.ts";
import { Misuse, type Option, textOption, type Values, type World } from "./command.ts";
import { readDirectory } from "./read-directory.ts";

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
  if (url === undefined) {
    return readDirectory(folder ?? "", world, ({ engine, disk }) => {
      const now = () => engine.position.at;
      const { monotonicMs } = world.clock;
      return judgeReport({ engine, disk, limits: DEFAULT_LIMITS, now, monotonicMs }, now());
    });
  }
  const answer = await serverAt(url, values, world)(JUDGE_PATH);
  if ("reason" in answer) return { error: `${url} does not answer: ${answer.reason}` };
  const read = apiData(answer);
  return "data" in read ? (read.data as JudgeReport) : { error: `${url}: ${read.error}` };
}
