/**
 * What error messages need of OTLP's schema (opentelemetry-proto v1): the names of fields, and which
 * hold messages. The decoders themselves know the numbers that they read.
 */
export type MessageShape = { readonly [field: number]: FieldShape };

export type FieldShape = {
  readonly name: string;
  readonly repeated: boolean;
  /** The message that the field holds; a function, because values hold values. */
  readonly of?: () => MessageShape;
};

const scalar = (name: string): FieldShape => ({ name, repeated: false });
const one = (name: string, of: () => MessageShape): FieldShape => ({ name, repeated: false, of });
const many = (name: string, of: () => MessageShape): FieldShape => ({ name, repeated: true, of });

const ARRAY_VALUE: MessageShape = { 1: many("values", () => ANY_VALUE) };
const KEY_VALUE_LIST: MessageShape = { 1: many("values", () => KEY_VALUE) };

const ANY_VALUE: MessageShape = {
  1: scalar("string_value"),
  2: scalar("bool_value"),
  3: scalar("int_value"),
  4: scalar("double_value"),
  5: one("array_value", () => ARRAY_VALUE),
  6: one("kvlist_value", () => KEY_VALUE_LIST),
  7: scalar("bytes_value"),
};

const KEY_VALUE: MessageShape = { 1: scalar("key"), 2: one("value", () => ANY_VALUE) };

const RESOURCE: MessageShape = { 1: many("attributes", () => KEY_VALUE) };

const SCOPE: MessageShape = { 1: scalar("name"), 2: scalar("version") };

const EVENT: MessageShape = {
  1: scalar("time_unix_nano"),
  2: scalar("name"),
  3: many("attributes", () => KEY_VALUE),
};

const STATUS: MessageShape = { 2: scalar("message"), 3: scalar("code") };

const SPAN: MessageShape = {
  1: scalar("trace_id"),
  2: scalar("span_id"),
  3: scalar("trace_state"),
  4: scalar("parent_span_id"),
  5: scalar("name"),
  6: scalar("kind"),
  7: scalar("start_time_unix_nano"),
  8: scalar("end_time_unix_nano"),
  9: many("attributes", () => KEY_VALUE),
  10: scalar("dropped_attributes_count"),
  11: many("events", () => EVENT),
  12: scalar("dropped_events_count"),
  13: scalar("links"),
  14: scalar("dropped_links_count"),
  15: one("status", () => STATUS),
  16: scalar("flags"),
};

const LOG_RECORD: MessageShape = {
  1: scalar("time_unix_nano"),
  2: scalar("severity_number"),
  3: scalar("severity_text"),
  5: one("body", () => ANY_VALUE),
  6: many("attributes", () => KEY_VALUE),
  7: scalar("dropped_attributes_count"),
  8: scalar("flags"),
  9: scalar("trace_id"),
  10: scalar("span_id"),
  11: scalar("observed_time_unix_nano"),
  12: scalar("event_name"),
};

const NUMBER_POINT: MessageShape = {
  2: scalar("start_time_unix_nano"),
  3: scalar("time_unix_nano"),
  4: scalar("as_double"),
  5: scalar("exemplars"),
  6: scalar("as_int"),
  7: many("attributes", () => KEY_VALUE),
  8: scalar("flags"),
};

const HISTOGRAM_POINT: MessageShape = {
  2: scalar("start_time_unix_nano"),
  3: scalar("time_unix_nano"),
  4: scalar("count"),
  5: scalar("sum"),
  6: scalar("bucket_counts"),
  7: scalar("explicit_bounds"),
  8: scalar("exemplars"),
  9: many("attributes", () => KEY_VALUE),
  10: scalar("flags"),
  11: scalar("min"),
  12: scalar("max"),
};

const BUCKETS: MessageShape = { 1: scalar("offset"), 2: scalar("bucket_counts") };

const EXPONENTIAL_POINT: MessageShape = {
  1: many("attributes", () => KEY_VALUE),
  2: scalar("start_time_unix_nano"),
  3: scalar("time_unix_nano"),
  4: scalar("count"),
  5: scalar("sum"),
  6: scalar("scale"),
  7: scalar("zero_count"),
  8: one("positive", () => BUCKETS),
  9: one("negative", () => BUCKETS),
  10: scalar("flags"),
  11: scalar("exemplars"),
  12: scalar("min"),
  13: scalar("max"),
  14: scalar("zero_threshold"),
};

const GAUGE: MessageShape = { 1: many("data_points", () => NUMBER_POINT) };

const SUM: MessageShape = {
  1: many("data_points", () => NUMBER_POINT),
  2: scalar("aggregation_temporality"),
  3: scalar("is_monotonic"),
};

const HISTOGRAM: MessageShape = {
  1: many("data_points", () => HISTOGRAM_POINT),
  2: scalar("aggregation_temporality"),
};

const EXPONENTIAL_HISTOGRAM: MessageShape = {
  1: many("data_points", () => EXPONENTIAL_POINT),
  2: scalar("aggregation_temporality"),
};

const UNREAD_POINTS: MessageShape = { 1: scalar("data_points") };

const METRIC: MessageShape = {
  1: scalar("name"),
  2: scalar("description"),
  3: scalar("unit"),
  5: one("gauge", () => GAUGE),
  7: one("sum", () => SUM),
  9: one("histogram", () => HISTOGRAM),
  10: one("exponential_histogram", () => EXPONENTIAL_HISTOGRAM),
  11: one("summary", () => UNREAD_POINTS),
  12: scalar("metadata"),
};

/** The three signals' requests are alike down to the records: only names differ. */
function request(signal: string, records: string, record: MessageShape): MessageShape {
  const scoped: MessageShape = {
    1: one("scope", () => SCOPE),
    2: many(records, () => record),
    3: scalar("schema_url"),
  };
  const resourced: MessageShape = {
    1: one("resource", () => RESOURCE),
    2: many(`scope_${signal}`, () => scoped),
    3: scalar("schema_url"),
  };
  return { 1: many(`resource_${signal}`, () => resourced) };
}

export const TRACE_REQUEST: MessageShape = request("spans", "spans", SPAN);
export const METRICS_REQUEST: MessageShape = request("metrics", "metrics", METRIC);
export const LOGS_REQUEST: MessageShape = request("logs", "log_records", LOG_RECORD);
