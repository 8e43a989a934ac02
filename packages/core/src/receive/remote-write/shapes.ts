import type { MessageShape } from "../message-shapes.ts";

/** What error messages need of the schemas of remote write: names of fields, and which hold messages. */
const SPAN: MessageShape = {
  1: { name: "offset", repeated: false },
  2: { name: "length", repeated: false },
};

const HISTOGRAM: MessageShape = {
  1: { name: "count_int", repeated: false },
  2: { name: "count_float", repeated: false },
  3: { name: "sum", repeated: false },
  4: { name: "schema", repeated: false },
  5: { name: "zero_threshold", repeated: false },
  6: { name: "zero_count_int", repeated: false },
  7: { name: "zero_count_float", repeated: false },
  8: { name: "negative_spans", repeated: true, of: () => SPAN },
  9: { name: "negative_deltas", repeated: false },
  10: { name: "negative_counts", repeated: false },
  11: { name: "positive_spans", repeated: true, of: () => SPAN },
  12: { name: "positive_deltas", repeated: false },
  13: { name: "positive_counts", repeated: false },
  14: { name: "reset_hint", repeated: false },
  15: { name: "timestamp", repeated: false },
  16: { name: "custom_values", repeated: false },
  17: { name: "start_timestamp", repeated: false },
};

const SAMPLE: MessageShape = {
  1: { name: "value", repeated: false },
  2: { name: "timestamp", repeated: false },
  3: { name: "start_timestamp", repeated: false },
};

const LABEL: MessageShape = {
  1: { name: "name", repeated: false },
  2: { name: "value", repeated: false },
};

const EXEMPLAR: MessageShape = {
  1: { name: "labels", repeated: true, of: () => LABEL },
  2: { name: "value", repeated: false },
  3: { name: "timestamp", repeated: false },
};

const METRIC_METADATA: MessageShape = {
  1: { name: "type", repeated: false },
  2: { name: "metric_family_name", repeated: false },
  4: { name: "help", repeated: false },
  5: { name: "unit", repeated: false },
};

/** `prometheus.WriteRequest` (remote write 1.0). */
export const WRITE_REQUEST: MessageShape = {
  1: {
    name: "timeseries",
    repeated: true,
    of: () => ({
      1: { name: "labels", repeated: true, of: () => LABEL },
      2: { name: "samples", repeated: true, of: () => SAMPLE },
      3: { name: "exemplars", repeated: true, of: () => EXEMPLAR },
      4: { name: "histograms", repeated: true, of: () => HISTOGRAM },
    }),
  },
  3: { name: "metadata", repeated: true, of: () => METRIC_METADATA },
};

/** `io.prometheus.write.v2.Request` (remote write 2.0). */
export const REQUEST_V2: MessageShape = {
  4: { name: "symbols", repeated: false },
  5: {
    name: "timeseries",
    repeated: true,
    of: () => ({
      1: { name: "labels_refs", repeated: false },
      2: { name: "samples", repeated: true, of: () => SAMPLE },
      3: { name: "histograms", repeated: true, of: () => HISTOGRAM },
      4: {
        name: "exemplars",
        repeated: true,
        of: () => ({ ...EXEMPLAR, 1: { name: "labels_refs", repeated: false } }),
      },
      5: {
        name: "metadata",
        repeated: false,
        of: () => ({
          1: { name: "type", repeated: false },
          3: { name: "help_ref", repeated: false },
          4: { name: "unit_ref", repeated: false },
        }),
      },
      6: { name: "created_timestamp", repeated: false },
    }),
  },
};
