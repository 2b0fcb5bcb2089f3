// The front matter of a Markdown file: YAML between lines of `---`, or TOML between lines of `+++` (Jekyll, Hugo).
// Tested in test/plugins/library/markdown-title.test.ts.
import { parse as parseToml } from 'smol-toml'
import { parse as parseYaml } from 'yaml'

/** Characters; anything longer is text between two rules. */
const MAX_LENGTH = 20_000

interface FrontMatter {
  /** Undefined where there is no title, or it is neither text nor a number. */
  title: string | undefined
  /** Where the text after it begins. */
  end: number
}

/** Broken front matter is still front matter, without a title. */
export function frontMatterOf (source: string): FrontMatter {
  const found = /^(---|\+\+\+)[ \t]*\r?\n/.exec(source)
  if (!found) return { title: undefined, end: 0 }
  const [opening, fence] = found as unknown as [string, string]
  const closing = new RegExp(`^${fence.replaceAll('+', '\\+')}[ \\t]*$`, 'm').exec(source.slice(opening.length, opening.length + MAX_LENGTH))
  if (!closing) return { title: undefined, end: 0 }
  const matter = source.slice(opening.length, opening.length + closing.index)
  const values = fence === '---' ? yaml(matter) : toml(matter)
  // A sentence between two rules is YAML as well, but not front matter.
  if (typeof values !== 'object') return { title: undefined, end: 0 }
  const { title } = (values ?? {}) as { title?: unknown }
  const end = opening.length + closing.index + closing[0].length
  const isTitle = typeof title === 'string' || typeof title === 'number'
  return { title: isTitle ? String(title) : undefined, end: end + /^\r?\n?/.exec(source.slice(end, end + 2))![0].length }
}

function yaml (text: string): unknown {
  try {
    // `maxAliasCount` bounds how far aliases can expand a small text.
    return parseYaml(text, { maxAliasCount: 100, logLevel: 'silent' }) as unknown
  } catch {
    return null
  }
}

function toml (text: string): unknown {
  try {
    return parseToml(text, { maxDepth: 20 })
  } catch {
    return null
  }
}
