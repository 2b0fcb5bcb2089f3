// Every rate limit by name, with its default. RATE_LIMITS changes single ones; `.env.example` explains them.
// Tested in test/config/parsers.test.ts and test/plugins/limits/quotas.test.ts.

/** Numbers of attempts or calls. */
export const defaultLimits = {
  // Attempts of one address (an IPv6 network counts as one) in a minute. Each form and endpoint counts separately; the
  // pages of `authorization` count together.
  'sign-in': 10,
  'sign-up': 5,
  registration: 20,
  /** Requests for authorization, and pages and forms of people who are not signed in. */
  authorization: 120,
  /**
   * Refused requests at the token, revocation and introspection endpoints; good ones are neither counted nor refused.
   */
  'token-failure': 60,
  /** Messages of any kind to the MCP endpoint, of one person in a minute; of one address on a server without sign-in. */
  'messages-per-user': 600,
  // Tool calls of one person, of one client, and of one tool, in a minute and in a day.
  'calls-per-user': 600,
  'calls-per-user-day': 20_000,
  'calls-per-client': 3_000,
  'calls-per-client-day': 500_000,
  'calls-per-tool': 3_000,
  'calls-per-tool-day': 500_000
} as const

export type LimitName = keyof typeof defaultLimits
export type LimitTable = Readonly<Record<LimitName, number>>
