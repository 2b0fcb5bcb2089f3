// Pages in Chromium: nothing that a page is given runs or changes its shape, and each is readable and accessible, in
// light and dark, wide and narrow.
import { readFileSync } from 'node:fs'
import Fastify, { type FastifyInstance } from 'fastify'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import t from 'tap'
import { languages as everyLanguage } from '../../../languages/index.ts'
import { launchChromium, openPage } from '../../helpers/chromium.ts'
import { inLanguage } from './in-language.ts'
import { examples, type Example } from './page-examples.ts'
import { PUBLIC, serve, mapStrings, MARKUP, isAddress, isFixed, hostile } from './serve.ts'

const INSPECT = readFileSync(new URL('../../helpers/inspect-page.js', import.meta.url), 'utf8')

const chromium = await launchChromium()

const withBrowser = { skip: chromium.missing ?? false }

t.teardown(() => chromium.browser?.close())

/**
 * Elements with the names of their attributes, and each address that is not http(s). Runs in
 * the browser, whose parser it asks.
 */
const SHAPE = `(html) => [...new DOMParser().parseFromString(html, 'text/html').querySelectorAll('*')].map((element) => {
  const addresses = [...element.attributes]
    .filter(({ name }) => ['href', 'src', 'action', 'formaction'].includes(name))
    .map(({ value }) => new URL(value, location.href).protocol)
  return element.localName + '[' + element.getAttributeNames() + ']' + addresses.filter((protocol) => !/^https?:/.test(protocol))
}).join('\\n')`

/** How wide the page is, and the words that do not fit into what is pressed. Runs in the page. */
const TOO_WIDE = `({
  language: document.documentElement.lang,
  page: document.documentElement.scrollWidth,
  clipped: [...document.querySelectorAll('button, a, summary')]
    .filter((each) => each.scrollWidth > each.clientWidth && each.clientWidth > 0)
    .map((each) => each.textContent.trim())
})`

const changed = (change: (example: Example) => Example): Record<string, Example> =>
  Object.fromEntries(Object.entries(examples).map(([name, example]) => [name, change(example)]))

/** Puts a page in place of the one before, whose headers stay: to go to it takes five times as long. */
async function show (page: Page, app: FastifyInstance, name: string, language = 'en'): Promise<void> {
  await page.setContent((await app.inject({ url: `/${name}`, headers: { 'accept-language': language } })).body)
}

const shapeOf = async (page: Page, app: FastifyInstance, name: string): Promise<string> =>
  page.evaluate<string>(`(${SHAPE})(${JSON.stringify((await app.inject(`/${name}`)).body)})`)

/** Long words without a place to break, of both directions. */
const long = (example: Example): Example =>
  mapStrings(example, (text, key) =>
    isFixed(example, key) || isAddress(text, key)
      ? text
      : `${text}${key === 'host' ? 'x'.repeat(180) + '.example' : 'W'.repeat(120) + ' \u202Eאבג'}`
  )

t.test(
  'the browser builds the same elements and attributes whatever the data says (AZ-23, AZ-24)',
  withBrowser,
  async (t) => {
    const page = await openPage(t, chromium.browser!)
    const plain = await serve(t, examples)
    await page.goto(`${await plain.listen({ port: 0, host: '127.0.0.1' })}/home`)
    const shapes = new Map<string, string>()
    for (const name of Object.keys(examples)) shapes.set(name, await shapeOf(page, plain, name))
    // All in one text: the first that is not escaped changes the shape, whatever follows it.
    const markup = MARKUP.slice(0, 4).join('')
    const app = await serve(t, changed((example) => hostile(example, markup)))
    for (const [name, shape] of shapes) {
      t.match(shape, /^body\[/m, name)
      t.equal(await shapeOf(page, app, name), shape, name)
    }
  }
)

t.test(
  'in a browser: labels, headings, landmarks, contrast, sizes, no sideways scrolling, nothing blocked by the policy',
  withBrowser,
  async (t) => {
    const identity = {
      SERVER_NAME: `Acme ${'W'.repeat(60)} אבג`,
      SERVER_COLOR: '6b21a8',
      SUPPORT_URL: 'https://acme.example/help',
      TERMS_URL: 'https://acme.example/terms'
    }
    const app = await serve(t, examples, PUBLIC, identity)
    const base = await app.listen({ port: 0, host: '127.0.0.1' })
    const longApp = await serve(t, changed(long), PUBLIC, identity)
    const phone = { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' } as const
    const [page, shown] = [await openPage(t, chromium.browser!, phone), await openPage(t, chromium.browser!, phone)]
    await shown.goto(`${base}/home`)
    await shown.evaluate(axe.source)
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('requestfailed', (request) => complaints.push(request.url()))
    for (const name of Object.keys(examples)) {
      await page.emulateMedia({ colorScheme: 'light' })
      await page.goto(`${base}/${name}`)
      // Browsers give autofocus its effect with the first frame, some time after the load event.
      if ((await page.locator('[autofocus]').count()) > 0) await page.locator('[autofocus]:focus').waitFor()
      t.strictSame(await page.evaluate<string[]>(INSPECT), [], `${name}, light`)
      // In the dark the colors alone differ: the contrast of texts and borders, which INSPECT measures.
      await page.emulateMedia({ colorScheme: 'dark' })
      t.strictSame(await page.evaluate<string[]>(INSPECT), [], `${name}, dark`)
      await show(shown, app, name)
      t.strictSame(
        await shown.evaluate<string[]>(
          'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))'
        ),
        [],
        `${name}: axe`
      )
      await show(shown, longApp, name)
      t.equal(await shown.evaluate<number>('document.documentElement.scrollWidth'), 360, `${name}: long words wrap`)
    }
    t.strictSame(complaints, [], 'the console is silent')
  }
)

t.test('an app with three scopes is allowed or denied without scrolling, on a laptop and on a phone, in every language', withBrowser, async (t) => {
  const page = await openPage(t, chromium.browser!)
  for (const language of everyLanguage) {
    const shown = changed((example) => inLanguage(example, language))
    const base = await (await serve(t, shown)).listen({ port: 0, host: '127.0.0.1' })
    await page.setExtraHTTPHeaders({ 'accept-language': language })
    for (const [width, height] of [[1280, 657], [390, 844]] as const) {
      await page.setViewportSize({ width, height })
      await page.goto(`${base}/consent`)
      t.equal(await page.evaluate<number>('document.documentElement.scrollHeight'), height, `${language} ${width} x ${height}`)
    }
  }
})

t.test('each page fits a phone in German, which is long, and in Japanese, which has no spaces', withBrowser, async (t) => {
  const page = await openPage(t, chromium.browser!, { viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' })
  for (const language of ['de', 'ja'] as const) {
    const shown = changed((example) => inLanguage(example, language))
    const app = await serve(t, shown)
    await page.goto(`${await app.listen({ port: 0, host: '127.0.0.1' })}/home`)
    for (const name of Object.keys(shown)) {
      await show(page, app, name, language)
      t.strictSame(await page.evaluate(TOO_WIDE), { language, page: 390, clipped: [] }, `${name}, ${language}`)
    }
  }
})

t.test('on a longer page the buttons of the consent stay in sight', withBrowser, async (t) => {
  const base = await (await serve(t, examples)).listen({ port: 0, host: '127.0.0.1' })
  const page = await openPage(t, chromium.browser!, { viewport: { width: 390, height: 500 }, javaScriptEnabled: false })
  for (const name of ['consent-less', 'consent-registered', 'consent-document']) {
    await page.goto(`${base}/${name}`)
    t.ok(await page.evaluate<boolean>('document.documentElement.scrollHeight > innerHeight'))
    for (const button of ['Allow', 'Deny']) {
      const { y, height } = (await page.getByRole('button', { name: button, exact: true }).boundingBox())!
      t.ok(y > 0 && y + height <= 500, `${name}: ${button} at ${y}`)
    }
  }
})

t.test('a person without scripts takes away what they tick, and the rest is given', withBrowser, async (t) => {
  const app = await serve(t, examples)
  let posted = ''
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.post('/consent', async (request) => (posted = request.body as string))
  const base = await app.listen({ port: 0, host: '127.0.0.1' })
  const page = await openPage(t, chromium.browser!, { javaScriptEnabled: false })
  await page.goto(`${base}/consent`)
  await page.getByText('Allow less').click()
  await page.getByLabel('Read only').check()
  await page.getByLabel('Delete a note').check()
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  t.equal(
    posted,
    'read_only=yes&without.delete_note=yes&interaction=q3Zk0vX1cN8&decision=allow'
  )
})

t.test(
  'pressing Allow takes the browser on to another site, and our form says where it came from (LG-21, pain 7)',
  withBrowser,
  async (t) => {
    const client = Fastify()
    t.teardown(() => client.close())
    client.get('/callback', (request) => ({ arrived: request.query, referer: request.headers.referer ?? null }))
    const callback = `${await client.listen({ port: 0, host: '127.0.0.1' })}/callback?code=c`
    const app = await serve(t, examples)
    const posted: Array<{ origin: string | undefined; body: string }> = []
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body)
    )
    app.post('/consent', (request, reply) => {
      posted.push({ origin: request.headers.origin, body: request.body as string })
      return reply.redirect(callback, 303)
    })
    const base = await app.listen({ port: 0, host: '127.0.0.1' })
    const page = await openPage(t, chromium.browser!, { javaScriptEnabled: false })
    for (const [button, decision] of [
      ['Allow', 'allow'],
      ['Deny', 'deny']
    ] as const) {
      await page.goto(`${base}/consent`)
      await page.getByRole('button', { name: button, exact: true }).click()
      await page.waitForURL(callback)
      t.strictSame(posted.pop(), { origin: base, body: `interaction=q3Zk0vX1cN8&decision=${decision}` }, button)
      t.match(
        await page.textContent('body'),
        '"referer":null',
        'the address of the consent page does not leave the site'
      )
    }
  }
)

t.test('no other page can frame ours (LG-01)', withBrowser, async (t) => {
  const base = await (await serve(t, examples)).listen({ port: 0, host: '127.0.0.1' })
  const attacker = Fastify()
  t.teardown(() => attacker.close())
  attacker.get('/', (_request, reply) => reply.type('text/html').send(`<iframe src="${base}/consent"></iframe>`))
  const page = await openPage(t, chromium.browser!)
  await page.goto(await attacker.listen({ port: 0, host: '127.0.0.1' }))
  t.equal(await page.frames()[1]!.locator('form').count(), 0)
})
