// The address and the headers of an upstream that runs already: what may be there, and what its client decides itself.
import ipaddr from 'ipaddr.js'
import { isLoopback } from '../../authoring/env.ts'
import { reference } from './references.ts'

/** @returns what is wrong with the address, in words that do not repeat it: a value of the environment may be in it. */
export function urlProblem (value: string): string | undefined {
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol)) return 'write an absolute address, such as "https://crm.example.com/mcp"'
  if (url.username !== '' || url.password !== '') {
    return `leave out the user name and the password; write "headers": { "authorization": "Basic ${reference('CREDENTIALS')}" }`
  }
  if (url.protocol === 'http:' && !isNear(url.hostname)) {
    return 'write https: with http, what is sent can be read on its way through the internet'
  }
  return undefined
}

/**
 * Whether a name or address means something in one's own network. There, between containers or behind a VPN, TLS is often
 * missing, and who names such an address knows the way to it. Everything else may lead through networks of others, who could
 * read the headers and answer in its place. A private name may lead there as well, if the DNS server lies; then nothing but
 * https would help, and the operator has chosen.
 * `.internal` is reserved for private use (ICANN, 2024), `.local` is for the own link (RFC 6762 §3), and clusters use it;
 * a name without a dot is not in the public DNS (RFC 3397, SAC 053).
 */
function isNear (hostname: string): boolean {
  if (isLoopback(hostname)) return true
  const bare = hostname.replace(/^\[|\]$/g, '')
  if (ipaddr.isValid(bare)) return ['private', 'uniqueLocal', 'loopback'].includes(ipaddr.process(bare).range())
  return /^[^.]+\.?$/.test(bare) || /\.(?:internal|local|localhost)\.?$/.test(bare)
}

/** Of one connection (RFC 9110 §7.6.1), of the message's form, and of the protocol: the client writes them. */
const CLIENTS_OWN = new RegExp(
  '^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-.*|expect' +
  '|accept|accept-encoding|mcp-.*|last-event-id)$'
)
const FIELD_NAME = /^[!#$%&'*+.^_`|~\w-]{1,200}$/
const FIELD_VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

/** @param name lower case. @returns what is wrong, without the value. */
export function headerProblem (name: string, value: string, identity: string | undefined): string | undefined {
  if (!FIELD_NAME.test(name)) return 'this is not the name of a header; write letters, digits and -'
  if (CLIENTS_OWN.test(name)) return 'remove it; this server writes it itself'
  if (identity === 'headers' && /^x-forwarded-(?:user|email|name|groups)$/.test(name)) {
    return 'remove it; with "identity": "headers" this server writes it itself'
  }
  if (identity === 'token' && name === 'authorization') {
    return 'remove it; with "identity": "token" the signed token is in this header'
  }
  if (!FIELD_VALUE.test(value)) {
    return 'the value has characters that no header may have, such as a line break, or blanks around it; write it without'
  }
  return undefined
}
