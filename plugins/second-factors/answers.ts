// What a browser answers for an authenticator, read before anything believes it: bounded in size and shape, from a page of
// ours that nobody embeds (Web Authentication §5.8.1, §7.1, §7.2).
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { z } from 'zod'

/** Characters: a credential with a key and no certificate takes about one thousand. */
const MAX_ANSWER_CHARS = 16_384

const base64url = (max: number) => z.string().max(max).regex(/^[\w-]+$/)
/** At most 1,023 bytes (Web Authentication §4). */
const credentialId = base64url(1_364)
const common = { id: credentialId, rawId: credentialId, type: z.literal('public-key') }

const registration = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url(4_096),
    attestationObject: base64url(8_192),
    transports: z.array(z.string().regex(/^[a-z-]{1,32}$/)).max(8).optional().catch(undefined)
  })
})
const authentication = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url(4_096),
    authenticatorData: base64url(4_096),
    signature: base64url(4_096),
    userHandle: base64url(128).nullish()
  })
})
/** Absent and null are the same to browsers. */
const embedding = z.object({ crossOrigin: z.literal(false).nullish(), topOrigin: z.undefined().optional() })

/**
 * @returns undefined for what is no answer, or was given inside a page of another site.
 */
export function readRegistration (text: string): RegistrationResponseJSON | undefined {
  const answer = read(registration, text)
  return answer && ({ ...answer, clientExtensionResults: {} } as RegistrationResponseJSON)
}

/** As {@link readRegistration}. */
export function readAuthentication (text: string): AuthenticationResponseJSON | undefined {
  const answer = read(authentication, text)
  if (!answer) return undefined
  const { userHandle, ...response } = answer.response
  return { ...answer, clientExtensionResults: {}, response: { ...response, ...(userHandle != null && { userHandle }) } }
}

function read<T extends { response: { clientDataJSON: string } }> (schema: z.ZodType<T>, text: string): T | undefined {
  if (text.length > MAX_ANSWER_CHARS) return undefined
  try {
    const answer = schema.parse(JSON.parse(text))
    embedding.parse(JSON.parse(Buffer.from(answer.response.clientDataJSON, 'base64url').toString()))
    return answer
  } catch {
    return undefined
  }
}
