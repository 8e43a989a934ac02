import { InputError } from "@naruko/core/model/input-error";
import type { JudgeReport } from "../drive/judge-report.ts";
import { QueryTimeout } from "../drive/query.ts";
import type { Answer, Handler } from "./server.ts";

export const JUDGE_PATH = "/api/naruko/judge";

/** `GET /api/naruko/judge`: what the judge costs and says, and what it could judge, in `data`. */
export function judgeHandler(report: () => Promise<JudgeReport>): Handler {
  return async (request, url) => {
    if (url.pathname !== JUDGE_PATH) return undefined;
    if (request.method !== "GET" && request.method !== "HEAD")
      return answer(405, { status: "error", error: "use GET" });
    try {
      return answer(200, { status: "success", data: await report() });
    } catch (error) {
      // A limit of queries: too many series, or too slow for the moment.
      if (!(error instanceof InputError || error instanceof QueryTimeout)) throw error;
      return answer(503, { status: "error", error: error.message });
    }
  };
}

function answer(status: number, body: unknown): Answer {
  const headers = { "Content-Type": "application/json" };
  return { status, headers, body: JSON.stringify(body), compress: true };
}
