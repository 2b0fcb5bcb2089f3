// Helpers for the variables of tools, backends and the server itself: lists, and what counts as this computer.
import { homedir } from 'node:os'
import { z } from 'zod'

/**
 * A variable of several values with commas between. Blanks around them, and empty ones, are left out. Where all are empty,
 * as of `$ONE,$OTHER` when neither is set, nothing says whom a limit is for: it would hold nobody back (threat AD-29).
 */
export const list = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  )
  .refine((items) => items.length > 0, 'there is nothing between the commas; write at least one value, or leave the variable out')

/**
 * A path on this computer; `~` is the home folder of the user that the server runs as. No shell reads the value, so other
 * shorthands would be names of files.
 */
export const path = z
  .string()
  .refine((value) => !/^(?:~[^/]|\$)/.test(value), 'write the whole path: ~name and $NAME are not replaced here')
  .transform((value) => value.replace(/^~(?=\/|$)/, homedir()))

/** The names of this computer (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). No DNS server can rebind them. */
const NAME = String.raw`(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])`
const PORT = String.raw`(?::\d{1,5})?`
const HOSTNAME = new RegExp(`^${NAME}$`)
const HOST = new RegExp(`^${NAME}${PORT}$`)

/** Origins of web pages that this computer serves, on any port, by http or https. */
export const LOOPBACK_ORIGIN = new RegExp(`^https?://${NAME}${PORT}$`)

/**
 * Whether a connection to this name never leaves the computer, so that http is safe.
 * @param hostname as in `URL.hostname`: lower case, without a port, IPv6 in brackets.
 */
export const isLoopback = (hostname: string): boolean => HOSTNAME.test(hostname)

/** @param host as in `URL.host` or a Host header in lower case: {@link isLoopback} with or without a port. */
export const isLoopbackHost = (host: string): boolean => HOST.test(host)

/** Schemes that browsers run, show or hand to the system themselves: none of them leads back to an app. */
const NEVER_AN_APP = new Set(
  'about blob chrome data file filesystem ftp http https intent jar javascript mailto sms tel vbscript view-source ws wss'.split(' ')
)

/**
 * Whether a program on a computer or phone may have registered the scheme for itself (RFC 8252 §7.1).
 * @param scheme without the colon, as written: schemes are compared in lower case.
 */
export const isPrivateUseScheme = (scheme: string): boolean =>
  /^[a-z][a-z0-9+.-]{0,99}$/.test(scheme) && !NEVER_AN_APP.has(scheme)
