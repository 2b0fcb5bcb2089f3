// URI templates, which match many URIs: `{name}` for a part without `/`, `{+name}` for anything (the part of RFC 6570 that can also
// be read backwards without doubt).
import { createFindText } from './find-text.ts'

export interface UriTemplate {
  /** In order of appearance. Empty for a plain URI. */
  readonly names: readonly string[]
  /** @returns the values, decoded, or undefined for a URI that the template does not match. */
  match(uri: string): Record<string, string> | undefined
  expand(values: Readonly<Record<string, string>>): string
}

const EXPRESSION = /\{(\+?)([A-Za-z_][A-Za-z0-9_]*)\}/g
/**
 * RFC 6570 §3.2.3: reserved expansion leaves these as they are. `%` is written out, so that expanding and matching undo
 * each other.
 */
const RESERVED = /[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]+/g

/** A sentence for each fault of a URI or a template. */
export function checkTemplate (uri: string): string[] {
  const shown = JSON.stringify(uri)
  const expressions = [...uri.matchAll(EXPRESSION)]
  const names = expressions.map(([, , name]) => name)
  const rest = uri.replaceAll(EXPRESSION, 'x')
  return [
    ...(/[{}]/.test(rest) ? [`uri ${shown}: write variables as {name}, or as {+name} if they may hold a /`] : []),
    ...(/^[a-z][a-z0-9+.-]*:\S/i.test(rest) && URL.canParse(rest) && !/^\{/.test(uri)
      ? []
      : [`uri ${shown} must begin with a scheme, such as notes://`]),
    ...(new Set(names).size < names.length ? [`uri ${shown}: each variable can stand there once`] : []),
    ...(/\}\{/.test(uri) ? [`uri ${shown}: something has to stand between two variables`] : []),
    ...(expressions.slice(0, -1).some(([, plus]) => plus !== '')
      ? [`uri ${shown}: only the last variable can be written as {+name}`]
      : [])
  ]
}

/** @param template one that {@link checkTemplate} finds nothing wrong with. */
export function parseTemplate (template: string): UriTemplate {
  const variables = [...template.matchAll(EXPRESSION)].map(([whole, plus, name], index, all) => {
    const end = template.indexOf(whole) + whole.length
    const followedBy = template.slice(end, all[index + 1]?.index)
    return { name: name!, slashes: plus !== '', followedBy, findEnd: createFindText(followedBy) }
  })
  const beginning = template.slice(0, template.search(/\{|$/))
  return {
    names: variables.map(({ name }) => name),
    match (uri) {
      if (uri.length > MAX_URI_LENGTH || !uri.startsWith(beginning)) return undefined
      if (variables.length === 0) return uri === beginning ? {} : undefined
      const values: Record<string, string> = {}
      let at = beginning.length
      for (const [index, { name, slashes, followedBy, findEnd }] of variables.entries()) {
        // Each value is as short as can be, and the last one goes to the end: nothing is ever tried twice.
        const end =
          index < variables.length - 1
            ? findEnd(uri, at + 1)
            : uri.endsWith(followedBy)
              ? uri.length - followedBy.length
              : -1
        const value = end > at ? uri.slice(at, end) : ''
        const decoded = value === '' || (value.includes('/') && !slashes) ? undefined : decode(value)
        if (decoded === undefined) return undefined
        values[name] = decoded
        at = end + followedBy.length
      }
      return values
    },
    expand: (values) =>
      template.replaceAll(EXPRESSION, (_, plus: string, name: string) => {
        const value = (values[name] ?? '').toWellFormed()
        return plus ? value.replaceAll(RESERVED, encodeURIComponent) : encodeURIComponent(value)
      })
  }
}

/** Characters. No id is longer. */
const MAX_URI_LENGTH = 8_192

function decode (value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}
