// What becomes of each answer of a backend: one that keeps a person out opens nothing and makes nobody.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parseEmail } from '../../../auth-backends/contract.ts'
import { presentable } from '../../../plugins/sign-in/answers.ts'
import { Browser } from '../../helpers/browser.ts'
import { census } from '../../helpers/census.ts'
import { signedUp } from '../../helpers/owners.ts'
import { storageTest } from '../../helpers/storages.ts'
import { folder } from '../../helpers/tool-context.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'

storageTest('whom a service turns away, does not know or cannot check is not signed in, and nothing is kept of them (LG-12, AC-36, AC-40)', async (t, start) => {
  const path = join(await folder(t), 'service.ts')
  await writeFile(path, `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
import { BackendUnavailable } from ${JSON.stringify(import.meta.resolve('../../../auth-backends/contract.ts'))}
const answers = {
  refused: () => ({ refused: 'You are not in this team.' }),
  unknown: () => null,
  away: () => { throw new BackendUnavailable('gone') },
  nameless: () => ({ name: 'Ann' }),
  blank: () => ({ subject: ' ' }),
  numbered: () => ({ subject: 5 }),
  endless: () => ({ subject: 'x'.repeat(4_001) }),
  grouped: () => ({ subject: 'ann', groups: 'admins' }),
  nothing: () => undefined,
  text: () => 'ann',
  yes: () => ({ subject: 'ann', email: 'ann@example.com', emailVerified: 'false' }),
  factor: () => ({ subject: 'ann', secondFactor: 'false' }),
  age: () => ({ subject: 'ann', authenticationAgeSeconds: '0' }),
  list: () => ({ subject: 'ann', groups: ['staff', null] }),
  number: () => ({ subject: 'ann', name: 5 }),
  object: () => ({ subject: 'ann', session: { token: 'x' } }),
  known: () => ({ subject: 'ann', email: null, emailVerified: null, name: null, groups: null, session: null })
}
export default { env: z.object({}), open: () => ({ title: 'Service',
  password: { label: 'Name', verify: async ({ identifier }) => answers[identifier]() } }) }`)
  const server = await start({ env: { AUTH_BACKEND: path } })
  const { url, app } = server
  const people = async () => (await Array.fromAsync(app.signIn.lifecycle.all())).length
  for (const [email, status, text] of [
    ['refused', 403, /You are not in this team\./],
    ['unknown', 401, /role="alert"/],
    ['away', 503, /role="alert"/],
    // Of a module that passes on what its service has left out (AC-36).
    ['nameless', 503, /role="alert"/],
    ['blank', 503, /role="alert"/],
    ['numbered', 503, /role="alert"/],
    ['endless', 503, /role="alert"/],
    ['grouped', 503, /role="alert"/],
    ['nothing', 503, /role="alert"/],
    ['text', 503, /role="alert"/],
    // Of one that passes it on as it was written (AC-40).
    ['yes', 503, /role="alert"/],
    ['factor', 503, /role="alert"/],
    ['age', 503, /role="alert"/],
    ['list', 503, /role="alert"/],
    ['number', 503, /role="alert"/],
    ['object', 503, /role="alert"/]
  ] as const) {
    const browser = new Browser()
    const login = await browser.get(`${url}/login`)
    t.match(
      await browser.submit(login, ({ fields }) => 'password' in fields, { email, password: 'x' }),
      { status, text },
      email
    )
    t.match((await browser.get(`${url}/account`)).url, '/login', email)
    t.equal(await people(), 0, email)
    t.equal((await census(server))['browserSession'], undefined, email)
  }
  const ann = new Browser()
  await ann.submit(
    await ann.get(`${url}/login`),
    ({ fields }) => 'password' in fields,
    { email: 'known', password: 'x' }
  )
  t.match((await ann.get(`${url}/account`)).url, '/account')
  t.equal(await people(), 1)
})

storageTest('when somebody authenticated counts where a service says so, and `null` is no answer (AC-40, AW-01)', async (t, start) => {
  const path = join(await folder(t), 'away.ts')
  await writeFile(path, `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
let ages = [null, 0]
export default { env: z.object({}), open: () => ({ title: 'Away',
  redirect: { providers: [{ id: 'away', label: 'Away' }],
    begin: async ({ callbackUrl, state }) => ({ url: callbackUrl + '?state=' + state, continuation: '' }),
    finish: async () => ({ subject: 'ann', authenticationAgeSeconds: ages.shift() }) } }) }`)
  const { url, app } = await start({ env: { AUTH_BACKEND: path } })
  const opened = async () => {
    const browser = new Browser()
    await browser.submit(await browser.get(`${url}/login`), ({ fields }) => fields['provider'] === 'away')
    t.match((await browser.get(`${url}/account`)).url, '/account')
    const sessions = await Array.fromAsync(app.storage.collection<{ provenAt?: number }>('browserSession').all())
    return sessions.filter(({ record }) => record.provenAt !== undefined).length
  }
  t.equal(await opened(), 0)
  t.equal(await opened(), 1)
})

storageTest('a password that is changed while it is checked opens nothing (LG-10)', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local' } })
  await signedUp(server, 'ann@example.com')
  const { password, accounts } = server.app.signIn.backends.get('local')!
  const { verify } = password!
  const signIn = async (given: string) => {
    const browser = new Browser()
    const fields = { email: 'ann@example.com', password: given }
    const answer = await browser.submit(await browser.get(`${server.url}/login`), ({ fields }) => 'password' in fields, fields)
    return { answer, at: (await browser.get(`${server.url}/account`)).url }
  }
  password!.verify = async (given) => {
    const answer = await verify.call(password, given)
    const { subject } = (await accounts!.find(parseEmail('ann@example.com')))!
    t.ok(await accounts!.changePassword(subject, { present: PASSWORD, next: `${PASSWORD} more` }))
    return answer
  }
  const { answer, at } = await signIn(PASSWORD)
  t.match(answer, { status: 400, text: /sign_in_expired/ })
  t.match(at, '/login')
  password!.verify = verify
  t.match((await signIn(`${PASSWORD} more`)).at, '/account')
})

t.test('an address that is too long or hides something is none, and then nobody has proven it', async (t) => {
  const [local, long] = ['@example.com', (length: number) => 'a'.repeat(length - 12) + '@example.com']
  const of = (email: string | undefined, emailVerified?: boolean) =>
    presentable({ subject: 's', ...(email !== undefined && { email }), ...(emailVerified !== undefined && { emailVerified }) })
  for (const email of [`ann${local}`, long(254)]) {
    for (const emailVerified of [true, false]) {
      t.same(of(email, emailVerified), { subject: 's', email, emailVerified })
    }
    t.same(of(email), { subject: 's', email })
  }
  for (const email of [long(255), `a\u200bnn${local}`, `ann\u202e${local}`, `ann${local}\u0000`, `a\u00adnn${local}`, undefined]) {
    t.same(
      of(email, true),
      { subject: 's' },
      JSON.stringify(email?.slice(0, 20))
    )
  }
  // Mail would go to both, and rules by domain would take the last for the address (AC-43).
  for (const several of ['bob@b.example,ann@example.com', 'bob@b.example;ann@example.com', 'bob@b.example，ann@example.com', 'x:bob@b.example', '"Ann" <bob@b.example>', 'bob@b.example ann@example.com', 'bob', 'a@b@c', '@example.com']) {
    t.same(of(several, true), { subject: 's' }, several)
  }
  for (const one of ["o'brien+x@example.com", 'ann_corp.com#EXT#@corp.example', 'ü@ü.example', ' Ann@Example.com']) {
    t.same(of(one, true), { subject: 's', email: one, emailVerified: true }, one)
  }
  t.same(
    presentable({ subject: 's', name: ' A\u202enn  B ' }),
    { subject: 's', name: 'Ann B' }
  )
  t.same(
    presentable({ subject: 's', name: '\u200b ' }),
    { subject: 's' }
  )
})
