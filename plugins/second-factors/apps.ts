// Authenticator apps: six digits of a shared secret and the time, 30 seconds each (RFC 6238). A code counts in its own step
// and in those beside it, and once.
import type { FastifyInstance } from 'fastify'
import type { StoredApp } from './records.ts'

const STEP_SECONDS = 30
const SEALED_FOR = 'authenticator app'
/** Code points of a name in the QR code: the longer, the finer it is. */
const MAX_LABEL = 40

export interface AppCodes {
  seal(userId: string, secret: string): string
  /**
   * @returns the app, and the time step of the code: later than any before. Undefined for a
   * wrong code.
   */
  match(userId: string, apps: readonly StoredApp[], digits: string): { app: StoredApp; step: number } | undefined
  /** @returns the time step of a code that is right now. */
  stepOf(secret: string, digits: string): number | undefined
  /**
   * A secret (base 32), its `otpauth:` URI, and that as a picture (SVG). @param secret a new
   * one, if absent.
   */
  describe(issuer: string, account: string, secret?: string): Promise<{ secret: string; uri: string; qr: string }>
}

export async function createAppCodes ({ sealing, now }: Pick<FastifyInstance, 'sealing' | 'now'>): Promise<AppCodes> {
  const { generateSecret, generateURI, verifySync } = await import('otplib')

  function stepOf (secret: string, digits: string): number | undefined {
    const result = verifySync({ secret, token: digits, epoch: now(), period: STEP_SECONDS, epochTolerance: STEP_SECONDS })
    return result.valid && 'timeStep' in result ? result.timeStep : undefined
  }
  /**
   * @returns undefined for one that was sealed for another person, or with a key that is no
   * longer listed.
   */
  function unseal (userId: string, sealed: string): string | undefined {
    const opened = sealing.unseal(SEALED_FOR, sealed)
    const [owner, secret] = opened ? (JSON.parse(opened.toString()) as [string, string]) : []
    return owner === userId ? secret : undefined
  }
  return {
    seal: (userId, secret) => sealing.seal(SEALED_FOR, Buffer.from(JSON.stringify([userId, secret]))),
    match (userId, apps, digits) {
      for (const app of apps) {
        const secret = unseal(userId, app.sealed)
        const step = secret === undefined ? undefined : stepOf(secret, digits)
        if (step !== undefined && step > app.lastStep) return { app, step }
      }
      return undefined
    },
    stepOf,
    async describe (issuer, account, secret = generateSecret()) {
      const { renderSVG } = await import('uqr')
      const uri = generateURI({ issuer: labelOf(issuer), label: labelOf(account), secret })
      return { secret, uri, qr: renderSVG(uri, { border: 4, pixelSize: 1 }) }
    }
  }
}

/** A colon separates the issuer from the account in the URI. */
const labelOf = (text: string): string => [...text.replaceAll(':', ' ')].slice(0, MAX_LABEL).join('')
