// People with second factors on a running server, for tests.
import { generateSync } from 'otplib'
import type { Test } from 'tap'
import { lastingUsers } from './users.ts'
import type { SecondFactors } from '../../plugins/second-factors/contract.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import { Authenticator } from './authenticator.ts'
import type { TestServer } from './server.ts'

/** Somebody who has signed in once. The first part of the address is their name. */
export async function userOf ({ app, config }: TestServer, email: string): Promise<User> {
  const users = lastingUsers(app)
  return users.signIn(config.backends[0]!.id, { subject: email, email, emailVerified: true, name: email.split('@')[0]! })
}

/** Hash of a browser's cookie. */
export const BROWSER = 'b'.repeat(43)

/** A person's new passkey. */
export async function passkeyOf ({ app, config }: TestServer, user: User, name = 'Laptop') {
  const authenticator = new Authenticator(new URL(config.publicUrl).origin)
  const { options, state } = await app.secondFactors.beginPasskey(user, BROWSER)
  const response = authenticator.create(options)
  const factor = await app.secondFactors.addPasskey(user, BROWSER, { state, response, name })
  return { authenticator, factor: factor!, answer: { state, response, name } }
}

/** The code that an app shows at a time, in seconds since the epoch. */
export const codeAt = (secret: string, at: number): string => generateSync({ secret, epoch: at })

/** A person's new app. Its code of `at` is used up. */
export async function appOf (factors: SecondFactors, user: User, at: number, name = 'Phone') {
  const { state, secret } = await factors.beginApp(user)
  const factor = await factors.addApp(user, { state, code: codeAt(secret, at), name })
  return { secret, state, factor: factor! }
}

/** All that is stored of second factors. */
export async function stored ({ app }: TestServer): Promise<string> {
  const kinds = ['secondFactors', 'passkeyOwner', 'spentQuestion']
  return JSON.stringify(await Promise.all(kinds.map((kind) => Array.fromAsync(app.storage.collection(kind).all()))))
}

/** An attempt returns undefined and writes nothing. */
export async function refuses (t: Test, server: TestServer, what: string, attempt: () => Promise<unknown>): Promise<void> {
  const before = await stored(server)
  t.equal(await attempt(), undefined, what)
  t.equal(await stored(server), before, `${what}: nothing is written`)
}
