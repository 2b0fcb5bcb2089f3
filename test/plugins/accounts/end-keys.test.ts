// What a new password, and the removal of a sign-in method, do to the access keys of a person.
import { randomUUID } from 'node:crypto'
import { Browser } from '../../helpers/browser.ts'
import { keyFor } from '../../helpers/access-keys.ts'
import { ping } from '../../helpers/oauth.ts'
import { place, smtp, yes } from '../../helpers/sign-in-methods.ts'
import { storageTest } from '../../helpers/storages.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'

const NEXT = 'seven loud badgers 17'

/** The page behind the link for a new password. */
async function resetPage (server: Awaited<ReturnType<typeof place>>, email: string) {
  const browser = new Browser()
  const sent = smtp.messages.length
  await browser.submit(
    await browser.get(`${server.url}/password/forgot`),
    ({ fields }) => 'email' in fields,
    { email }
  )
  return { browser, page: await browser.get((await server.linkTo(email, sent))!) }
}

storageTest('a new password by a link revokes the keys, unless the person unticks it (AK-11)', async (t, start) => {
  const server = await place(t, start)
  const { url, app, person, address, userOf } = server
  for (const [keeps, text, status] of [
    [true, /Access keys still work/, 200],
    [false, /The access keys are revoked/, 401]
  ] as const) {
    const ann = address()
    await person(ann)
    const { id } = await userOf(ann)
    const { secret } = await keyFor(server, id)
    const { browser, page } = await resetPage(server, ann)
    t.match(page.text, /name="keys" value="end" checked/)
    const form = page.forms.find(({ action }) => action === '/password/reset')!
    const { keys: _, ...without } = form.fields
    const answer = await browser.post(`${url}/password/reset`, { ...(keeps ? without : form.fields), password: NEXT })
    t.match(answer, { status: 200, text })
    t.equal(await ping(url, secret), status)
    const revoked = (await app.audit.ofUser(id, 20)).filter(({ event }) => event === 'key_revoked')
    t.equal(revoked.length, keeps ? 0 : 1)
  }
})

storageTest('of an account whose address was never verified no key stays (AK-11)', async (t, start) => {
  const server = await start({ env: { SIGNUP: 'open' } })
  const { url, app } = server
  const email = `${randomUUID()}@example.org`
  const browser = new Browser()
  const page = await browser.get(`${url}/signup`)
  await browser.submit(
    page,
    ({ action }) => action === '/signup',
    { email, password: PASSWORD }
  )
  const { id } = (await Array.fromAsync(app.signIn.lifecycle.all())).find((user) => user.email === email)!
  const { secret } = await keyFor(server, id)
  const reset = await browser.get((await app.accounts.issueResetLink(email))!)
  const answer = await browser.submit(reset, ({ action }) => action === '/password/reset', { password: NEXT })
  t.match(
    answer,
    { status: 200, text: /The access keys are revoked/ }
  )
  t.equal(await ping(url, secret), 401)
})

storageTest('a removed sign-in method takes the keys along that were made through it, and no others (AK-11)', async (t, start) => {
  const server = await place(t, start)
  const { url, app, person, address, userOf, begin, enter } = server
  const ann = address()
  const browser = await person(ann)
  const { id } = await userOf(ann)
  await enter(browser, await begin(browser), 'extra').then((question) => yes(browser, question))
  const extra = (await app.signIn.lifecycle.find(id))!.identities.find(({ backend }) => backend !== 'local')!
  const asked = { userId: id, name: 'n', scopes: ['mcp:read'], days: 1 }
  const through = await app.accessKeys.create({ ...asked, backend: extra.backend })
  const own = await app.accessKeys.create({ ...asked, backend: 'local' })
  const byOperator = await app.accessKeys.create(asked)
  await app.signIn.lifecycle.removeSignInMethods(
    id,
    ({ backend }) => backend === extra.backend
  )
  t.equal(await ping(url, through.secret), 401)
  t.equal(await ping(url, own.secret), 200)
  t.equal(await ping(url, byOperator.secret), 200)
})
