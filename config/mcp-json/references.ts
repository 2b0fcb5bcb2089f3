// `${NAME}` and `${NAME:-default}` in mcp.json: replaced by values of the environment after the file was read, so that no
// value can change its structure, and no value is shown.

/** @returns how a variable is written in mcp.json. */
export const reference = (name: string): string => `\${${name}}`

const REFERENCE = /\$\{([^}]*)(\}?)/g
const PARTS = /^([A-Za-z_][A-Za-z0-9_]*)(?::-((?:(?!\$\{).)*))?$/su

export class References {
  readonly #environment: Readonly<Record<string, string>>
  /** Values that were put in. */
  readonly used = new Set<string>()

  /** @param environment without empty values, which count as unset. */
  constructor (environment: Readonly<Record<string, string>>) {
    this.#environment = environment
  }

  /** @param report is given a sentence for everything that cannot be replaced. */
  replace (text: string, report: (problem: string) => void): string {
    return text.replace(REFERENCE, (_, inner: string, end: string) => {
      const [, name, fallback] = PARTS.exec(inner) ?? []
      if (name === undefined || end === '') {
        report(`write ${reference('NAME')} or ${reference('NAME:-default')}, with the name of a variable`)
        return ''
      }
      const value = Object.hasOwn(this.#environment, name) ? this.#environment[name]! : undefined
      if (value !== undefined) this.used.add(value)
      else if (fallback === undefined) report(`the variable ${name} is not set; set it, or write ${reference(`${name}:-default`)}`)
      return value ?? fallback ?? reference(name)
    })
  }
}

/** @returns all variables that are referred to anywhere in what was read, as members. */
export function variablesIn (value: unknown): object {
  return Object.fromEntries([...JSON.stringify(value ?? null).matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name]) => [name, true]))
}
