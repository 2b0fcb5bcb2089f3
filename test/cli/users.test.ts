// npm run users: what an operator does while the server runs, on SQLite
// and on Redis. Each command is held to what it
// did, not to what it printed.
import { parseEmail } from '../../auth-backends/contract.ts'
import { commands, runUserCommand } from '../../cli/user-commands.ts'
import { loadConfig } from '../../config/index.ts'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Test } from 'tap'
import { Browser } from '../helpers/browser.ts'
import { newClient, ping, post, tokensFor, walk } from '../helpers/oauth.ts'
import { storageTest, type Start } from '../helpers/storages.ts'
import { command } from '../helpers/commands.ts'
import { until } from '../helpers/until.ts'

const PASSWORD = 'eleven quiet otters 42'
const NEXT = 'seven loud badgers 17'

async function place (_t: Test, start: Start, more: Record<string, string> = {}) {
  const server = await start({ env: { SIGNUP: 'invite' } })
  const { url, app } = server
  const { redisUrl, secretKeys } = server.config
  const env = {
    PUBLIC_URL: url,
    DATA_DIR: server.dataDir,
    DOCS_DIR: join(server.dataDir, 'no-documents'),
    ...(redisUrl && { REDIS_URL: redisUrl, SECRET_KEY: secretKeys.join() })
  }
  const runOf = (file: string, more: Record<string, string> = {}) => (...words: string[]) => command(file, { ...env, ...more }, words)
  const run = runOf('users')
  const users = async (name: string, ...words: string[]) =>
    (await runUserCommand(await loadConfig({ ...env, ...more, LOG_LEVEL: 'error' }), commands[name]!, ...words)).trim()
  const local = app.signIn.backends.get('local')!
  const signUp = async (email: string, browser = new Browser()) => {
    await browser.submit(
      await browser.get(`${url}/signup?invite=${await app.signIn.invitations.invite()}`),
      ({ action }) => action === '/signup',
      { email, password: PASSWORD }
    )
    return browser
  }
  const isIn = async (browser: Browser) => (await browser.get(`${url}/account`)).url === `${url}/account`
  const everybody = () => Array.fromAsync(app.signIn.lifecycle.all())
  return { ...server, run, runOf, users, local, signUp, isIn, everybody }
}

storageTest('list, lock, unlock', async (t, start) => {
  const { url, app, run, users, everybody } = await place(t, start)
  const client = await newClient(url)
  const browser = new Browser()
  const { form } = await walk(url, client, {}, browser)
  const { access_token: access, refresh_token: refresh } = (await post(`${url}/token`, form)).body as Record<
    string,
    string
  >
  const bystander = await tokensFor(url, client)
  const {
    user: { id }
  } = (await app.grants.verifyAccessToken(access!))!
  t.equal((await run('list')).stderr, 'id\taddress\tname\tsign-in methods\tstate\tlast sign-in\tgroups\n')
  t.match((await run('list')).stdout, new RegExp(`^${id}\t-\tDemo user .*\tdemo\topen\t`, 'm'))
  t.equal((await users('list')).split('\n').length, 2)
  t.equal((await everybody()).length, 2, 'a look changes nobody')

  await users('lock', id)
  t.equal((await app.signIn.lifecycle.find(id))!.locked, true)
  t.equal(await ping(url, access!), 401, 'at once, in the server that runs')
  t.equal((await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh })).status, 400)
  t.match((await browser.get(`${url}/account`)).url, '/login')
  const enter = async () =>
    browser.submit(await browser.get(`${url}/login`), ({ fields }) => fields['backend'] === 'demo')
  t.equal((await enter()).status, 403)
  t.match(await users('list'), new RegExp(`^${id}\t.*\tlocked\t`, 'm'))
  t.equal(await ping(url, bystander.access), 200, 'nobody else')

  await users('unlock', id)
  t.notOk((await app.signIn.lifecycle.find(id))!.locked)
  t.equal((await enter()).status, 200, 'the person can come in again')
  t.equal(await ping(url, access!), 401, 'what was ended stays so')
  t.match(
    (await app.audit.ofUser(id, 20)).map(({ event }) => event).filter((event) => event.endsWith('lock')),
    ['unlock', 'lock']
  )
})

storageTest('group: what the operator says counts at the next request of the server that runs', async (t, start) => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-groups-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const ACCESS = join(folder, 'access.json')
  await writeFile(ACCESS, JSON.stringify({ groups: { finance: [] }, rules: [] }))
  const { url, app, users, everybody } = await place(t, start, { ACCESS })
  const tokens = await tokensFor(url, await newClient(url))
  const { id } = (await everybody())[0]!
  const groups = async () => (await app.grants.verifyAccessToken(tokens.access))!.user.groups
  const becomes = async (expected: string[]) => t.ok(await until(async () => isDeepStrictEqual(await groups(), expected)), expected.join())
  t.same(await groups(), [])

  t.notMatch(await users('group', 'add', id, 'finance'), 'Warning')
  await becomes(['finance'])
  t.match(await users('group', 'add', id, 'finanse'), /Warning: .*access\.json declares no such group/)
  await becomes(['finance', 'finanse'])
  t.equal((await users('group', 'list', id)), `${id}\t-\tfinance\toperator\n${id}\t-\tfinanse\toperator`)
  t.match(await users('list'), /\tfinance, finanse$/)
  await users('group', 'remove', id, 'finance')
  await users('group', 'remove', id, 'finanse')
  await becomes([])
  t.equal(await users('group', 'list'), '')
  t.notOk('groups' in (await everybody())[0]!)
  t.same(
    (await app.audit.ofUser(id, 20)).flatMap(({ event, reason }) => (event === 'account_changed' ? [reason] : [])),
    ['group removed', 'group removed', 'group added', 'group added']
  )

  const before = await everybody()
  const refused: Array<[string[], RegExp]> = [
    [['add', 'nobody@example.com', 'finance'], /No one has the id or address/],
    [['add', id], /Name the group/],
    [['add', id, ' '], /1 to 200 characters/],
    [['add', id, 'x'.repeat(201)], /1 to 200 characters/],
    [['add', id, '@example.com'], /no @, ! or \*/],
    [['add', id, 'everyone'], /not a group/],
    [['add', id, 'two', 'words'], /group add/],
    [['remove', id, 'finance'], /was not put in finance/],
    [['join', id, 'finance'], /group add/],
    [[], /group add/]
  ]
  for (const [words, message] of refused) {
    await t.rejects(users('group', ...words), { name: 'OperatorError', message }, words.join(' '))
  }
  t.same(await everybody(), before, 'a refusal changes nobody')
})

storageTest('invite: one person comes in by the link, once', async (t, start) => {
  const { url, users, isIn, everybody } = await place(t, start)
  const link = await users('invite')
  const second = await users('invite')
  t.not(link, second)
  const browser = new Browser()
  const page = await browser.get(link)
  const form = { email: 'ann@example.com', password: PASSWORD }
  await browser.submit(page, ({ action }) => action === '/signup', form)
  t.equal(await isIn(browser), true)
  t.equal((await new Browser().get(link)).status, 403, 'spent')
  t.equal((await new Browser().get(second)).status, 200, 'the other is not')
  t.equal((await everybody()).length, 1)
  t.equal((await new Browser().get(`${url}/signup`)).status, 403)
})

storageTest('reset: the link sets a password, and shows nothing of a mailbox', async (t, start) => {
  const { users, local, signUp, isIn, everybody } = await place(t, start)
  const browser = await signUp('ann@example.com')
  const [first, second] = [await users('reset', ' ANN@example.com'), await users('reset', 'ann@example.com')]
  t.equal(await isIn(browser), true, 'a link alone changes nothing')
  t.match(await local.password!.verify({ identifier: 'ann@example.com', password: PASSWORD }), {
    email: 'ann@example.com'
  })
  const other = new Browser()
  await other.submit(await other.get(second), () => true, { password: NEXT })
  t.equal(await local.password!.verify({ identifier: 'ann@example.com', password: PASSWORD }), null)
  t.match(await local.password!.verify({ identifier: 'ann@example.com', password: NEXT }), { email: 'ann@example.com' })
  t.match(await local.accounts!.find(parseEmail('ann@example.com')), { verified: false })
  t.equal((await everybody())[0]!.emailVerified, undefined)
  t.equal(await isIn(browser), false)
  t.equal((await other.get(first)).status, 400, 'the other link is void')
})

storageTest('reset takes an id as well, and says whose password is somewhere else', async (t, start) => {
  const { url, users, signUp, everybody } = await place(t, start)
  await signUp('ann@example.com')
  const { id } = (await everybody())[0]!
  const browser = new Browser()
  t.equal((await browser.submit(await browser.get(await users('reset', id)), () => true, { password: NEXT })).status, 200)
  await walk(url, await newClient(url))
  const demo = (await everybody()).find(({ backend }) => backend === 'demo')!
  await t.rejects(users('reset', demo.id), { name: 'OperatorError', message: /has no password here: demo decides/ })
  await t.rejects(users('reset', 'nobody'), { name: 'OperatorError', message: /No one has the id or address nobody/ })
})

storageTest('with a storage where no server has run, every command stops and makes nothing', async (t, start) => {
  const { config: { redisUrl }, dataDir, runOf } = await place(t, start)
  const elsewhere = join(dataDir, 'elsewhere')
  const more = { DATA_DIR: elsewhere, ...(redisUrl && { REDIS_URL: `${redisUrl}elsewhere:` }) }
  const commandLines = [['users', 'list'], ['users', 'invite'], ['audit'], ['backup', join(dataDir, 'copy')]]
  for (const [file, ...words] of commandLines) {
    t.match(await runOf(file!, more)(...words), { status: 1, stdout: '', stderr: /No server has stored anything in .*Set DATA_DIR or REDIS_URL/ }, `${file} ${words.join(' ')}`)
  }
  t.notOk(existsSync(elsewhere))
})

storageTest('delete: the person, their account, grants and sessions', async (t, start) => {
  const { url, users, local, signUp, isIn, everybody, app } = await place(t, start)
  const [browser, bystander] = [await signUp('ann@example.com'), await signUp('bob@example.com')]
  const { form } = await walk(url, await newClient(url), {}, browser)
  const access = (await post(`${url}/token`, form)).body['access_token'] as string
  await users('delete', 'ann@example.com')
  t.match(
    (await everybody()).map(({ email }) => email),
    ['bob@example.com']
  )
  t.equal(await local.accounts!.find(parseEmail('ann@example.com')), undefined)
  t.equal(await local.password!.verify({ identifier: 'ann@example.com', password: PASSWORD }), null)
  t.same([await ping(url, access), await isIn(browser), await isIn(bystander)], [401, false, true])
  t.equal((await Array.fromAsync(app.storage.collection('grant').all())).length, 0)
})

storageTest('what names nobody, or nothing, changes nothing and ends with 1', async (t, start) => {
  const { app, run, runOf, users, signUp, everybody } = await place(t, start)
  await signUp('ann@example.com')
  for (const words of [['--user', 'nobody'], ['--user', 'nobody@example.com'], ['--attempt', 'none']]) {
    t.match(await runOf('audit')(...words), { status: 1, stdout: '', stderr: /^No (?:stored event is of|one has the address) (?:nobody|none)/ })
  }
  await app.audit.flush()
  t.match((await runOf('audit')('--user', ' ANN@example.com')).stdout, '"event":"sign_in"')
  const before = await everybody()
  for (const [name, who] of [
    ['lock', 'ann@example'],
    ['unlock'],
    ['delete', '*'],
    ['reset', 'nobody@example.com'],
    ['reset']
  ] as const) {
    await t.rejects(users(name, ...(who === undefined ? [] : [who])), { name: 'OperatorError' }, `${name} ${who}`)
  }
  for (const words of [['lock', 'ann@example'], ['nonsense'], ['__proto__']]) t.equal((await run(...words)).status, 1, words.join(' '))
  t.same(await everybody(), before)
})
