import { annotationTexts } from "../listen/api-query.ts";
import { readDuration, readTime } from "../listen/api-params.ts";
import { apiResult } from "../listen/api-values.ts";
import type { EpochMs } from "@naruko/core/model/time";
import { SECOND_MS, epochMs } from "@naruko/core/model/time";
import { type Feature, featureSet } from "@naruko/core/model/features";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { runQuery } from "../drive/query.ts";
import type { QuerySpan } from "../drive/query.ts";
import { apiData, askedPlace, PLACE_OPTIONS, serverAt } from "./ask-server.ts";
import type { AskServer } from "./ask-server.ts";
import { EXIT, Misuse, textOption } from "./command.ts";
import type { Command, Values, World } from "./command.ts";
import { FEATURE_OPTION, featuresOf } from "./feature-option.ts";
import { readDirectory } from "./read-directory.ts";
import { type ApiData, readableAnswer } from "./readable-answer.ts";

type Answer =
  { readonly data: ApiData; readonly notes: readonly string[] } | { readonly error: string };

/** `naruko query`: PromQL against a running server or a data directory. */
export const queryCommand: Command = {
  usage: "query EXPR [options]",
  summary: "ask a running server, or a data directory, in PromQL",
  options: {
    at: { type: "string", value: "T", help: "time of an instant query (default: now)" },
    from: { type: "string", value: "T", help: "start of a range query" },
    to: { type: "string", value: "T", help: "end of a range query (default: now)" },
    step: { type: "string", value: "D", help: "step of a range query (default: 15s)" },
    ...PLACE_OPTIONS,
    "enable-feature": {
      ...FEATURE_OPTION,
      help: "experimental parts of PromQL beside those of the configuration; with --data alone",
    },
    json: { type: "boolean", help: "print the answer as Prometheus' API writes it" },
  },
  details: `Times are RFC 3339 or seconds since the epoch. A token, where the server asks for one, is
taken from the environment variable NARUKO_ADMIN_TOKEN. Warnings and notes about the answer go to
standard error.`,
  run: query,
};

async function query(
  values: Values,
  positionals: readonly string[],
  world: World,
): Promise<number> {
  const [expr, ...rest] = positionals;
  if (expr === undefined || rest.length > 0) {
    throw new Misuse("expected one expression; quote it, so that the shell leaves it whole");
  }
  const span = spanOf(values, epochMs(Math.floor(world.clock.wallMs())));
  const place = await askedPlace(values);
  const features = featuresOf(values);
  if (features.length > 0 && "url" in place) {
    throw new Misuse("--enable-feature: a server has the features of its naruko.yml");
  }
  const answer =
    "folder" in place
      ? await askDirectory(place.folder, { expr, features }, span, world)
      : await askServer(place.url, serverAt(place.url, values, world), expr, span);
  if ("error" in answer) {
    world.tell(`naruko: ${answer.error}\n`);
    return EXIT.finding;
  }
  for (const note of answer.notes) world.tell(`naruko: ${note}\n`);
  world.print(
    values["json"] === true ? `${JSON.stringify(answer.data)}\n` : readableAnswer(answer.data),
  );
  return EXIT.ok;
}

function spanOf(values: Values, now: EpochMs): QuerySpan {
  const from = timeOption(values, "from");
  const to = timeOption(values, "to");
  const step = textOption(values, "step");
  if (from === undefined) {
    if (to !== undefined || step !== undefined) throw new Misuse("--to and --step need --from");
    const at = timeOption(values, "at") ?? now;
    return { from: at, to: at, stepMs: 0 };
  }
  if (values["at"] !== undefined) throw new Misuse("--at is an instant, --from a range: give one");
  const stepMs = readDuration(step ?? "15s");
  if (stepMs === undefined || stepMs <= 0) {
    throw new Misuse(`--step: expected a duration such as 15s, not "${step}"`);
  }
  const end = to ?? now;
  if (end < from) throw new Misuse("--to lies before --from");
  return { from, to: end, stepMs };
}

function timeOption(values: Values, name: string): EpochMs | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const at = readTime(text);
  if (at !== undefined) return at;
  throw new Misuse(
    `--${name}: expected 2026-11-02T10:04:00Z or seconds since the epoch, not "${text}"`,
  );
}

async function askServer(
  url: string,
  ask: AskServer,
  expr: string,
  { from, to, stepMs }: QuerySpan,
): Promise<Answer> {
  const params =
    stepMs === 0
      ? { query: expr, time: String(from / SECOND_MS) }
      : {
          query: expr,
          start: String(from / SECOND_MS),
          end: String(to / SECOND_MS),
          step: String(stepMs / SECOND_MS),
        };
  const endpoint = stepMs === 0 ? "query" : "query_range";
  const answer = await ask(`/api/v1/${endpoint}`, new URLSearchParams(params));
  if ("reason" in answer) return { error: `${url} does not answer: ${answer.reason}` };
  const read = apiData(answer);
  return "data" in read ? { ...read, data: read.data as ApiData } : read;
}

function askDirectory(
  folder: string,
  { expr, features }: { readonly expr: string; readonly features: readonly Feature[] },
  span: QuerySpan,
  world: World,
): Promise<Answer> {
  return readDirectory(folder, world, async ({ engine, disk }): Promise<Answer> => {
    const result = await runQuery(expr, span, {
      engine,
      disk,
      features: featureSet([...engine.features, ...features]),
      limits: DEFAULT_LIMITS,
      now: () => engine.position.at,
      monotonicMs: world.clock.monotonicMs,
    });
    const notes = (["warning", "info"] as const).flatMap((level) =>
      annotationTexts(result, level, expr),
    );
    return { data: apiResult(result.value) as ApiData, notes };
  });
}
