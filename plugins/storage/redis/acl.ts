// The rights that an account of a shared Redis needs, as one line to copy into redis-cli: keys, channels, and the two
// commands among the dangerous ones that are used (Redis "ACL": since 7.0 a new account has no channels).

/** With `?keyPrefix=` in REDIS_URL, the prefix goes before the `mcp:` and `fastify` of keys and channels. */
export const ACL_LINE =
  'ACL SETUSER app on >PASSWORD ~mcp:* ~fastify-rate-limit* &mcp:* &__redis__:invalidate +@all -@dangerous -@admin +info +client|id +client|tracking'
