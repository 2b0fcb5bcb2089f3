// Variables in a compose file, for the tests.

/** Compose's own substitution, as far as the file uses it. */
export function interpolate (text: string, env: Record<string, string>): string {
  return text.replace(/\$\{(\w+)(:?[-?])?([^}]*)\}/g, (_, name: string, operator = '', rest = '') => {
    const value = env[name]
    const isMissing = value === undefined || (operator.startsWith(':') && value === '')
    if (isMissing && operator.endsWith('?')) throw new Error(rest)
    return isMissing ? rest : value
  })
}
