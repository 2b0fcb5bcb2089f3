// The functions of SQLite that a query may call: they compute from their arguments and reach nothing else.
// Tested in test/tools/database/sqlite.test.ts.
export const allowedFunctions: ReadonlySet<string> = new Set(
  `
  abs changes char coalesce concat concat_ws format glob hex unhex ifnull iif if instr length like likelihood likely unlikely lower ltrim max min nullif octet_length printf quote
  random replace round rtrim sign soundex substr substring trim typeof unicode unistr upper
  avg count group_concat string_agg sum total median percentile percentile_cont percentile_disc row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
  date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp
  acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power radians sin sinh sqrt tan tanh trunc
  json json_array json_array_length json_extract json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set json_type json_valid json_error_position
  json_each json_tree json_group_array json_group_object -> ->> match highlight snippet bm25
`
    .split(/\s+/)
    .filter(Boolean)
)
