// Calendars and address cards (RFC 5545, RFC 6350) as lines of a name and a value.
import type { Converted } from './contract.ts'

/** Properties that mean nothing to people: identifiers, pictures and keys, rules of time zones. */
const IGNORED = /^(?:BEGIN|END|VERSION|PRODID|UID|DTSTAMP|CREATED|LAST-MODIFIED|REV|SEQUENCE|TRANSP|CALSCALE|METHOD|PHOTO|LOGO|SOUND|KEY|CLASS|N|TZ.*|X-.*)$/

/** @returns a paragraph for each event, task or person. */
export function readCards (source: string): Converted {
  // §3.1: a line that begins with a space continues the one before; in vCard 2.1 a line that is continued ends with `=`.
  const unfolded = source.replace(/\r\n?/g, '\n').replace(/\n[ \t]/g, '')
  const entries: string[][] = []
  let zones = 0
  let title: string | undefined
  for (const line of unfolded.split('\n')) {
    const found = /^(?:item\d+\.)?([A-Za-z-]{1,60})((?:;(?:"[^"]{0,200}"|[^":\n]){0,500})?):(.*)$/.exec(line)
    if (!found) continue
    const [, property, parameters, raw] = found as unknown as [string, string, string, string]
    const name = property.toUpperCase()
    const value = valueOf(raw, parameters)
    if (/^(?:BEGIN|END)$/.test(name) && /^(?:VTIMEZONE|STANDARD|DAYLIGHT)$/i.test(value)) zones += name === 'BEGIN' ? 1 : -1
    else if (name === 'BEGIN' && !/^VCALENDAR$/i.test(value)) entries.push([])
    if (zones > 0 || value === '') continue
    if (name === 'X-WR-CALNAME') title = value
    if (!IGNORED.test(name)) entries.at(-1)?.push(`${name.charAt(0)}${name.slice(1).toLowerCase()}: ${dateOf(value)}`)
  }
  const people = entries.filter(({ length }) => length > 0)
  const only = people.length === 1 ? /^(?:Summary|Fn): (.*)$/m.exec(people[0]!.join('\n'))?.[1] : undefined
  return { text: people.map((entry) => entry.join('\n')).join('\n\n'), title: title ?? only }
}

function valueOf (raw: string, parameters: string): string {
  const text = /ENCODING=QUOTED-PRINTABLE/i.test(parameters)
    ? Buffer.from(raw.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1').toString()
    : raw
  return text
    .replace(/\\([nN,;\\])/g, (_, mark: string) => (mark.toLowerCase() === 'n' ? ' ' : mark))
    .replace(/^(?:mailto|tel):/i, '')
    .replace(/^;+|(?<!;);+$/g, '')
    .replace(/;/g, ' ')
    .trim()
}

/** `20261128T090000Z` as `2026-11-28 09:00`. */
const dateOf = (value: string): string =>
  value.replace(/^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})\d{2}(Z)?)?$/, (_, year: string, month: string, day: string, hour?: string, minute?: string, zulu?: string) =>
    `${year}-${month}-${day}${hour === undefined ? '' : ` ${hour}:${minute}${zulu === undefined ? '' : ' UTC'}`}`)
