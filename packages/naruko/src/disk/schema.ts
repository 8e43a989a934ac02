/** The version of the tables below. A file with a higher one is refused, a lower one is migrated. */
export const FORMAT_VERSION = 3;

/** What `format.program` says, so that somebody else's database is not taken for ours. */
export const PROGRAM = "naruko";

/** Calls that the judge was to judge; `proof` and `rubrics` are JSON. */
const DRAW = `CREATE TABLE draw (seq BIGINT, n INTEGER, at_ms BIGINT, trace_id VARCHAR,
  span_id VARCHAR, segment VARCHAR, kinds VARCHAR, inclusion DOUBLE, cost_usd DOUBLE,
  proof VARCHAR, rubrics VARCHAR)`;

/**
 * The tables of version 3. None has a primary key: an index costs more to keep in memory than the
 * rows on disk, and keys are kept apart by how rows are written (`write-calls.ts`,
 * `write-chunks.ts`). Times are epoch milliseconds; JSON is text, never parsed by the database.
 */
export const TABLES: readonly string[] = [
  "CREATE TABLE format (version INTEGER, program VARCHAR)",
  "CREATE TABLE snapshot (seq BIGINT, at_ms BIGINT, version INTEGER, state BLOB, heads_id BIGINT)",
  // A snapshot's open samples and remembered ids, in parts that are written one by one before it.
  "CREATE TABLE snapshot_heads (id BIGINT, n INTEGER, data BLOB)",
  `CREATE TABLE call_shape (id INTEGER, kind VARCHAR, operation VARCHAR, service VARCHAR,
    service_version VARCHAR, environment VARCHAR, provider VARCHAR, request_model VARCHAR,
    response_model VARCHAR, server_address VARCHAR, error_type VARCHAR, ending VARCHAR, stream BOOLEAN,
    usage_source VARCHAR, unpriced VARCHAR, system_fingerprint VARCHAR, prompt_name VARCHAR,
    prompt_version VARCHAR, tool_name VARCHAR, agent_name VARCHAR, dialect VARCHAR,
    finish_reasons VARCHAR, flags VARCHAR)`,
  `CREATE TABLE call (seq BIGINT, n INTEGER, at_ms BIGINT, shape_id INTEGER,
    trace_id VARCHAR, span_id VARCHAR, parent_span_id VARCHAR, response_id VARCHAR,
    conversation_id VARCHAR, user_id VARCHAR,
    start_ms BIGINT, end_ms BIGINT, duration_s DOUBLE, time_to_first_chunk_s DOUBLE,
    time_per_output_chunk_s DOUBLE, cost_usd DOUBLE, weight DOUBLE,
    input_tokens DOUBLE, output_tokens DOUBLE, cache_read_tokens DOUBLE,
    cache_write_tokens DOUBLE, reasoning_tokens DOUBLE, text VARCHAR)`,
  `CREATE TABLE evaluation (seq BIGINT, n INTEGER, at_ms BIGINT, name VARCHAR, service VARCHAR,
    environment VARCHAR, label VARCHAR, explanation VARCHAR, error_type VARCHAR,
    trace_id VARCHAR, span_id VARCHAR, response_id VARCHAR, judge VARCHAR, time_ms BIGINT,
    score DOUBLE, weight DOUBLE)`,
  `CREATE TABLE transition (seq BIGINT, n INTEGER, at_ms BIGINT, state VARCHAR, labels VARCHAR,
    annotations VARCHAR, value DOUBLE, starts_ms BIGINT, rule_group VARCHAR, file VARCHAR)`,
  DRAW,
  "CREATE SEQUENCE series_id",
  "CREATE TABLE series (id BIGINT, metric VARCHAR, labels VARCHAR)",
  `CREATE TABLE chunk (series_id BIGINT, from_ms BIGINT, to_ms BIGINT, count INTEGER,
    encoding INTEGER, data BLOB)`,
];

/** Statements that bring a file from one version to the next: index 0 goes from version 1 to 2. */
export const MIGRATIONS: readonly (readonly string[])[] = [
  // Inputs are files of their own from version 2 on: old-inputs.ts moves them there.
  ["ALTER TABLE input RENAME TO old_input"],
  // Rows are appended by the place of their columns, hence a table in the new order.
  [
    `CREATE TABLE call_shape_3 AS SELECT id, kind, operation, service, service_version, environment,
      provider, request_model, response_model, server_address, error_type,
      CAST(NULL AS VARCHAR) AS ending, stream, usage_source, unpriced, system_fingerprint,
      prompt_name, prompt_version, tool_name, agent_name, dialect, finish_reasons, flags
      FROM call_shape`,
    "DROP TABLE call_shape",
    "ALTER TABLE call_shape_3 RENAME TO call_shape",
    `CREATE TABLE evaluation_3 AS SELECT seq, n, at_ms, name, service, environment, label,
      explanation, error_type, trace_id, span_id, response_id, CAST(NULL AS VARCHAR) AS judge,
      time_ms, score, CAST(NULL AS DOUBLE) AS weight FROM evaluation`,
    "DROP TABLE evaluation",
    "ALTER TABLE evaluation_3 RENAME TO evaluation",
    DRAW,
  ],
];
