// CLIENTS: the clients that the operator registers by hand. Apps that people
// connect, and services that call for themselves (RFC 6749 §4.4).
import { z } from 'zod'
import { isLoopback } from '../authoring/env.ts'

const EXAMPLE =
  'write a JSON list such as [{"client_id":"my-app","client_name":"My app","client_secret":"at least 16 characters, or leave it out","redirect_uris":["https://app.example/callback"]}]'

/** Members that only a private or shared key has (RFC 7518 §6). */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

const publicKey = z
  .looseObject({ kty: z.enum(['RSA', 'EC', 'OKP'], 'write RSA, EC or OKP') })
  .refine(
    (key) => !PRIVATE.some((name) => name in key),
    'this is a private key: keep it, and write its public key here'
  )

const keysUrl = z
  .string()
  .max(2048)
  .refine((value) => {
    const { protocol, hostname } = URL.parse(value) ?? { protocol: '', hostname: '' }
    return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
  }, 'write the https address of the keys')

const client = z
  .strictObject({
    client_id: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, 'write 1 to 200 letters, digits or signs, without spaces'),
    client_name: z.string().min(1).max(200).optional(),
    client_secret: z.string().min(16, 'write at least 16 characters').optional(),
    jwks: z.object({ keys: z.array(publicKey).min(1).max(20) }).optional(),
    jwks_uri: keysUrl.optional(),
    grant_types: z
      .array(z.enum(['authorization_code', 'refresh_token', 'client_credentials']))
      .default(['authorization_code', 'refresh_token']),
    redirect_uris: z.array(z.string()).default([]),
    scope: z
      .string()
      .regex(
        /^mcp:(?:read|write)(?: mcp:(?:read|write))*$/,
        'write mcp:read, mcp:write, or both with a space between'
      )
      .optional(),
    groups: z.array(z.string().min(1).max(200)).max(100).optional()
  })
  .superRefine((entry, context) => {
    for (const [isWrong, member, message] of contradictionsOf(entry)) {
      if (isWrong) context.addIssue({ code: 'custom', path: [member], message })
    }
  })

/** What is valid alone, and not together. */
function contradictionsOf ({
  client_secret: secret,
  jwks,
  jwks_uri: keysUri,
  grant_types: grants,
  redirect_uris: uris,
  scope,
  groups
}: z.output<typeof client>): Array<[isWrong: boolean, member: string, message: string]> {
  const isApp = grants.includes('authorization_code')
  const isService = grants.includes('client_credentials')
  const refreshes = grants.includes('refresh_token')
  const proofs = [secret, jwks, keysUri].filter((proof) => proof !== undefined).length
  return [
    [
      isApp && uris.length === 0,
      'redirect_uris',
      'write at least one; a service needs none, with "grant_types":["client_credentials"]'
    ],
    [
      !isApp && uris.length > 0,
      'redirect_uris',
      'nothing uses them without authorization_code in grant_types'
    ],
    [
      !isApp && (!isService || refreshes),
      'grant_types',
      'write authorization_code with refresh_token, or client_credentials, or all three'
    ],
    [
      isService && proofs === 0,
      'grant_types',
      'client_credentials needs client_secret, jwks or jwks_uri: anyone could be this service otherwise'
    ],
    [
      proofs > 1,
      'client_secret',
      'write one of client_secret, jwks and jwks_uri'
    ],
    [
      isService && scope === undefined,
      'scope',
      'write what the service may do: mcp:read, or mcp:read mcp:write'
    ],
    [!isService && scope !== undefined, 'scope', 'only for client_credentials'],
    [!isService && groups !== undefined, 'groups', 'only for client_credentials']
  ]
}

/** Every message names the entry by its place: what is in it may be secret. */
export const clients = z.string().transform((value, context) => {
  const refuse = (message: string) => {
    context.addIssue(message)
    return z.NEVER
  }
  const entries = parseList(value)
  if (!entries) return refuse(EXAMPLE)
  const parsed = z.array(client).safeParse(entries)
  if (!parsed.success) {
    for (const { path: [place, ...members], message } of parsed.error.issues) {
      context.addIssue(`${[`client ${Number(place) + 1}`, ...members].join('.')}: ${message}`)
    }
    return z.NEVER
  }
  const ids = new Set(parsed.data.map(({ client_id: id }) => id))
  if (ids.size < parsed.data.length) return refuse('two clients have the same client_id')
  return parsed.data
})

function parseList (value: string): unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(value)
    return Array.isArray(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}
