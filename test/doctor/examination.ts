// Examinations of a server behind a proxy that changes its answers: each fault must be named, with what to do.
import type { Test } from 'tap'
import { examine } from '../../doctor/examine.ts'
import { createReport } from '../../doctor/report.ts'
import { Browser } from '../helpers/browser.ts'
import { startServer } from '../helpers/server.ts'
import { startChangingProxy, type ChangingProxy, type Exchange } from './changing-proxy.ts'

export interface Findings {
  passed: string[]
  warnings: string[]
  faults: string[]
  all: string
}

export async function findings (address: string, show?: (url: string) => void, key?: string): Promise<Findings> {
  const lines: string[] = []
  const { report } = createReport((line) => lines.push(line))
  await examine(report, { address, show, key })
  const marked = (mark: string) => lines.filter((line) => line.startsWith(`  ${mark} `)).map((line) => line.slice(4))
  return { passed: marked('✓'), warnings: marked('!'), faults: marked('✗'), all: lines.join('\n') }
}

/** A server behind a proxy, both under the proxy's address. */
export async function startBoth (
  t: { teardown(work: () => Promise<void> | void): void },
  env: Record<string, string> = {}
): Promise<{ url: string; proxy: ChangingProxy }> {
  const proxy = await startChangingProxy(t)
  const server = await startServer(t, { env: { AUTH_BACKEND: 'demo', PUBLIC_URL: proxy.url, ...env } })
  proxy.target = `http://127.0.0.1:${server.config.port}`
  return { url: proxy.url, proxy }
}

/** Signs in as the person at the browser would, and allows the access. */
export async function person (url: string): Promise<void> {
  const browser = new Browser()
  const consent = await browser.submit(await browser.get(url), ({ fields: { backend } }) => backend === 'demo')
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  await fetch(browser.left!)
}

export const LOCAL = /on this computer, without https/
const document = (exchange: Exchange, change: (json: Record<string, unknown>) => void): void => {
  const json = JSON.parse(exchange.answer.body) as Record<string, unknown>
  change(json)
  exchange.answer.body = JSON.stringify(json)
}
export const at =
  (path: string, change: (json: Record<string, unknown>) => void) =>
    (exchange: Exchange): void => {
      if (exchange.request.path === path && exchange.answer.status === 200) document(exchange, change)
    }

export interface Fault {
  name: string
  change: (exchange: Exchange) => void
  reports: RegExp
  advises: RegExp
  signsIn?: true
  isWarning?: true
}

export const PRM = '/.well-known/oauth-protected-resource'
export const AS = '/.well-known/oauth-authorization-server'
export const OPENID = '/.well-known/openid-configuration'
export const html = (answer: Exchange['answer'], status: number): void => {
  answer.status = status
  answer.headers = { 'content-type': 'text/html', 'cf-ray': '1' }
  answer.body = '<h1>Just a moment</h1>'
}
/** Changes the results of an MCP method. */
export const result =
  (method: string, change: (result: Record<string, unknown>) => void) =>
    ({ request, answer }: Exchange): void => {
      if (!request.body.includes(`"${method}"`) || answer.status !== 200) return
      const message = JSON.parse(answer.body) as { result: Record<string, unknown> }
      change(message.result)
      answer.body = JSON.stringify(message)
    }

/** Fails unless the examination reports each fault, with the advice on the line below it. */
export async function checkFaults (t: Test, faults: readonly Fault[]): Promise<void> {
  const { url, proxy } = await startBoth(t)
  const signIn = (page: string) => {
    person(page).catch((error: Error) => t.fail(error.message))
  }
  for (const { name, change, reports, advises, signsIn, isWarning } of faults) {
    proxy.change = change
    const found = await findings(url, signsIn && signIn)
    const line = (isWarning ? found.warnings : found.faults).find((line) => reports.test(line))
    t.ok(line, `${name}: ${found.all}`)
    t.match(found.all, new RegExp(`${reports.source}.*\\n.*${advises.source}`), name)
    if (isWarning) t.same(found.faults, [], name)
  }
}
