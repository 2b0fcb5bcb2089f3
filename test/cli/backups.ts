// A server with people, notes and tokens, and the operator's commands as `npm run` runs them.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { Browser } from '../helpers/browser.ts'
import { mcpClient } from '../helpers/mcp.ts'
import { newClient, ping, post, tokensFor, type TestClient } from '../helpers/oauth.ts'
import { type ServerProcess } from '../helpers/processes.ts'
import { command } from '../helpers/commands.ts'

export const SECRET_KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
export const PASSWORD = 'eleven quiet otters 42'

/** Runs one of the operator's commands as `npm run` does. */
export const operator = (name: string, env: Record<string, string>, ...words: string[]) => command(name, env, words)

export async function newFolder (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-backup-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}
export const urlOf = ({ port }: ServerProcess) => `http://localhost:${port}`
export const signUp = async (url: string, email: string) => {
  const browser = new Browser()
  return browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', {
    email,
    password: PASSWORD
  })
}
export const signIn = async (url: string, email: string) => {
  const browser = new Browser()
  await browser.submit(await browser.get(`${url}/login`), ({ fields }) => 'password' in fields, {
    email,
    password: PASSWORD
  })
  return (await browser.get(`${url}/account`)).text
}
const NOTE = 'The otters sleep at noon'
const call = async (url: string, access: string, name: string, args: object) => {
  const { status, json } = await mcpClient(url, access).legacy('tools/call', { name, arguments: args })
  if (status !== 200 || json.error || json.result.isError) throw new Error(`${name} failed: ${JSON.stringify(json)}`)
  return json.result.structuredContent
}
export const write = (url: string, access: string) => call(url, access, 'write', { title: 'Otters', text: NOTE })
export const countNotes = async (url: string, access: string): Promise<number> =>
  (await call(url, access, 'list_notes', {})).notes.length

interface Known {
  client: TestClient
  held: Array<{ access: string; refresh: string }>
  browser: Browser
}

/** What people have by the time of the backup. */
export async function fill (url: string): Promise<Known> {
  const client = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })
  const held = await Promise.all(Array.from({ length: 5 }, () => tokensFor(url, client)))
  for (const { access } of held) await write(url, access)
  await signUp(url, 'ann@example.com')
  const browser = new Browser()
  await browser.submit(await browser.get(`${url}/login`), ({ fields }) => 'password' in fields, {
    email: 'ann@example.com',
    password: PASSWORD
  })
  return { client, held, browser }
}

export async function check (t: Test, url: string, { client, held, browser }: Known) {
  for (const { access, refresh } of held) {
    t.equal(await ping(url, access), 200, 'an access token works')
    const { status, body } = await post(`${url}/token`, {
      ...client,
      grant_type: 'refresh_token',
      refresh_token: refresh
    })
    t.equal(status, 200, 'so does a refresh token')
    t.equal(await ping(url, String(body['access_token'])), 200)
  }
  t.strictSame(
    await Promise.all(held.map(({ access }) => countNotes(url, access))),
    held.map(() => 1),
    'and their notes are there'
  )
  t.match(await signIn(url, 'ann@example.com'), 'ann@example.com', 'an account signs in')
  t.match((await browser.get(`${url}/account`)).text, 'ann@example.com', 'and one that was signed in still is')
}

export async function backUp (t: Test, env: Record<string, string>): Promise<string> {
  const folder = join(await newFolder(t), 'of today')
  const { status, stdout, stderr } = await operator('backup', env, folder)
  t.equal(status, 0, stderr)
  t.match(stdout, /^Backup of .* entries/)
  t.equal((await stat(folder)).mode & 0o777, 0o700)
  for (const name of ['entries.jsonl', 'manifest.json']) {
    t.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name)
  }
  return folder
}
