// The official client over our transports to an upstream over HTTP.
import { Client, type ClientOptions } from '@modelcontextprotocol/client'
import type { Test } from 'tap'
import type { UpstreamSettings } from '../../config/upstreams.ts'
import type { UpstreamCaller } from '../../plugins/upstreams/contract.ts'
import { createHttp, type Http } from '../../plugins/upstreams/http/index.ts'
import { settingsOf } from './memory-upstream.ts'

export const ann: UpstreamCaller = {
  id: 'user-1',
  email: 'ann@example.com',
  name: 'Ann Ähle',
  groups: ['sales', 'north, east'],
  clientId: 'app-1'
}

export const httpSettings = (url: string, own: Partial<UpstreamSettings> = {}, headers: Record<string, string> = {}) =>
  settingsOf({ name: 'crm', target: { kind: 'http', url, headers }, timeoutMs: 2_000, ...own })

export function startHttp (t: Test, deps: Partial<Parameters<typeof createHttp>[0]> = {}): Http {
  const http = createHttp({
    issuer: 'https://mcp.example.com',
    sign: async (claims) => `signed.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.here`,
    now: () => Date.now() / 1000,
    ...deps
  })
  t.teardown(() => http.close())
  return http
}

interface ConnectOptions {
  http?: Http
  caller?: UpstreamCaller | undefined
  kind?: 'streamable' | 'sse'
  mode?: NonNullable<ClientOptions['versionNegotiation']>['mode']
}

export async function connectHttp (
  t: Test,
  settings: UpstreamSettings,
  { http = startHttp(t), caller, kind = 'streamable', mode = 'auto' }: ConnectOptions = {}
): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  await client.connect(http.open(settings, caller, kind))
  t.teardown(() => client.close())
  return client
}
