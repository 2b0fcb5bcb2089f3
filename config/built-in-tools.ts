// BUILTIN_TOOLS: which of the tools that come with the server are offered. A project's own tools are always offered.

const FOLDER = new URL('../tools/', import.meta.url)

export class BuiltInTools {
  readonly #wanted: readonly string[]
  readonly #found = new Set<string>()

  /** @param wanted `all`, `none`, or names. */
  constructor (wanted: readonly string[]) {
    this.#wanted = wanted
  }

  /** @param folder where the tool's file is. */
  isOffered = (name: string, folder: URL): boolean => {
    if (folder.href !== FOLDER.href) return true
    this.#found.add(name)
    return this.#wanted.includes('all') || this.#wanted.includes(name)
  }

  /** After all tools were seen: a sentence for each name that none of them has. */
  problems (): string[] {
    const unknown = this.#wanted.filter((name) => name !== 'all' && name !== 'none' && !this.#found.has(name))
    const names = [...this.#found].sort().join(', ')
    return unknown.map((name) => `BUILTIN_TOOLS: there is no built-in tool ${JSON.stringify(name)}; write all, none, or some of ${names}`)
  }
}
