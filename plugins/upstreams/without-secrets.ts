// Words about an upstream, fit for the log: short, in one line, and without values that came from the environment.
import { isObject } from '../is-object.ts'

const MAX_LENGTH = 500
/** Of a text that may have megabytes. Control characters, of which a row becomes one blank, leave enough of it. */
const MAX_LOOKED_AT = 2_000
/** Shorter ones, and lines of a secret of several, would blacken ordinary words. */
const MIN_SECRET_LENGTH = 4

/** As programs write it into their log and their errors: in JSON and in addresses, each part of which keeps other characters. */
function spellingsOf (secret: string): string[] {
  const text = secret.toWellFormed()
  const inPart = encodeURIComponent(text)
  const inForm = String(new URLSearchParams({ '': text })).slice(1)
  const encoded = [encodeURI(text), inPart, inPart.replaceAll('%2F', '/'), inForm]
  return [secret, JSON.stringify(secret).slice(1, -1), ...encoded, ...encoded.map(lowerEscapes)]
}

const lowerEscapes = (text: string): string => text.replaceAll(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase())

/** By the secrets of an upstream, which stay the same: each line of its log is looked through. */
const known = new WeakMap<readonly string[], readonly string[]>()

/** @returns what is hidden of them: each whole and line by line, the longest first, since one may be part of another. */
export function hiddenParts (secrets: readonly string[]): readonly string[] {
  const parts = known.get(secrets) ?? findParts(secrets)
  known.set(secrets, parts)
  return parts
}

const findParts = (secrets: readonly string[]): string[] =>
  [...new Set(secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]).flatMap(spellingsOf))]
    .filter(({ length }) => length >= MIN_SECRET_LENGTH)
    .sort((one, other) => other.length - one.length)

const hide = (text: string, parts: readonly string[], mark: string): string =>
  parts.reduce((kept, part) => kept.replaceAll(part, mark), text)

/** What may be half a secret at the end of a text that goes on: some of its lines are replaced by longer marks. */
export const endOf = (parts: readonly string[]): number => 2 * (parts[0]?.length ?? 0)

/**
 * The beginning of a text, which may have megabytes.
 * @param parts from {@link hiddenParts}. @param length characters that are looked at; those that are hidden make it shorter.
 */
export function hideIn (text: string, parts: readonly string[], mark: string, length: number): string {
  const end = endOf(parts)
  const hidden = hide(text.slice(0, length + end), parts, mark)
  return text.length > length + end ? hidden.slice(0, Math.max(0, hidden.length - end)) : hidden
}

type Hide = (text: string) => string

function mapTexts (value: unknown, text: Hide, name: Hide): unknown {
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, text, name))
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [name(key), mapTexts(one, text, name)])) : value
}

const hiding = (parts: readonly string[]): Hide => (text) => hideIn(text, parts, '[secret]', Infinity)

/** The same of all texts in a value as JSON has it, and of all names: a program may say what is wrong by what it was sent. */
export const hideInside = (value: unknown, parts: readonly string[]): unknown => mapTexts(value, hiding(parts), hiding(parts))

/** The same of a value whose names are the protocol's. */
export const hideInTexts = <Value>(value: Value, parts: readonly string[]): Value =>
  mapTexts(value, hiding(parts), (name) => name) as Value

/** @param secrets values that never appear: {@link UpstreamSettings.secrets}. */
export function withoutSecrets (text: string, secrets: readonly string[]): string {
  const hidden = hideIn(text, hiddenParts(secrets), '[secret]', MAX_LOOKED_AT)
  // eslint-disable-next-line no-control-regex -- what could forge a line, or steer a terminal
  return hidden.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, MAX_LENGTH)
}
