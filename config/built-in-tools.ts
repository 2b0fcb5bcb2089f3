// BUILTIN_TOOLS: which of the tools that come with the server are offered, and where each tool comes from. A project's own
// tools are always offered.

const FOLDER = new URL('../tools/', import.meta.url)

export class BuiltInTools {
  readonly #wanted: readonly string[]
  readonly #found = new Set<string>()
  readonly #places = new Map<string, string>()
  readonly #isClone: boolean

  /**
   * @param wanted `all`, `none`, or names.
   * @param folders where tools are; in a clone, this server's own are beside those that are added.
   */
  constructor (wanted: readonly string[], folders: readonly URL[]) {
    this.#wanted = wanted
    this.#isClone = folders.every(({ href }) => href === FOLDER.href || !href.endsWith('/tools/'))
  }

  /** @param folder where the tool's file is. */
  isOffered = (name: string, folder: URL, file: string): boolean => {
    const isBuiltIn = folder.href === FOLDER.href
    this.#places.set(name, isBuiltIn ? (this.#isClone ? 'tools/' : 'built-in') : `tools/${file}`)
    if (!isBuiltIn) return true
    this.#found.add(name)
    return this.#wanted.includes('all') || this.#wanted.includes(name)
  }

  /** @returns for a line of the start: `built-in`, `tools/` in a clone, or the file of a project. */
  placeOf = (name: string): string | undefined => this.#places.get(name)

  /** After all tools were seen: a sentence for each name that none of them has. */
  problems (): string[] {
    const unknown = this.#wanted.filter((name) => name !== 'all' && name !== 'none' && !this.#found.has(name))
    const names = [...this.#found].sort().join(', ')
    return unknown.map((name) => `BUILTIN_TOOLS: there is no built-in tool ${JSON.stringify(name)}; write all, none, or some of ${names}`)
  }
}
