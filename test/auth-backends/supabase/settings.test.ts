// The variables of the Supabase backend: each mistake is answered with what to write instead (threat WB-18).
import t from 'tap'
import supabase, { openSupabase } from '../../../auth-backends/supabase/index.ts'
import { createTestHost } from '../host.ts'
import { KEY } from './stand-in.ts'

t.test('ways that are not named in the settings are not offered', async (t) => {
  const backend = openSupabase(
    supabase.env.parse({ SUPABASE_URL: 'http://127.0.0.1:9', SUPABASE_PUBLISHABLE_KEY: KEY }),
    createTestHost()
  )
  t.same([backend.redirect, backend.emailCode], [undefined, undefined])
  t.match(
    supabase.env.safeParse({
      SUPABASE_URL: 'http://127.0.0.1:9',
      SUPABASE_PUBLISHABLE_KEY: KEY,
      SUPABASE_PROVIDERS: 'Sign in with Google'
    }).error?.issues,
    [{ message: /google,github/ }]
  )
})

t.test('the settings say what to write instead (WB-18)', async (t) => {
  const problems = (variables: object) => {
    const result = supabase.env.safeParse(variables)
    return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).sort()
  }
  t.match(problems({}), [/^SUPABASE_PUBLISHABLE_KEY: write the publishable key/, /^SUPABASE_URL: write the URL/])
  t.match(problems({ SUPABASE_URL: 'abc', SUPABASE_ANON_KEY: 'k' }), [/^SUPABASE_URL: write the URL/])
  t.match(problems({ SUPABASE_URL: 'ftp://x', SUPABASE_ANON_KEY: 'k' }), [/^SUPABASE_URL: write the URL/])
  for (const address of ['https://supabase.com/dashboard/project/abcdefghij', 'https://abcdefghij.supabase.co/?x=1']) {
    t.match(problems({ SUPABASE_URL: address, SUPABASE_ANON_KEY: 'k' }), [/^SUPABASE_URL: write the URL/], address)
  }
  for (const more of ['', '/', '/auth/v1', '/auth/v1/', '/rest/v1/']) {
    const { SUPABASE_URL } = supabase.env.parse({ SUPABASE_URL: `https://abcdefghij.supabase.co${more}`, SUPABASE_ANON_KEY: 'k' })
    t.equal(SUPABASE_URL, 'https://abcdefghij.supabase.co', `the address of an API of the project: ${more}`)
  }
  const url = 'https://abcdefghij.supabase.co/'
  t.match(problems({ SUPABASE_URL: url, SUPABASE_PUBLISHABLE_KEY: 'two words' }), [/^SUPABASE_PUBLISHABLE_KEY: copy/])
  t.match(problems({ SUPABASE_URL: url, SUPABASE_PUBLISHABLE_KEY: 'sb_secret_abc' }), [
    /^SUPABASE_PUBLISHABLE_KEY: this is a secret key/
  ])
  const serviceRole = `e30.${Buffer.from('{"role":"service_role"}').toString('base64url')}.x`
  t.match(problems({ SUPABASE_URL: url, SUPABASE_ANON_KEY: serviceRole }), [/^SUPABASE_ANON_KEY: this is a secret key/])
  t.same(supabase.env.parse({ SUPABASE_URL: url, SUPABASE_ANON_KEY: 'k', OTHER: 'x' }), {
    SUPABASE_URL: 'https://abcdefghij.supabase.co',
    SUPABASE_ANON_KEY: 'k',
    SUPABASE_PROVIDERS: [],
    SUPABASE_EMAIL_CODE: 'off'
  })
})
