// The two cookies: one that names the browser, for binding a sign-in to it, and one that is the session. Opaque,
// HttpOnly, Lax, host-only (threats LG-06, LG-10).
import type { FastifyReply, FastifyRequest } from 'fastify'
import { hashSecret, randomSecret } from '../secrets.ts'

/** Seconds. A signed-in browser is signed out after this. */
export const SESSION_LIFETIME_SECONDS = 8 * 3600

export interface Cookies {
  /** Hash that stands for this browser; sets the cookie if it has none yet. */
  identify(request: FastifyRequest, reply: FastifyReply): string
  /** Hash that stands for this browser, or undefined when it shows no cookie. */
  known(request: FastifyRequest): string | undefined
  /** Hash of the session cookie, whether or not there is such a session. */
  session(request: FastifyRequest): string | undefined
  /** A new session id: what was known before the sign-in is worth nothing after it. */
  startSession(reply: FastifyReply): string
  endSession(reply: FastifyReply): void
}

/**
 * @param secure the public URL is https: cookies are `__Host-` and Secure then. Plain http is for loopback, where
 * browsers refuse both.
 */
export function createCookies (secure: boolean): Cookies {
  const name = (base: string) => (secure ? `__Host-${base}` : base)
  const BROWSER = name('mcp_browser')
  const SESSION = name('mcp_session')
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const
  // Anything we cannot have set is no cookie.
  const read = (request: FastifyRequest, cookie: string) => {
    const value = request.cookies[cookie]
    return value !== undefined && /^[\w-]{43}$/.test(value) ? hashSecret(value) : undefined
  }
  const set = (reply: FastifyReply, cookie: string, options: { maxAge?: number } = {}) => {
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
    }
  }
}
