// A Supabase project with two people, and a server with tools that act on their behalf, whose clock can be set forward.
import { createClient } from '@supabase/supabase-js'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { defineTool, type Tool } from '../../../authoring/tool.ts'
import { Browser, type Page } from '../../helpers/browser.ts'
import { authorizeUrl, decide, newClient, pkce, redeemCode } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'
import { startSupabase } from '../../helpers/supabase-lite.ts'

export const PASSWORD = 'Copper kettle on a tram'
export const project = await startSupabase({
  schema: `
    create table diary (id uuid primary key default gen_random_uuid(), owner uuid not null references auth.users(id), line text not null);
    alter table diary enable row level security;
    create policy "read own" on diary for select to authenticated using (auth.uid() = owner);
    create policy "write own" on diary for insert to authenticated with check (auth.uid() = owner);`
})
/** As the person's own app, which knows nothing of this server. */
export const ownApp = () =>
  createClient(project.url, project.anonKey, { auth: { persistSession: false, autoRefreshToken: false } })
export async function personAtSupabase (email: string, lines: string[]): Promise<{ email: string; id: string }> {
  const app = ownApp()
  await app.auth.signUp({ email, password: PASSWORD })
  await project.confirm(email)
  const { data } = await app.auth.signInWithPassword({ email, password: PASSWORD })
  const { error } = await app.from('diary').insert(lines.map((line) => ({ owner: data.user!.id, line })))
  if (error) throw new Error(error.message)
  return { email, id: data.user!.id }
}
const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
const tools: Tool[] = [
  defineTool({
    name: 'read_diary',
    title: 'Read the diary',
    description: 'Returns the lines of a diary.',
    input: z.object({ owner: z.string().optional() }),
    output: z.object({ lines: z.array(z.string()) }),
    annotations,
    scopes: ['mcp:read'],
    async run ({ owner }, { supabase }) {
      const rows = (await supabase()).from('diary').select('line')
      const { data, error } = await (owner ? rows.eq('owner', owner) : rows).order('line')
      if (error) throw new Error(error.message)
      return { lines: data.map(({ line }) => line as string) }
    }
  }) as unknown as Tool,
  defineTool({
    name: 'write_diary',
    title: 'Write into the diary',
    description: 'Adds a line to a diary.',
    input: z.object({ owner: z.string(), line: z.string() }),
    output: z.object({ refused: z.boolean() }),
    annotations: { ...annotations, readOnlyHint: false },
    scopes: ['mcp:write'],
    async run (row, { supabase }) {
      const { error } = await (await supabase()).from('diary').insert(row)
      return { refused: error !== null }
    }
  }) as unknown as Tool
]
export async function call (url: string, token: string, name: string, args: object = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } })
  })
  const { result } = (await response.json()) as {
    result?: {
      structuredContent?: { lines?: string[]; refused?: boolean }
      isError?: boolean
      content: Array<{ text: string }>
    }
  }
  return {
    status: response.status,
    ...result?.structuredContent,
    text: result?.isError ? result.content[0]!.text : undefined
  }
}
export const withPassword = (email: string) => (browser: Browser, login: Page) =>
  browser.submit(login, ({ fields }) => 'password' in fields, { email, password: PASSWORD })
/** From the app's request to its tokens. */
export async function connect (url: string, signIn: (browser: Browser, login: Page) => Promise<Page>, browser = new Browser()) {
  const client = await newClient(url)
  const { verifier, challenge } = pkce()
  const first = await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge }))
  const consent = first.url.includes('/consent') ? first : await signIn(browser, first)
  await decide(browser, consent)
  return { browser, client, ...(await redeemCode(url, client, browser, verifier)) }
}
const env = {
  AUTH_BACKEND: 'supabase,local',
  SUPABASE_URL: project.url,
  SUPABASE_PUBLISHABLE_KEY: project.anonKey,
  ACCESS_TOKEN_TTL: '86400'
}
/** A server whose clock can be set forward. */
export async function startAt (t: Test, more: Record<string, string> = {}) {
  let ahead = 0
  const server = await startServer(t, { env: { ...env, ...more }, tools, now: () => Date.now() / 1000 + ahead })
  return {
    ...server,
    forward (seconds: number) {
      ahead += seconds
    }
  }
}
export const ann = await personAtSupabase('ann@example.com', ['Ann saw a heron', 'Ann mended the gate'])
export const anns = ['Ann mended the gate', 'Ann saw a heron']

t.teardown(() => project.stop())
