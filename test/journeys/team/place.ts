// A fresh server of a team: nobody may sign up, people come by invitation and by four ways to sign in, and one group sees
// one more tool.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import PostalMime from 'postal-mime'
import type { Browser, Page } from 'playwright-core'
import type { Test } from 'tap'
import { startLines } from '../../../banner.ts'
import { startCallback } from '../../helpers/callback.ts'
import { openPage } from '../../helpers/chromium.ts'
import { freePort } from '../../helpers/ports.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import type { Start } from '../../helpers/storages.ts'
import { startProviders } from '../../helpers/two-providers.ts'
import { until } from '../../helpers/until.ts'

/** For everyone, and what {@link GROUP} gets besides. */
export const GROUP = 'finance'
export const GROUP_TOOL = 'calculate'
const RULES = {
  groups: { [GROUP]: [] },
  rules: [{ who: ['everyone'], tools: ['search', 'fetch'], documents: ['**'] }, { who: [GROUP], tools: [GROUP_TOOL] }]
}

export type Team = Awaited<ReturnType<typeof openTeam>>

export async function openTeam (t: Test, start: Start, chromium: Browser) {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-team-'))
  const access = join(folder, 'access.json')
  await writeFile(access, JSON.stringify(RULES))
  const [port, smtp] = [await freePort(), await startSmtp()]
  const clock = { ahead: 0, now: () => Math.floor(Date.now() / 1_000) + clock.ahead }
  const { partners, github, env } = await startProviders(t, port)
  t.teardown(() => Promise.all([smtp.stop(), rm(folder, { recursive: true })]))
  const server = await start({
    port,
    now: clock.now,
    env: {
      ...env,
      AUTH_BACKEND: 'local,github,oidc,oidc:partners',
      SERVER_NAME: 'Harbour',
      SIGNUP: 'closed',
      ACCESS: access,
      SMTP_URL: smtp.url,
      MAIL_FROM: 'Harbour <mcp@example.com>'
    }
  })
  /** The newest message to an address, once it has come. */
  const mailTo = async (address: string) => {
    const newest = () => smtp.messages.findLast(({ to }) => to === address)
    await until(async () => {
      await server.app.mail.idle()
      return newest() !== undefined
    })
    const { subject = '', text = '' } = await PostalMime.parse(newest()!.raw)
    return { subject, text, link: /https?:\/\/\S+\?(?:link|invite)=[\w.-]+/.exec(text)![0] }
  }
  /** A browser of one person. */
  const open = async (locale: string): Promise<Page> => {
    const page = await openPage(t, chromium, { locale, viewport: { width: 1280, height: 800 } })
    page.setDefaultTimeout(20_000)
    return page
  }
  const firstLink = /First account .*(http\S+)/.exec(await startLines(server.app, server.config))![1]!
  return { ...server, clock, github, partners, mailTo, open, firstLink, callback: (await startCallback(t)).uri }
}
