// The lines of docs/identity-at-the-upstream.md that check a token, run
// as they are printed against a real /jwks.
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { createIdentityHeaders, UPSTREAM_TOKEN_TYPE } from '../../plugins/upstreams/http/identity.ts'
import { ann, httpSettings } from '../helpers/http-upstreams.ts'
import { startServer } from '../helpers/server.ts'

const guide = await readFile(new URL('../../docs/identity-at-the-upstream.md', import.meta.url), 'utf8')
const lines = (language: string) => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(guide)![1]!

type ReadCaller = (authorization?: string) => Promise<Record<string, unknown> | undefined>

t.test('the lines in TypeScript read who is calling, and refuse every other token (UH-03)', async (t) => {
  const { url, app } = await startServer(t)
  const folder = await mkdtemp(join(tmpdir(), 'identity-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'caller.ts')
  const audience = 'https://crm.internal/mcp'
  await writeFile(file, lines('ts')
    .replace("'https://mcp.example.com'", JSON.stringify(url))
    .replace("from 'jose'", `from ${JSON.stringify(import.meta.resolve('jose'))}`))
  const { readCaller } = (await import(pathToFileURL(file).href)) as { readCaller: ReadCaller }

  const sign = (claims: Record<string, unknown>, typ = UPSTREAM_TOKEN_TYPE) => app.openid.sign(claims, typ)
  const identity = createIdentityHeaders({
    issuer: url,
    now: () => Date.now() / 1000,
    sign
  })
  const settings = httpSettings(audience, { identity: 'token' })
  const sent = (await identity(settings, ann))['authorization']!
  const claims = await readCaller(sent)
  t.match(claims, {
    iss: url,
    aud: audience,
    sub: ann.id,
    email: ann.email,
    email_verified: true,
    name: ann.name,
    groups: ann.groups,
    act: { sub: ann.clientId },
    jti: /^[0-9a-f-]{36}$/
  })
  t.equal((claims!['exp'] as number) - (claims!['iat'] as number), 300)
  t.equal(await readCaller((await identity(settings, undefined))['authorization']), undefined, 'this server itself')

  const other = (await identity(httpSettings('https://other.internal/mcp', { identity: 'token' }), ann))['authorization']
  const [head, payload, signature] = sent.split('.')
  const refused = {
    'of another server': other,
    'an ID token': `Bearer ${await sign(claims!, 'JWT')}`,
    'one that has ended': `Bearer ${await sign({ ...claims, exp: 1 })}`,
    'one of another issuer': `Bearer ${await sign({ ...claims, iss: 'https://evil.example' })}`,
    'one without an end': `Bearer ${await sign({ ...claims, exp: undefined })}`,
    'one without its signature': `${head}.${payload}.`,
    'one that was changed': `${head}.${payload!.slice(0, -1)}${payload!.endsWith('A') ? 'B' : 'A'}.${signature}`,
    none: undefined
  }
  for (const [what, authorization] of Object.entries(refused)) await t.rejects(readCaller(authorization), what)
})

t.test('the lines in Python are Python', async (t) => {
  const { status, error } = spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: lines('python') })
  if (error) t.pass('without python3 on this computer nothing can be said')
  else t.equal(status, 0)
})
