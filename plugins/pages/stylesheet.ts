// The stylesheet of every page, in the operator's color, and a hash of it, so that browsers may cache it for ever.
// Tested in test/plugins/identity.test.ts and test/config/palette.test.ts.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Config } from '../../config/index.ts'

type Palette = NonNullable<Config['identity']['palette']>

const base = readFileSync(new URL('../../views/style.css', import.meta.url), 'utf8')

export interface Stylesheet {
  body: string
  hash: string
}

/** @param palette in place of the colors in views/style.css. */
export function stylesheetOf (palette?: Palette): Stylesheet {
  const body = palette === undefined ? base : `${base}${rules(palette)}`
  return { body, hash: createHash('sha256').update(body).digest('base64url').slice(0, 16) }
}

const rules = ({ light, dark }: Palette): string =>
  `:root { ${declarations(light)} }\n@media (prefers-color-scheme: dark) { :root { ${declarations(dark)} } }\n`

const declarations = ({ accent, accentDeep, onAccent, tint }: Palette['light']): string =>
  `--accent: ${accent}; --accent-deep: ${accentDeep}; --on-accent: ${onAccent}; --tint: ${tint};`
