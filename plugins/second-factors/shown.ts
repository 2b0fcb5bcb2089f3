// What pages carry of second factors: questions to the browser, and an app that is being set up.
// Tested in test/routes/login-factor.test.ts and test/routes/account/second-factors/app.test.ts.
import type { Ceremony, Factor, SecondFactors } from './contract.ts'

type Asked = Awaited<ReturnType<SecondFactors['beginApp']>>

/** A question, as the attribute and the field of a form. */
export const asFields = ({ state, options }: Ceremony<object>) => ({ state, options: JSON.stringify(options) })

/** @param factors of the person. @returns undefined for somebody without a passkey that works here. */
export async function askForOwnPasskey (
  secondFactors: Pick<SecondFactors, 'askForPasskey'>,
  browser: string,
  userId: string,
  factors: readonly Factor[]
): Promise<ReturnType<typeof asFields> | undefined> {
  const isUsable = factors.some(({ kind, madeFor }) => kind === 'passkey' && madeFor === undefined)
  return isUsable ? asFields(await secondFactors.askForPasskey(browser, userId)) : undefined
}

/** The secret in groups, as apps show keys that are typed, and the picture as base64. */
export const describeNewApp = ({ state, secret, qr }: Asked) => ({
  state,
  secret: secret.replace(/(.{4})(?=.)/g, '$1 '),
  qr: Buffer.from(qr).toString('base64')
})
