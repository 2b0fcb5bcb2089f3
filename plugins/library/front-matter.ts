// The front matter of a Markdown file: YAML between lines of `---`, or TOML between lines of `+++` (Jekyll, Hugo).
// Tested in test/plugins/library/markdown-title.test.ts.
import { createRequire } from 'node:module'
import { parse as parseToml } from 'smol-toml'

/** Loads with the first document that has front matter. */
const require = createRequire(import.meta.url)
/** Characters; anything longer is text between two rules. */
const MAX_LENGTH = 16_384

interface FrontMatter {
  /** Undefined where there is no title, or it is neither text nor a number. */
  title: string | undefined
  /** Where the text after it begins. */
  end: number
}

/** Broken front matter is still front matter, without a title. */
export function frontMatterOf (source: string): FrontMatter {
  const fences = /^(---|\+\+\+)[ \t]*\r?\n/.exec(source)
  if (!fences) return { title: undefined, end: 0 }
  const [opening, fence] = fences as unknown as [string, string]
  const closing = new RegExp(`^${fence.replaceAll('+', '\\+')}[ \\t]*$`, 'm').exec(source.slice(opening.length, opening.length + MAX_LENGTH))
  if (!closing) return { title: undefined, end: 0 }
  const matter = source.slice(opening.length, opening.length + closing.index)
  const found = fence === '---' ? yaml(matter) : toml(matter)
  // A sentence between two rules is YAML as well, but not front matter.
  if (!found.isMatter) return { title: undefined, end: 0 }
  const end = opening.length + closing.index + closing[0].length
  const isTitle = typeof found.title === 'string' || typeof found.title === 'number'
  return { title: isTitle ? String(found.title) : undefined, end: end + /^\r?\n?/.exec(source.slice(end, end + 2))![0].length }
}

interface Matter {
  isMatter: boolean
  title?: unknown
}

/**
 * The title is looked up in the syntax tree: values are not built, which takes exponential time for keys within keys and
 * aliases of aliases. The options leave out what takes the square of the length.
 */
function yaml (text: string): Matter {
  try {
    const { isMap, isScalar, parseDocument } = require('yaml') as typeof import('yaml')
    const { contents, errors } = parseDocument(text, { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' })
    if (errors.length > 0) return { isMatter: true }
    if (isMap(contents)) return { isMatter: true, title: contents.get('title') }
    return { isMatter: !isScalar(contents) || contents.value === null }
  } catch {
    return { isMatter: true }
  }
}

function toml (text: string): Matter {
  try {
    return { isMatter: true, title: parseToml(text, { maxDepth: 20 })['title'] }
  } catch {
    return { isMatter: true }
  }
}
