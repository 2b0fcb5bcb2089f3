// The functions of Postgres that a query may call: they compute from their arguments and reach nothing else.
// Some make much of little; postgres-growth.ts bounds how they are put together.
// Left out on purpose: repeat, lpad, rpad and array_fill (huge results), anything that runs SQL from a text, and all of
// pg_*, lo_*, dblink* and set_config.
// Tested in test/tools/database/postgres-refusals.test.ts.
const words = (text: string): string[] => text.split(/\s+/).filter(Boolean)

export const allowedFunctions: ReadonlySet<string> = new Set(
  words(`
  abs cbrt ceil ceiling degrees div exp factorial floor gcd lcm ln log log10 min_scale mod pi power radians round scale sign sqrt trim_scale trunc width_bucket
  acos acosd asin asind atan atan2 atan2d atand cos cosd cot cotd sin sind tan tand sinh cosh tanh asinh acosh atanh random
  ascii bit_length btrim char_length character_length chr concat concat_ws initcap left length lower ltrim md5 normalize is_normalized octet_length overlay position
  regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr
  replace reverse right rtrim split_part starts_with string_to_array string_to_table strpos substr substring translate upper unistr unaccent like_escape similar_to_escape
  quote_ident quote_literal quote_nullable to_char to_date to_number to_timestamp to_hex encode decode sha256 sha512 sha224 sha384 crc32
  age clock_timestamp current_date date_bin date_part date_trunc date_add date_subtract extract isfinite justify_days justify_hours justify_interval
  make_date make_interval make_time make_timestamp make_timestamptz now statement_timestamp timeofday timezone transaction_timestamp overlaps
  count sum avg min max any_value array_agg string_agg bool_and bool_or every bit_and bit_or bit_xor json_agg jsonb_agg json_object_agg jsonb_object_agg range_agg range_intersect_agg
  corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp variance var_pop var_samp
  mode percentile_cont percentile_disc rank dense_rank percent_rank cume_dist row_number ntile lag lead first_value last_value nth_value
  coalesce nullif greatest least num_nulls num_nonnulls generate_series generate_subscripts
  array_append array_cat array_dims array_length array_lower array_ndims array_position array_positions array_prepend array_remove array_replace array_to_string array_upper cardinality trim_array unnest
  to_json to_jsonb row_to_json array_to_json json_build_array jsonb_build_array json_build_object jsonb_build_object json_object jsonb_object
  json_array_elements jsonb_array_elements json_array_elements_text jsonb_array_elements_text json_array_length jsonb_array_length json_each jsonb_each json_each_text jsonb_each_text
  json_extract_path jsonb_extract_path json_extract_path_text jsonb_extract_path_text json_object_keys jsonb_object_keys json_strip_nulls jsonb_strip_nulls jsonb_pretty jsonb_set jsonb_insert jsonb_delete
  json_typeof jsonb_typeof jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset
  to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd ts_headline numnode querytree setweight strip tsvector_to_array similarity word_similarity
  lower_inc upper_inc lower_inf upper_inf isempty range_merge multirange int4range int8range numrange tsrange tstzrange daterange
  host hostmask masklen netmask network broadcast family abbrev text inet_same_family inet_merge
  area center diameter height width radius circle box point polygon path lseg line npoints isclosed isopen slope
  enum_first enum_last enum_range uuid_extract_timestamp uuid_extract_version gen_random_uuid get_bit get_byte bit_count grouping row
  date time timestamp timestamptz int4 int8 float8 numeric varchar bool interval name
`)
)
