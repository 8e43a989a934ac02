import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { type JudgeReport, judgeReport } from "../drive/judge-report.ts";
import { JUDGE_PATH } from "../listen/judge-api.ts";
import { apiData, askedPlace, serverAt } from "./ask-server.ts";
import type { Values, World } from "./command.ts";
import { readDirectory } from "./read-directory.ts";

/** What a server, or a data directory, knows of its judge, or why that is not known. @throws Misuse */
export async function askReport(
  values: Values,
  world: World,
): Promise<JudgeReport | { readonly error: string }> {
  const place = await askedPlace(values);
  if ("folder" in place) {
    return readDirectory(place.folder, world, ({ engine, disk }) => {
      const now = () => engine.position.at;
      const { monotonicMs } = world.clock;
      return judgeReport({ engine, disk, limits: DEFAULT_LIMITS, now, monotonicMs }, now());
    });
  }
  const { url } = place;
  const answer = await serverAt(url, values, world)(JUDGE_PATH);
  if ("reason" in answer) return { error: `${url} does not answer: ${answer.reason}` };
  const read = apiData(answer);
  return "data" in read ? (read.data as JudgeReport) : { error: `${url}: ${read.error}` };
}
