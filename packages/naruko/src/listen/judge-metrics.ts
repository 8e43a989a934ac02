import type { Engine } from "@naruko/core/engine/engine";
import { JUDGE_METADATA, judgeRows } from "@naruko/core/judge/judge-series";
import type { EpochMs } from "@naruko/core/model/time";
import type { ExportView } from "../drive/verdict-export.ts";
import { byReason, type Family } from "./exposition.ts";

export type JudgeSources = {
  readonly engine: Engine;
  /** What endpoints did otherwise than asked, by kind. */
  readonly judgeNotices: ReadonlyMap<string, number>;
  /** Absent where verdicts were never to be exported. */
  readonly judgeExport: () => ExportView | undefined;
};

/** The judge: money, requests, what is missing and why, and what became of its verdicts' export. */
export function judgeMetrics(
  { engine, judgeNotices, judgeExport }: JudgeSources,
  now: EpochMs,
): Family[] {
  const { judge: setup } = engine.setup;
  const standing = engine.judgeView(now);
  if (setup === undefined || standing === undefined) return exportMetrics(judgeExport());
  const rows = [...judgeRows({ setup, ...standing, counts: engine.counters() })];
  const families = JUDGE_METADATA.flatMap(({ name, type, help }): Family[] => {
    const samples = rows
      .filter(([own]) => own === name)
      .map(([, labels, value]) => ({ labels, value }));
    const isKnown = type === "counter" || type === "gauge";
    return samples.length === 0 || !isKnown ? [] : [{ name, type, help, samples }];
  });
  return [
    ...families,
    {
      name: "naruko_judge_endpoint_notices_total",
      help: "Endpoints that refused a part of what is asked, did not keep to it, or changed their model, by kind.",
      type: "counter",
      samples: [...judgeNotices].map(([kind, value]) => ({ labels: { kind }, value })),
    },
    ...exportMetrics(judgeExport()),
  ];
}

function exportMetrics(view: ExportView | undefined): Family[] {
  if (view === undefined) return [];
  const { sent, refused, dropped, requests, retries, waiting, isFailing } = view;
  return [
    counter("naruko_judge_export_sent_total", "Verdicts that the receiver took.", sent),
    byReason(
      {
        name: "naruko_judge_export_lost_total",
        help: "Verdicts that were not exported: refused by the receiver, or dropped for want of room.",
      },
      Object.entries({ refused, dropped }),
    ),
    counter("naruko_judge_export_requests_total", "Requests to the receiver.", requests),
    counter("naruko_judge_export_retries_total", "Requests that failed and are repeated.", retries),
    gauge("naruko_judge_export_waiting", "Verdicts that wait to be exported.", waiting),
    gauge(
      "naruko_judge_export_failing",
      "1 where the last request was not taken.",
      isFailing ? 1 : 0,
    ),
  ];
}

function counter(name: string, help: string, value: number): Family {
  return { name, help, type: "counter", samples: [{ value }] };
}

function gauge(name: string, help: string, value: number): Family {
  return { name, help, type: "gauge", samples: [{ value }] };
}
