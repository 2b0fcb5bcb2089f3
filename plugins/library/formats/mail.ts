// A message (RFC 5322 with MIME) as a person reads it: who, when, about what, the text, and the names of what was attached.
import PostalMime, { type Address } from 'postal-mime'
import { htmlText } from '../html.ts'
import { EMPTY, type Converted } from './contract.ts'

/** Parts inside parts, and bytes of all headers. */
const BOUNDS = { maxNestingDepth: 30, maxHeadersSize: 512 * 1024 }

/** @returns headers, text and names of attachments, with the subject as title. @throws Error for a broken message. */
export async function readMail (bytes: Uint8Array): Promise<Converted> {
  const mail = await PostalMime.parse(bytes, BOUNDS)
  const body = mail.text?.trim() || (mail.html === undefined ? '' : htmlText(mail.html))
  const attached = mail.attachments.flatMap(({ filename, related }) => (filename && !related ? [filename] : []))
  const head = [
    ['From', mail.from && addressOf(mail.from)],
    ['To', mail.to?.map(addressOf).join(', ')],
    ['Cc', mail.cc?.map(addressOf).join(', ')],
    ['Date', mail.date],
    ['Subject', mail.subject]
  ].flatMap(([name, value]) => (value ? [`${name}: ${value}`] : []))
  if (body === '' && head.length === 0) return EMPTY
  const parts = [head.join('\n'), body, attached.length > 0 ? `Attached: ${attached.join(', ')}` : '']
  return { text: parts.filter((part) => part !== '').join('\n\n'), title: mail.subject }
}

const addressOf = ({ name, address, group }: Address): string =>
  group ? `${name}: ${group.map(addressOf).join(', ')}` : [name, name && address ? `<${address}>` : address].filter(Boolean).join(' ')
