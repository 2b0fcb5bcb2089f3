// What the terminal says at the start: the URL, who can sign in, where data lives, how many documents there are, how to connect ChatGPT.
import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { paths } from './paths.ts'

/** Waits for the first full index, so that the number of documents is the true one. */
export async function startLines (app: FastifyInstance, config: Config): Promise<string> {
  await app.library.ready
  const lines = [
    ['MCP server', config.publicUrl],
    ['Sign-in', signInLine(app, config)],
    ['Data', config.signIn ? app.storage.description : config.dataDir],
    ['Notes', app.notes.description],
    ['Documents', `${await app.library.count()} from ${config.docsDir}`],
    ['ChatGPT', config.local
      ? 'needs a public https address: set PUBLIC_URL to it, then paste it (README: connect ChatGPT)'
      : `Settings > Developer mode > add a custom MCP server, and paste ${config.publicUrl}`]
  ]
  const invitation = await firstInvitation(app, config)
  if (invitation) lines.push(['First account', `make it here, once: ${invitation}`])
  return `\n${lines.map(([name, value]) => `  ${name!.padEnd(14)}${value}`).join('\n')}\n\n`
}

function signInLine (app: FastifyInstance, { signIn, signup }: Config): string {
  if (!signIn) return 'NONE: anyone who reaches this port can use every tool (AUTH_BACKEND=none)'
  const ways = [...app.signIn.backends.values()].map(({ title }) => title).join(', ')
  return `${ways}; sign-up ${signup}`
}

/** While sign-up is not open and nobody has an account yet, the operator lets the first one in. */
async function firstInvitation (app: FastifyInstance, config: Config): Promise<string | undefined> {
  if (!config.signIn || config.signup === 'open' || !app.signIn.backends.has('local')) return undefined
  const secret = await app.signIn.invitations.inviteFirst()
  return secret && `${config.publicUrl}${paths.signup}?invite=${secret}`
}
