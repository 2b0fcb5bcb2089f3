// The variables of the Supabase backend: the project, its public key, and which of its ways to sign in are offered.
import { z } from 'zod'
import { list } from '../../authoring/env.ts'

const WHERE = 'in the Supabase dashboard under Project Settings, API keys'

const isSecret = (key: string): boolean => key.startsWith('sb_secret_') || roleOf(key) === 'service_role'

/** The legacy keys are JWTs that name their role. */
function roleOf (key: string): unknown {
  try {
    return JSON.parse(Buffer.from(key.split('.')[1] ?? '', 'base64url').toString()).role
  } catch {
    return undefined
  }
}

const publicKey = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]+$/, `copy the publishable key (sb_publishable_…) ${WHERE}`)
  .refine(
    (key) => !isSecret(key),
    'this is a secret key, which is not needed here and opens the whole project: write the publishable (or anon) key'
  )

const URL_HELP = 'write the URL of the project, for example https://abcdefghij.supabase.co'

const projectUrl = z
  .string(URL_HELP)
  .trim()
  .refine((value) => {
    const url = URL.parse(value)
    const isDashboard = /^(?:app\.)?supabase\.com$/.test(url?.hostname ?? '')
    return url !== null && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !isDashboard
  }, URL_HELP)
  // The dashboard shows the addresses of the project's APIs as well: they are below that of the project.
  .transform((value) => value.replace(/\/+$/, '').replace(/\/(?:auth|rest)\/v1$/, ''))

const providers = list
  .transform((names) => names.map((name) => name.toLowerCase()))
  .refine(
    (names) => names.every((name) => /^[a-z][a-z0-9_:-]*$/.test(name)),
    'write the names that Supabase gives its providers, separated by commas, for example google,github'
  )

export const env = z
  .object({
    SUPABASE_URL: projectUrl,
    SUPABASE_PUBLISHABLE_KEY: publicKey.optional(),
    SUPABASE_ANON_KEY: publicKey.optional(),
    SUPABASE_PROVIDERS: providers.default([]),
    SUPABASE_EMAIL_CODE: z.enum(['on', 'off'], 'write on or off').default('off')
  })
  .refine((values) => values.SUPABASE_PUBLISHABLE_KEY !== undefined || values.SUPABASE_ANON_KEY !== undefined, {
    path: ['SUPABASE_PUBLISHABLE_KEY'],
    message: `write the publishable key (sb_publishable_…) ${WHERE}; a legacy anon key goes into SUPABASE_ANON_KEY`,
    // Also when SUPABASE_URL is wrong: the operator reads everything at once.
    when: () => true
  })

export type SupabaseSettings = z.output<typeof env>

export const projectOf = ({ SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SUPABASE_ANON_KEY }: SupabaseSettings) => ({
  url: SUPABASE_URL,
  key: (SUPABASE_PUBLISHABLE_KEY ?? SUPABASE_ANON_KEY)!
})
