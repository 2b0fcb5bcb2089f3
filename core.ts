// The plugins that need neither documents nor tools: storage, accounts, grants, limits. The server and the operator's
// commands share them.
// Tested in test/app.test.ts and test/cli/users.test.ts.
import fastify, { type FastifyInstance } from 'fastify'
import { monotonicClock, steadyClock } from './clock.ts'
import type { Config } from './config/index.ts'
import { createSignInPages, invitationUrl, messageUrls, type Paths } from './paths.ts'
import accounts from './plugins/accounts/index.ts'
import accessKeys from './plugins/access-keys/index.ts'
import accessRules from './plugins/access-rules/index.ts'
import accountLinks from './plugins/accounts/email-links.ts'
import administration from './plugins/administration/index.ts'
import audit from './plugins/observability/audit/index.ts'
import bearer from './plugins/oauth/bearer.ts'
import clients from './plugins/oauth/clients/index.ts'
import grants from './plugins/oauth/grants/index.ts'
import idJag from './plugins/oauth/id-jag/index.ts'
import identity from './plugins/identity.ts'
import limits from './plugins/limits/rate-limits.ts'
import mail from './plugins/mail/index.ts'
import sessionEraser from './plugins/mcp/sessions/eraser.ts'
import notes from './plugins/notes/index.ts'
import openid from './plugins/oauth/id-tokens.ts'
import postgres from './plugins/postgres.ts'
import secondFactors from './plugins/second-factors/index.ts'
import signIn from './plugins/sign-in/index.ts'
import storage, { type StorageOptions } from './plugins/storage/index.ts'
import type { Observe } from './plugins/storage/instrumented.ts'
import tallies from './plugins/observability/tallies/index.ts'
import usage from './plugins/limits/usage.ts'
import userStore from './plugins/accounts/user-store.ts'
import workers from './plugins/workers.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** RFC 9207: the issuer identifier, sent with every authorization response. */
    issuer: string
    /** Every URL path of this server. */
    paths: Paths
    signInPages: ReturnType<typeof createSignInPages>
  }
}

/**
 * Registers the capabilities, after the server's identity, in the order in which they need each other.
 * @param observers see every operation on storage, the first outermost.
 */
export async function registerCore (
  app: FastifyInstance,
  config: Config,
  time: Pick<StorageOptions, 'now' | 'steady'>,
  observers: readonly Observe[] = []
): Promise<void> {
  const { paths, publicUrl } = config
  const signInPages = createSignInPages(paths)
  app.decorate('issuer', publicUrl)
  app.decorate('paths', paths)
  app.decorate('signInPages', signInPages)
  await app.register(accessRules, config)
  await app.register(workers)
  await app.register(storage, { ...config, ...time, observers })
  await app.register(audit, config)
  await app.register(usage, config)
  await app.register(postgres, config)
  await app.register(notes, { ...config, noteUrl: documentUrl(config) })
  if (!config.signIn) return
  await app.register(limits, config)
  await app.register(userStore, config)
  await app.register(clients, { ...config, tokenEndpoint: publicUrl + paths.token })
  await app.register(grants, config)
  await app.register(accessKeys, config)
  await app.register(idJag, config)
  await app.register(bearer)
  await app.register(openid, config)
  await app.register(mail, config)
  await app.register(accountLinks, config)
  await app.register(secondFactors, config)
  await app.register(signIn, { ...config, signInPages })
  await app.register(accounts, { ...config, urls: messageUrls(publicUrl, paths) })
  await app.register(administration, { ...config, invitationUrl: invitationUrl(publicUrl, paths) })
  await app.register(sessionEraser)
  await app.register(tallies)
}

export const documentUrl =
  ({ publicUrl, paths }: Pick<Config, 'publicUrl' | 'paths'>) =>
    (path: string): string =>
    `${publicUrl}${paths.documents}/${path}`

/**
 * The app of an operator's command: it reads no documents and opens no port, and a server may run on the same storage.
 * @throws when a part cannot be opened; what was open by then is closed.
 */
export async function buildOperatorApp (config: Config): Promise<FastifyInstance> {
  // Programs read what a command prints on stdout.
  const app = fastify({ logger: { level: config.logLevel, stream: process.stderr } })
  try {
    await app.register(identity, config)
    await registerCore(app, config, { now: monotonicClock, steady: steadyClock })
    return app
  } catch (error) {
    await app.close()
    throw error
  }
}
