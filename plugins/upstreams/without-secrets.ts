// Words about an upstream, fit for the log: short, in one line, and without values that came from the environment.

const MAX_LENGTH = 500
/** Shorter ones, and lines of a secret of several, would blacken ordinary words. */
const MIN_SECRET_LENGTH = 4

/** @returns what is hidden of them: each whole and line by line, the longest first, since one may be part of another. */
export const hiddenParts = (secrets: readonly string[]): string[] =>
  [...new Set(secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]))]
    .filter(({ length }) => length >= MIN_SECRET_LENGTH)
    .sort((one, other) => other.length - one.length)

export const hide = (text: string, parts: readonly string[], mark: string): string =>
  parts.reduce((kept, part) => kept.replaceAll(part, mark), text)

/** @param secrets values that never appear: {@link UpstreamSettings.secrets}. */
export function withoutSecrets (text: string, secrets: readonly string[]): string {
  const hidden = hide(text, hiddenParts(secrets), '[secret]')
  // eslint-disable-next-line no-control-regex -- what could forge a line, or steer a terminal
  return hidden.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, MAX_LENGTH)
}
