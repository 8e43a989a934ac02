import type { Answer, Handler } from "./server.ts";
import type { LimitCounts } from "./limit-counts.ts";

/**
 * Lets so many API requests be answered at once and refuses further ones: each may hold as many
 * samples as its limit allows. Limits that an answer names are counted.
 */
export function queryGate(handler: Handler, most: number, counts: LimitCounts): Handler {
  let running = 0;
  return async (request, url) => {
    if (!url.pathname.startsWith("/api/")) return undefined;
    if (running >= most) {
      counts.reached("concurrentQueries");
      const error = `${most} requests are being answered (limit concurrentQueries); try again`;
      const body = JSON.stringify({ status: "error", errorType: "timeout", error });
      const headers = { "Content-Type": "application/json", "Retry-After": "1" };
      return { status: 503, headers, body };
    }
    running++;
    const release = (): void => {
      running--;
    };
    let answer: Answer | undefined;
    try {
      answer = await handler(request, url);
      return answer?.stream === undefined ? answer : { ...answer, sent: release };
    } finally {
      const { status = 200, body, stream } = answer ?? {};
      if (status >= 400 && typeof body === "string") counts.namedIn(body);
      // A streamed answer holds its samples until it is sent.
      if (stream === undefined) release();
    }
  };
}
