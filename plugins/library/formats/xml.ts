// Reads XML as a stream of elements. Document types are not read, so no entity that a document declares is expanded, and
// nothing external is fetched.
// Tested in test/plugins/library/convert-task.test.ts.
import { Parser } from 'htmlparser2'
import { TooMuch } from './zip.ts'

const MAX_DEPTH = 500

export type XmlAttributes = Readonly<Record<string, string>>

export interface XmlHandler {
  /** @param name with its prefix, as it is written. */
  open?(name: string, attributes: XmlAttributes): void
  text?(text: string): void
  close?(name: string): void
}

/** @throws TooMuch for a document that is nested too deeply. */
export function walkXml (source: string, { open, text, close }: XmlHandler): void {
  let depth = 0
  const parser = new Parser(
    {
      onopentag (name, attributes) {
        if (++depth > MAX_DEPTH) throw new TooMuch('it is nested too deeply')
        open?.(name, attributes)
      },
      ontext: (said) => text?.(said),
      onclosetag (name) {
        depth--
        close?.(name)
      }
    },
    { xmlMode: true, decodeEntities: true }
  )
  parser.write(source)
  parser.end()
}

/** The text of the first element of this name. */
export function textIn (source: string, name: string): string | undefined {
  let inside = false
  let found: string | undefined
  walkXml(source, {
    open: (opened) => {
      if (opened === name && found === undefined) {
        inside = true
        found = ''
      }
    },
    text: (text) => {
      if (inside) found += text
    },
    close: (closed) => {
      if (closed === name) inside = false
    }
  })
  return found
}
