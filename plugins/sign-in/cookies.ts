// The cookies: one that names the browser, to bind a sign-in to it, one that is the session, and one that remembers how
// the last sign-in was. HttpOnly, Lax, host-only (threats LG-06, LG-10).
import type { CookieSerializeOptions, FastifyCookieOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { hashSecret, randomSecret } from '../secrets.ts'

/**
 * How the header is read: in the turn of whoever sent it, and as it is, since ours need no decoding. To decode thousands that
 * are not encoded rightly takes 40 ms (threat OW-41).
 */
export const READ_COOKIES: FastifyCookieOptions = {
  hook: 'preHandler',
  // Its types know only what cookies are written with.
  parseOptions: { decode: (value: string) => value } as CookieSerializeOptions
}

/** A browser is signed out after this. */
export const SESSION_LIFETIME_SECONDS = 8 * 3600
const WAY_LIFETIME_SECONDS = 365 * 86_400
/** A longer one is not remembered. */
const MAX_WAY_CHARACTERS = 200

export interface Cookies {
  /**
   * @returns the hash that names this browser; sets the cookie if there is none yet.
   */
  identify(request: FastifyRequest, reply: FastifyReply): string
  /**
   * @returns the hash that names this browser, or undefined when it sends no cookie.
   */
  known(request: FastifyRequest): string | undefined
  /**
   * @returns the hash of the session cookie, whether or not there is such a session.
   */
  session(request: FastifyRequest): string | undefined
  /**
   * Sets a new session id: one that was known before the sign-in is worthless after it.
   * @returns its hash.
   */
  startSession(reply: FastifyReply): string
  endSession(reply: FastifyReply): void
  /**
   * How the last sign-in in this browser was. Anyone can put anything there: it counts only if
   * the page offers it.
   */
  lastWay(request: FastifyRequest): string | undefined
  rememberWay(reply: FastifyReply, way: string): void
}

/**
 * @param secure the public URL is https: cookies are then `__Host-` and Secure. Plain http is for loopback, where
 * browsers refuse both.
 */
export function createCookies (secure: boolean): Cookies {
  const nameOf = (base: string) => (secure ? `__Host-${base}` : base)
  const BROWSER = nameOf('mcp_browser')
  const SESSION = nameOf('mcp_session')
  const WAY = nameOf('mcp_way')
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const

  // A value that this server cannot have set counts as none.
  function read (request: FastifyRequest, cookie: string): string | undefined {
    const value = request.cookies[cookie]
    return value !== undefined && /^[\w-]{43}$/.test(value) ? hashSecret(value) : undefined
  }

  function set (reply: FastifyReply, cookie: string, options: { maxAge?: number } = {}): string {
    const value = randomSecret()
    reply.setCookie(cookie, value, { ...attributes, ...options })
    return hashSecret(value)
  }

  return {
    identify: (request, reply) => read(request, BROWSER) ?? set(reply, BROWSER),
    known: (request) => read(request, BROWSER),
    session: (request) => read(request, SESSION),
    startSession: (reply) => set(reply, SESSION, { maxAge: SESSION_LIFETIME_SECONDS }),
    endSession: (reply) => {
      reply.clearCookie(SESSION, attributes)
    },
    lastWay (request) {
      const value = request.cookies[WAY]
      const isOurs = value !== undefined && value.length <= 4 * MAX_WAY_CHARACTERS && /^[\w-]+$/.test(value)
      return isOurs ? Buffer.from(value, 'base64url').toString() : undefined
    },
    rememberWay (reply, way) {
      if (way.length > MAX_WAY_CHARACTERS) return
      reply.setCookie(WAY, Buffer.from(way).toString('base64url'), { ...attributes, maxAge: WAY_LIFETIME_SECONDS })
    }
  }
}
