// The demo sign-in: one button, no questions, for trying the server on one's own computer. Each visitor's browser is
// its own person, for a day.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { AuthBackend, BackendModule, BackendHost, Identity } from './contract.ts'

/**
 * @param browser the visitor's browser id. Only its hash goes further, so that the subject, which is stored and logged,
 * does not reveal the id by which the browser is recognized.
 */
function identify (browser: string): Identity {
  const digest = createHash('sha256').update(`demo user of browser ${browser}`).digest('hex')
  return { subject: digest, name: `Demo user ${digest.slice(0, 4).toUpperCase()}` }
}

/** Seconds: a demo account is deleted a day later. */
const LIFETIME_SECONDS = 86_400

function open (host: BackendHost): AuthBackend {
  host.log.warn(
    'Demo sign-in is on: anyone who reaches this server can sign in without a password. Take demo out of AUTH_BACKEND before others can reach it.'
  )
  return {
    title: { key: 'sign-up.demo' },
    oneClick: {
      label: { key: 'sign-up.demoButton' },
      signIn: async (browser) => identify(browser),
      lifetimeSeconds: LIFETIME_SECONDS
    }
  }
}

export default { env: z.object({}), developmentOnly: true, open: (_env, host) => open(host) } satisfies BackendModule
