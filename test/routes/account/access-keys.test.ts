// Access keys on the account page: made after fresh proof, shown once, revoked with one button, for no one else.
import { Writable } from 'node:stream'
import { Browser, type Page } from '../../helpers/browser.ts'
import { demoPerson, keyFor } from '../../helpers/access-keys.ts'
import { ping } from '../../helpers/oauth.ts'
import { place, smtp } from '../../helpers/sign-in-methods.ts'
import { storageTest } from '../../helpers/storages.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'

const KEY = /mcp_key_[0-9A-Za-z]{54}/
const isForm = ({ action }: { action: string }) => action === '/account/keys'

/** From the account page to the answer that shows the key. */
async function makeKey (browser: Browser, url: string, fields: Record<string, string> = {}): Promise<Page> {
  const form = await browser.get(`${url}/account/keys`)
  return browser.submit(form, isForm, { name: 'n8n', ...fields })
}

storageTest('a key is made on a page, shown once, used, and revoked with one button (AK-02, AK-04)', async (t, start) => {
  const lines: string[] = []
  const logTo = new Writable({
    write (line, _encoding, done) {
      lines.push(String(line))
      done()
    }
  })
  const server = await start({ logTo, env: { LOG_LEVEL: 'trace' } })
  const { url, app } = server
  const { browser, id: userId } = await demoPerson(server)
  t.match(
    (await browser.get(`${url}/account`)).text,
    /href="\/account\/keys"/
  )
  const shown = await makeKey(browser, url, { scope: 'write', name: 'n8n\u202e <b>here</b>' })
  t.equal(shown.status, 200)
  t.equal(shown.headers.get('cache-control'), 'no-store')
  t.notMatch(shown.url, 'mcp_key_')
  const [key] = KEY.exec(shown.text)!
  t.match(shown.text, /n8n &lt;b&gt;here&lt;\/b&gt;/)

  t.equal(await ping(url, key), 200)
  for (let tries = 0; tries < 200 && !(await app.accessKeys.listByUser(userId))[0]!.lastUse; tries++) await ping(url, key)
  const account = await browser.get(`${url}/account`)
  t.notMatch(account.text, key, 'it is not shown again')
  t.match(
    account.text,
    /Last used<\/dt><dd><time datetime="\d{4}-\d\d-\d\dT\d\d:\d\d/
  )
  t.match(account.text, '127.0.0.1')
  t.match(account.text, /Access key n8n .*was created/)
  const list = await browser.get(`${url}/account/keys.json`)
  t.match(
    JSON.parse(list.text),
    { keys: [{ name: 'n8n <b>here</b>', scopes: ['mcp:read', 'mcp:write'], address: '127.0.0.1' }] }
  )
  t.notMatch(list.text, key.slice(24))
  t.notMatch(list.text, 'hash')

  const after = await browser.submit(account, ({ action }) => action === '/account/keys/revoke')
  t.match(after.url, `${url}/account?notice=`)
  t.match(after.text, 'Revoked n8n')
  t.equal(await ping(url, key), 401, 'at the next request')
  t.match(
    (await app.audit.ofUser(userId, 9)).map(({ event }) => event),
    ['key_revoked', 'key_created']
  )
  await app.close()
  t.ok(lines.length > 5)
  t.notMatch(
    lines.join(''),
    key.slice(24, 56),
    'no line of the log has it'
  )
})

storageTest('what is typed wrong is explained, and makes nothing', async (t, start) => {
  const server = await start()
  const { browser, id } = await demoPerson(server)
  for (const [fields, text] of [
    [{ name: '' }, /Give the key a name/],
    [{ name: '\u202e\u200b' }, /Give the key a name/],
    [{ days: '0' }, /days from 1 to 366/],
    [{ days: '367' }, /days from 1 to 366/],
    [{ days: '1e2' }, /days from 1 to 366/],
    [{ days: '' }, /days from 1 to 366/]
  ] as const) {
    t.match(
      await makeKey(browser, server.url, fields),
      { status: 400, text },
      JSON.stringify(fields)
    )
  }
  t.match(await makeKey(browser, server.url, { days: '900', name: 'CI', scope: 'write' }), {
    text: /value="CI"[\s\S]*value="write" checked[\s\S]*value="900"/
  })
  t.same(await server.app.accessKeys.listByUser(id), [])
  const made = await makeKey(browser, server.url, { scope: 'mcp:admin' })
  t.equal(made.status, 200)
  t.match(
    await server.app.accessKeys.listByUser(id),
    [{ scopes: ['mcp:read'], backend: 'demo' }],
    'no more than asked'
  )
})

storageTest('without fresh proof, a session or its own form nothing is made, and the owner is told of a key (AK-09)', async (t, start) => {
  const { url, app, clock, person, address, userOf } = await place(t, start)
  const ann = address()
  const browser = await person(ann)
  const { id } = await userOf(ann)
  const page = await browser.get(`${url}/account/keys`)
  const { token } = page.forms.find(isForm)!.fields
  const fields = { token: token!, name: 'n8n', scope: 'read', days: '90' }
  const make = (more: Record<string, string> = {}, by = browser) => by.post(`${url}/account/keys`, { ...fields, ...more })

  clock.now += 301
  t.match(await make(), { status: 200, text: /Confirm that it is you/ })
  const asked = await browser.get(`${url}/account/keys`)
  t.match(asked, { status: 200, text: /Confirm that it is you/ })
  t.equal(
    (await make({ token: 'x' })).status,
    400,
    "another session's form"
  )
  t.equal((await make({}, new Browser())).status, 400, 'no session')
  t.match(
    (await new Browser().get(`${url}/account/keys`)).url,
    '/login'
  )
  t.match(
    (await new Browser().get(`${url}/account/keys.json`)).url,
    '/login'
  )
  t.same(await app.accessKeys.listByUser(id), [], 'nothing was made')

  const proven = await browser.submit(asked, ({ fields }) => 'password' in fields, { password: PASSWORD })
  t.equal(proven.url, `${url}/account/keys`, 'back to the form')
  const sent = smtp.messages.length
  t.match(
    (await browser.submit(proven, isForm, { name: 'n8n' })).text,
    KEY
  )
  for (let tries = 0; tries < 100 && smtp.messages.length === sent; tries++) await app.mail.idle()
  t.match(
    smtp.messages.slice(sent),
    [{ to: ann, text: /An access key was created[\s\S]*named "n8n"/ }]
  )
  t.notMatch(smtp.messages.at(-1)!.text, KEY)
})

storageTest('a person sees and revokes their own keys alone (AK-09)', async (t, start) => {
  const server = await start()
  const { url } = server
  const [ann, bob] = [await demoPerson(server), await demoPerson(server)]
  const { secret, id } = await keyFor(server, ann.id, { name: 'Of Ann' })
  const page = await bob.browser.get(`${url}/account`)
  t.notMatch(page.text, 'Of Ann')
  const { token } = page.forms.find(({ action }) => action === '/account/sign-out-everywhere')!.fields
  t.match(
    await bob.browser.post(`${url}/account/keys/revoke`, { token: token!, key: id }),
    { status: 400 }
  )
  t.equal(await ping(url, secret), 200)
  t.same(
    JSON.parse((await bob.browser.get(`${url}/account/keys.json`)).text),
    { keys: [] }
  )
})

storageTest('signing out everywhere revokes the keys where the person ticks that, and keeps them otherwise', async (t, start) => {
  const server = await start()
  const { url } = server
  const { browser, id } = await demoPerson(server)
  const { secret } = await keyFor(server, id)
  const leave = async (by: Browser, fields = {}) =>
    by.submit(await by.get(`${url}/account`), ({ action }) => action === '/account/sign-out-everywhere', fields)
  t.match(
    (await browser.get(`${url}/account`)).text,
    /Revoke the access key/
  )
  t.match(
    await leave(browser),
    { status: 200, text: /Access keys still work/ }
  )
  t.equal(await ping(url, secret), 200)
  const other = await demoPerson(server)
  const ended = await keyFor(server, other.id)
  t.match(
    await leave(other.browser, { keys: 'end' }),
    { status: 200, text: /The access keys are revoked/ }
  )
  t.equal(await ping(url, ended.secret), 401)
  t.equal(await ping(url, secret), 200, 'nobody else')
})

storageTest('a session that ends while its form is read makes no key (AK-09)', async (t, start) => {
  const server = await start()
  const { url, app } = server
  const { browser, id } = await demoPerson(server)
  const form = await browser.get(`${url}/account/keys`)
  const { methods, lifecycle } = app.signIn
  const { isFresh } = methods
  methods.isFresh = async (request) => {
    const fresh = await isFresh(request)
    await lifecycle.signOutEverywhere(id)
    return fresh
  }
  const answer = await browser.submit(form, isForm, { name: 'n8n' })
  t.match(answer, { status: 403, text: /access_denied/ })
  t.same(await app.accessKeys.listByUser(id), [])
})
