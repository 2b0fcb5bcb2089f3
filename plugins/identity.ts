// Whose server this is, for everything that says or shows it: pages, mails, metadata, and what clients are told. Names are
// made safe to show here, once.
import { readFileSync } from 'node:fs'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { toDisplayName, type DisplayName } from './display-name.ts'

declare module 'fastify' {
  interface FastifyInstance {
    identity: Identity
  }
}

type Settings = Config['identity']

export interface Identity extends Omit<Settings, 'name' | 'links'> {
  name: DisplayName
  /**
   * What clients show. 128 × 128 pixels, as ChatGPT's form requires, unless the operator has
   * set another.
   */
  icon: NonNullable<Settings['logo']>
  /** For the end of every page and message, in this order. */
  links: Array<{ label: 'common.support' | 'common.privacy' | 'common.terms'; href: string }>
  urls: Settings['links']
}

const DEFAULT_NAME = 'MCP OAuth Server'
/** Its source is views/icon.svg. */
const builtInIcon = {
  body: readFileSync(new URL('../views/icon.png', import.meta.url)),
  type: 'image/png',
  sizes: '128x128',
  hash: ''
} as const

export default fp(
  async function identity (app: FastifyInstance, { identity: settings }: Pick<Config, 'identity'>) {
    const { support, privacy, terms } = settings.links
    const links = [
      { label: 'common.support' as const, href: support },
      { label: 'common.privacy' as const, href: privacy },
      { label: 'common.terms' as const, href: terms }
    ]
    app.decorate('identity', {
      ...settings,
      name: toDisplayName(settings.name ?? '', DEFAULT_NAME),
      icon: settings.logo ?? builtInIcon,
      links: links.filter((link): link is Identity['links'][number] => link.href !== undefined),
      urls: settings.links
    })
  },
  { name: 'identity' }
)
