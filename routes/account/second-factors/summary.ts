// What the account page says of a person's second factors.
// Tested in test/routes/account/second-factors/index.test.ts.
import type { FastifyInstance } from 'fastify'
import type { FactorSummary } from '../../../plugins/pages/factor-page-data.ts'

/** @returns undefined where there is nothing to show, and nothing to set up. */
export async function summarizeFactors (
  { secondFactors, paths }: Pick<FastifyInstance, 'secondFactors' | 'paths'>,
  userId: string
): Promise<FactorSummary | undefined> {
  const { length: count } = await secondFactors.list(userId)
  if (count === 0 && secondFactors.policy === 'off') return undefined
  return { count, codes: await secondFactors.recoveryCodesOf(userId), href: paths.accountFactors }
}
