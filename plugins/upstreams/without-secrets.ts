// Words about an upstream, fit for the log: short, in one line, and without values that came from the environment.

const MAX_LENGTH = 500
/** Shorter ones would blacken ordinary words. */
const MIN_SECRET_LENGTH = 4

/** @param secrets values that never appear: {@link UpstreamSettings.secrets}. */
export function withoutSecrets (text: string, secrets: readonly string[]): string {
  const hidden = secrets
    .filter(({ length }) => length >= MIN_SECRET_LENGTH)
    .toSorted((one, other) => other.length - one.length)
    .reduce((kept, secret) => kept.replaceAll(secret, '[secret]'), text)
  // eslint-disable-next-line no-control-regex -- what could forge a line, or steer a terminal
  return hidden.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, MAX_LENGTH)
}
