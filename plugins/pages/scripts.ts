// The scripts of the few pages that have one, each named by its content, so that browsers may cache it for ever. Every page
// works without, as far as what it is for can.
// Tested in test/plugins/pages/scripts.test.ts.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { PageData } from './page-data.ts'

/** The file in views/scripts of each page that has one. */
const SCRIPT_OF: Partial<Record<keyof PageData, string>> = {
  'add-passkey': 'passkey',
  'prove-factor': 'passkey',
  factor: 'passkey',
  'factor-enrol': 'passkey',
  login: 'passkey'
}

export interface Script {
  body: string
  /** Where it is served, with the hash of its content. */
  url: string
}

export interface Scripts {
  of(page: keyof PageData): Script | undefined
  all: readonly Script[]
}

/** @param path below which they are served. */
export function readScripts (path: string): Scripts {
  const scripts = new Map(
    [...new Set(Object.values(SCRIPT_OF))].map((name) => {
      const body = readFileSync(new URL(`../../views/scripts/${name}.js`, import.meta.url), 'utf8')
      const hash = createHash('sha256').update(body).digest('base64url').slice(0, 16)
      return [name, { body, url: `${path}/${name}.js?v=${hash}` }] as const
    })
  )
  return {
    of: (page) => scripts.get(SCRIPT_OF[page] ?? ''),
    all: [...scripts.values()]
  }
}
