// A stand-in for a Supabase project that answers as it is told, and records what it was asked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import supabase, { openSupabase } from '../../../auth-backends/supabase/index.ts'
import { createTestHost } from '../host.ts'

export const KEY = 'sb_publishable_for_the_stand_in'
export const person = { identifier: 'ann@example.com', password: 'Copper kettle on a tram' }
export const UUID = '7f6b2c1e-4a53-4f0e-9d7e-3a1b5c9d2e4f'

export const open = (url: string, key = KEY, timeout?: number) =>
  openSupabase(
    supabase.env.parse({
      SUPABASE_URL: url,
      SUPABASE_PUBLISHABLE_KEY: key,
      SUPABASE_PROVIDERS: 'google,github',
      SUPABASE_EMAIL_CODE: 'on'
    }),
    createTestHost(),
    timeout
  )

/** An answer of Supabase Auth to a right password. */
export const session = (user: object = {}) => ({
  access_token: 'the-access-token',
  refresh_token: 'the-refresh-token',
  token_type: 'bearer',
  expires_in: 3600,
  user: {
    id: UUID,
    aud: 'authenticated',
    role: 'authenticated',
    email: person.identifier,
    email_confirmed_at: '2026-01-01T00:00:00Z',
    ...user
  }
})

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

export const json =
  (status: number, body: unknown): Handler =>
    (_request, response) => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(body === undefined ? undefined : JSON.stringify(body))
    }

export const text =
  (status: number, body: string): Handler =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end(body)
    }

/** Answers each path of Supabase Auth as told; keeps what it was asked. */
export async function standIn (t: Test, answers: Record<string, Handler>, bodies: string[] = []) {
  const asked: { path: string; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    const path = request.url!.replace('/auth/v1/', '')
    asked.push({ path, authorization: request.headers.authorization })
    let body = ''
    request
      .on('data', (chunk) => {
        body += String(chunk)
      })
      .on('end', () => {
        if (body) bodies.push(body)
      })
    request.on('end', () => (answers[path.split('?')[0]!] ?? json(404, {}))(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

export const refusal = (status: number, code: string): Handler => json(status, { code: status, error_code: code, msg: code })
export const settings = json(200, { mailer_autoconfirm: false })
