// A client that has gone before anything could be known of it: what it asked for is recorded and told all the same.
import { sendAndGo } from '../helpers/gone-client.ts'
import { place, smtp } from '../helpers/sign-in-methods.ts'
import { storageTest } from '../helpers/storages.ts'
import { until } from '../helpers/until.ts'

storageTest(
  'a sign-in method that is added by somebody who goes at once is in the audit log, and the owner is told (OW-48)',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, events } = await place(t, start)
    const ann = address()
    const [browser, sent] = [await person(ann), smtp.messages.length]
    const { id } = await userOf(ann)
    const question = await enter(browser, await begin(browser), 'thief')
    sendAndGo(url, [
      'POST /account/sign-in/add HTTP/1.1',
      `origin: ${url}`,
      `cookie: ${[...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')}`,
      'content-type: application/x-www-form-urlencoded'
    ], new URLSearchParams(question.forms[0]!.fields).toString())
    t.ok(await until(async () => (await app.signIn.lifecycle.find(id))!.identities.length === 2), 'it was added')
    t.ok(await until(async () => (await events(id)).includes('account_changed way added')), 'and is recorded')
    await app.mail.idle()
    t.match(smtp.messages.slice(sent), [{ to: ann, text: /A sign-in method was added[^]*Second/ }])
  }
)
