// Makes upstreams of their settings, with the transports that they share. Loaded with the first of them: a server that has
// none needs no client of the protocol.
// Tested in test/plugins/upstreams/index.test.ts.
import type { FastifyInstance } from 'fastify'
import type { UpstreamSettings } from '../../config/upstreams.ts'
import type { TransportKind } from './connections/connect.ts'
import type { UpstreamCaller } from './contract.ts'
import { createElsewhere } from './elsewhere.ts'
import { createHttp } from './http/index.ts'
import { UPSTREAM_TOKEN_TYPE } from './http/identity.ts'
import { createProcesses } from './processes/index.ts'
import { ConfiguredUpstream, type UpstreamDeps } from './upstream.ts'

export interface Configured {
  of(settings: UpstreamSettings): ConfiguredUpstream
  /** After the upstreams themselves. */
  close(): Promise<void>
}

export interface ConfiguredDeps extends Omit<UpstreamDeps, 'elsewhere' | 'openTransport'> {
  find(name: string): ConfiguredUpstream | undefined
}

/** @param environment PATH and HOME of this server. */
export function createConfigured (
  app: FastifyInstance,
  environment: Readonly<Record<string, string>>,
  { find, ...deps }: ConfiguredDeps
): Configured {
  const transports = createTransports(app, environment)
  const elsewhere = createElsewhere(app.bus, app.sealing, ({ upstream, state, responses, caller }, signal) => {
    const exchange = { caller, signal, meta: {}, capabilities: undefined, retry: { state, responses } }
    return find(upstream)?.resume(state, exchange)
  })
  return {
    of: (settings) => new ConfiguredUpstream(settings, { ...deps, elsewhere, openTransport: transports.open }),
    async close () {
      elsewhere.close()
      await transports.close()
    }
  }
}

function createTransports ({ log, now, issuer, openid }: FastifyInstance, environment: Readonly<Record<string, string>>) {
  const processes = createProcesses({ log, environment })
  const http = createHttp({ issuer, now, sign: (claims) => openid.sign(claims, UPSTREAM_TOKEN_TYPE) })
  return {
    open: (settings: UpstreamSettings, caller: UpstreamCaller | undefined, kind: TransportKind) =>
      kind === 'stdio' ? processes.open(settings, caller) : http.open(settings, caller, kind),
    close: () => Promise.all([processes.close(), http.close()])
  }
}
