// AUTH_BACKEND with a module of the operator's. Names and combinations are in test/config/parsers.test.ts.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../config/index.ts'

t.test("a backend can be a module of the operator's", async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'mcp-config-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  await writeFile(
    join(path, 'mine.ts'),
    `import { z } from '${import.meta.resolve('zod')}'\nexport default { env: z.object({ MY_SERVICE: z.string('write the address of the service') }), open: ({ MY_SERVICE }) => ({ title: MY_SERVICE }) }\n`
  )
  await writeFile(join(path, 'wrong.ts'), 'export default {}\n')
  await t.rejects(loadConfig({ AUTH_BACKEND: './mine.ts' }, path), {
    message: /MY_SERVICE: write the address of the service \(AUTH_BACKEND \.\/mine\.ts needs it\)/
  })
  await t.rejects(loadConfig({ AUTH_BACKEND: './wrong.ts' }, path), {
    message: /default export of \.\/wrong\.ts is not a backend/
  })
  const { backends } = await loadConfig({ AUTH_BACKEND: './mine.ts', MY_SERVICE: 'ours' }, path)
  t.match(await backends[0]!.open({} as never), { title: 'ours' })
})

const staff = { OIDC_ISSUER: 'https://sso.example.com', OIDC_CLIENT_ID: 'staff' }
const partners = { OIDC_ISSUER_PARTNERS: 'https://idp.partner.example', OIDC_CLIENT_ID_PARTNERS: 'partners' }
const faultOf = (env: Record<string, string>, isStrict = false) =>
  loadConfig(env, undefined, [], { isStrict }).then(() => '', ({ message }: Error) => message)

t.test('an OpenID provider can be there several times, each with variables of its own', async (t) => {
  const env = { AUTH_BACKEND: 'oidc,oidc:partners', ...staff, ...partners, OIDC_TITLE_PARTNERS: 'Partners' }
  const { backends } = await loadConfig(env, undefined, [], { isStrict: true })
  t.same(backends.map(({ id }) => id), ['oidc', 'oidc:partners'])
  const opened = await Promise.all(backends.map((backend) => backend.open({ log: { warn () {} } } as never)))
  t.same(opened.map(({ title }) => title), ['sso.example.com', 'Partners'])
})

t.test('what is wrong with one of them names its own variables', async (t) => {
  const env = { AUTH_BACKEND: 'oidc,oidc:partners', ...staff }
  const missing = await faultOf(env)
  t.match(missing, /OIDC_ISSUER_PARTNERS: .*\(AUTH_BACKEND oidc:partners needs it\)/)
  t.notMatch(missing, /OIDC_ISSUER: /)
  const google = { OIDC_ISSUER_PARTNERS: 'https://accounts.google.com', OIDC_CLIENT_ID_PARTNERS: 'x' }
  t.match(await faultOf({ ...env, ...google }), /OIDC_ALLOWED_DOMAINS_PARTNERS: everybody can have an account/)
  t.match(await faultOf({ ...env, ...partners, OIDC_TITLE_GOOGLE: 'x' }, true), /OIDC_TITLE_GOOGLE: nothing here reads it/)
})

t.test('a backend that can be there once has no label', async (t) => {
  for (const name of ['local:staff', 'github:second']) {
    t.match(await faultOf({ AUTH_BACKEND: name }), /AUTH_BACKEND: \w+:\w+: \w+ can be there once; write \w+/, name)
  }
  for (const name of ['oidc:', 'oidc:A', 'oidc:a-b', 'oidc:a:b', 'ldap:a']) {
    t.match(await faultOf({ AUTH_BACKEND: name, ...staff }), /there is no backend named/, name)
  }
})
