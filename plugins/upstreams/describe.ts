// What the operator reads of an existing server in one line: where it is, and how it is. Without headers, environment,
// queries and secrets.
import type { UpstreamSettings } from '../../config/upstreams.ts'
import type { Catalogue, Upstream } from './contract.ts'
import { withoutSecrets } from './without-secrets.ts'

const MAX_PLACE = 60

/** The address without its query, or the command with its arguments, shortened. */
export function describeTarget ({ target, secrets }: Pick<UpstreamSettings, 'target' | 'secrets'>): string {
  const place = target.kind === 'http' ? withoutQuery(target.url) : [target.command, ...target.args].join(' ')
  const shown = withoutSecrets(place, secrets)
  return shown.length > MAX_PLACE ? `${shown.slice(0, MAX_PLACE)}…` : shown
}

const withoutQuery = (address: string): string => {
  const url = new URL(address)
  url.search = ''
  return url.href
}

/** Such as `12 tools, resources`. */
export const describeOffer = ({ tools, prompts, hasResources }: Catalogue): string => {
  const offers = [
    ...(tools.length > 0 ? [`${tools.length} ${tools.length === 1 ? 'tool' : 'tools'}`] : []),
    ...(prompts.length > 0 ? [`${prompts.length} ${prompts.length === 1 ? 'prompt' : 'prompts'}`] : []),
    ...(hasResources ? ['resources'] : [])
  ]
  return offers.join(', ') || NOTHING
}

const NOTHING = 'offers nothing'

/** What it offers, or why it was not reached. */
export function describeState (upstream: Pick<Upstream, 'settings' | 'catalogue' | 'status'>): string {
  const { state, fault } = upstream.status()
  const offers = describeOffer(upstream.catalogue)
  if (state === 'failing') {
    const problem = `not reached: ${withoutSecrets(fault ?? 'the log says why', upstream.settings.secrets)}`
    return offers === NOTHING ? problem : `${offers} when it was last seen; ${problem}`
  }
  return offers === NOTHING && state !== 'ready' ? 'its lists are being read' : offers
}
