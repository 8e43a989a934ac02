import type { Labels } from "@naruko/core/model/labels";
import { isUtf8 } from "@naruko/core/model/go-string";
import { epochMs } from "@naruko/core/model/time";
import { findSeries } from "../drive/find-series.ts";
import { inTurns, untilEnded } from "../drive/query.ts";
import type { ApiRequest, ApiResult } from "./api-call.ts";
import { ApiError, limitParam, timeParam } from "./api-params.ts";
import { matcherSets } from "./api-selectors.ts";
import { labelsText, listText } from "./api-values.ts";
import { unescapedName } from "./unescaped-name.ts";

/** `/api/v1/series` */
export async function series(request: ApiRequest): Promise<ApiResult> {
  if (!request.params.has("match[]")) {
    throw new ApiError("bad_data", "no match[] parameter provided");
  }
  return listed(await matching(request), labelsText, request.params);
}

/** `/api/v1/labels` */
export async function labelNames(request: ApiRequest): Promise<ApiResult> {
  const names = new Set<string>();
  await forEach(request, ({ pairs }) => {
    for (let i = 0; i < pairs.length; i += 2) names.add(pairs[i] ?? "");
  });
  return listed([...names].toSorted(), JSON.stringify, request.params);
}

/** `/api/v1/label/<name>/values`; a name that begins with `U__` is read as an escaped one. */
export async function labelValues(written: string, request: ApiRequest): Promise<ApiResult> {
  const name = unescapedName(written);
  if (name === "" || !isUtf8(name)) {
    throw new ApiError("bad_data", `invalid label name: ${JSON.stringify(name)}`);
  }
  const values = new Set<string>();
  await forEach(request, ({ pairs }) => {
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) values.add(pairs[i + 1] ?? "");
  });
  return listed([...values].toSorted(), JSON.stringify, request.params);
}

/** Series that any selector matches (all, without one) with samples in the range of the request. */
function matching({ params, options, isCanceled }: ApiRequest): Promise<readonly Labels[]> {
  // Refused before anything is read.
  limitParam(params);
  const from = timeParam(params, "start", epochMs(0));
  const to = timeParam(params, "end", options.now());
  const sets = matcherSets(params, options.limits);
  return findSeries({ sets, from, to }, options, { isCanceled });
}

const LABELS_A_TURN = 4096;

async function forEach(request: ApiRequest, take: (labels: Labels) => void): Promise<void> {
  const found = await matching(request);
  function* taking(): Generator<undefined, void> {
    for (const [i, labels] of found.entries()) {
      take(labels);
      if (i % LABELS_A_TURN === LABELS_A_TURN - 1) yield;
    }
  }
  await inTurns(taking(), untilEnded(request.options, request));
}

function listed<Row>(
  rows: readonly Row[],
  write: (row: Row) => string,
  params: URLSearchParams,
): ApiResult {
  const limit = limitParam(params);
  if (rows.length <= limit) return { pieces: listText(rows, write) };
  const warnings = ["results truncated due to limit"];
  return { pieces: listText(rows.slice(0, limit), write), warnings };
}
