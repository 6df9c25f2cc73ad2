import type { Dialect } from '../migration.js';

/**
 * Functions of PostgreSQL that only read and compute. A function that is not among them may do anything: what a SELECT
 * that calls it does, nobody can tell from its text.
 */
const HARMLESS = new Set(
  `abs array_agg array_append array_cat array_length array_position array_remove array_replace array_to_string avg bool_and bool_or
  btrim ceil ceiling char_length chr coalesce concat concat_ws count current_database current_schema current_setting date_part
  date_trunc decode digest encode every exists extract floor format gen_random_uuid generate_series greatest grouping has_table_privilege
  initcap json_agg json_build_array json_build_object json_object_agg jsonb_agg jsonb_array_elements jsonb_array_elements_text
  jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_object_agg jsonb_object_keys jsonb_pretty
  jsonb_set jsonb_strip_nulls jsonb_typeof json_array_elements json_array_elements_text json_each json_typeof lag last_value lead
  least left length localtime localtimestamp lower lpad ltrim make_date make_interval max md5 min mod now nullif octet_length
  overlay pg_get_serial_sequence pg_typeof position power quote_ident quote_literal random rank regexp_match regexp_matches
  regexp_replace regexp_split_to_array regexp_split_to_table repeat replace reverse right round row_number rpad rtrim sign split_part
  sqrt statement_timestamp string_agg string_to_array strpos substr substring sum to_char to_date to_hex to_json to_jsonb to_number
  to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim trunc unnest upper uuid_generate_v4 uuidv4 uuidv7 version
  clock_timestamp timeofday age row_to_json to_regclass to_regtype setweight plainto_tsquery websearch_to_tsquery array_upper
  array_lower cardinality num_nonnulls num_nulls starts_with xmlagg dense_rank ntile first_value nth_value percentile_cont mode`.split(
    /\s+/,
  ),
);

/** What only reads and computes in MySQL and SQLite, and the names that their operators are given. */
const HARMLESS_ELSEWHERE = new Set(
  `abs adddate avg bit_and_of bit_or_of bit_xor_of bin_to_uuid case cast ceil ceiling char char_length character_length coalesce collate
  concat concat_ws convert convert_tz count crc32 curdate current_date current_time current_timestamp current_user curtime database date
  date_add date_format date_sub datediff datetime day dayofmonth dayofweek dayofyear div elt exists extract field find_in_set floor format
  from_base64 from_days from_unixtime glob greatest group_concat hex hour if ifnull iif in_query instr interval is_false is_not_false
  is_not_true is_true json json_array json_array_length json_arrayagg json_contains json_contains_path json_each json_extract json_group_array
  json_group_object json_insert json_keys json_length json_merge_patch json_object json_objectagg json_quote json_remove json_replace
  json_search json_set json_tree json_type json_unquote json_valid julianday last_day lcase least left length like locate lower lpad ltrim
  match max md5 microsecond mid min minute mod month negative now null_safe_equal nullif octet_length ord position pow power printf quarter
  quote rand random randomblob regexp regexp_replace regexp_substr repeat replace reverse right round row row_number rpad rtrim second
  sec_to_time session_variable sha sha1 sha2 shift sign space sqrt str_to_date strftime subdate substr substring substring_index sum sysdate
  time timediff timestamp timestampdiff timestampadd to_base64 to_days total trim truncate typeof ucase unhex unicode unix_timestamp unixepoch
  upper user utc_timestamp uuid uuid_short uuid_to_bin values version week weekday xor year zeroblob stored virtual first_value last_value
  lag lead ntile rank dense_rank last_insert_id any_value std stddev variance time_to_sec makedate maketime`.split(/\s+/),
);

/** Settings of the session, and places of sequences: no rows and no schema. */
const SETTINGS = new Set(['set_config', 'setval', 'nextval', 'currval', 'pg_advisory_lock', 'pg_advisory_unlock', 'pg_advisory_xact_lock']);

/** Another value for each row: a column with such a default is written row by row. */
const VOLATILE = new Set(['random', 'gen_random_uuid', 'uuid_generate_v4', 'uuidv4', 'uuidv7', 'clock_timestamp', 'timeofday', 'nextval']);
const STABLE_OR_FIXED = new Set([
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'current_setting',
  'lower',
  'upper',
  'md5',
  'coalesce',
  'concat',
  'to_jsonb',
  'jsonb_build_object',
  'jsonb_build_array',
  'make_interval',
  'date_trunc',
  'to_timestamp',
  'array_append',
]);

/** Can a call of it be judged: does it read and compute only? */
export const isHarmless = (name: string, dialect: Dialect): boolean =>
  dialect === 'postgres' ? HARMLESS.has(name) || SETTINGS.has(name) : HARMLESS_ELSEWHERE.has(name);

/** May it give another value for each row? What nobody knows may. */
export const isVolatile = (name: string): boolean => VOLATILE.has(name) || !STABLE_OR_FIXED.has(name);
