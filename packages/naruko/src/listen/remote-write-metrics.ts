import { SECOND_MS } from "@naruko/core/model/time";
import type { RemoteWriter } from "../remote-write/remote-writer.ts";
import type { Family } from "./exposition.ts";

/** What became of samples on their way to remote stores. */
export function remoteWriteMetrics(writers: readonly RemoteWriter[]): Family[] {
  const each = (valueOf: (writer: RemoteWriter) => number): Family["samples"] =>
    writers.map((writer) => ({ labels: { remote: writer.name }, value: valueOf(writer) }));
  const leftOut = writers.flatMap(({ name, counts }) =>
    [...counts.leftOut].map(([reason, value]) => ({ labels: { remote: name, reason }, value })),
  );
  return [
    {
      name: "naruko_remote_write_samples_total",
      help: "Samples that remote stores took.",
      type: "counter",
      samples: each(({ counts }) => counts.sent),
    },
    {
      name: "naruko_remote_write_exemplars_total",
      help: "Exemplars that remote stores took.",
      type: "counter",
      samples: each(({ counts }) => counts.exemplars),
    },
    {
      name: "naruko_remote_write_refused_samples_total",
      help: "Samples that remote stores refused for good; they are dropped.",
      type: "counter",
      samples: each(({ counts }) => counts.refused),
    },
    {
      name: "naruko_remote_write_left_out_samples_total",
      help: "Samples that are not sent, by reason.",
      type: "counter",
      samples: leftOut,
    },
    {
      name: "naruko_remote_write_requests_total",
      help: "Requests to remote stores.",
      type: "counter",
      samples: each(({ counts }) => counts.requests),
    },
    {
      name: "naruko_remote_write_retries_total",
      help: "Requests to remote stores that failed and are made again.",
      type: "counter",
      samples: each(({ counts }) => counts.retries),
    },
    {
      name: "naruko_remote_write_lag_seconds",
      help: "How far remote stores are behind the last tick.",
      type: "gauge",
      samples: each(({ lagMs }) => lagMs / SECOND_MS),
    },
  ];
}
