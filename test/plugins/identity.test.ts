// Whose server it is: a walk over everything that says or shows it. Each page, template and document is found, not listed, so a
// new one is covered.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import PostalMime from 'postal-mime'
import t from 'tap'
import { paths } from '../../paths.ts'
import identity from '../../plugins/identity.ts'
import { messagesOf } from '../../languages/catalogue.ts'
import { english } from '../../languages/index.ts'
import { renderMail, type MailName } from '../../plugins/mail/templates.ts'
import { identityOf } from '../helpers/identity.ts'
import { mcpClient } from '../helpers/mcp.ts'
import { withRoutes } from '../helpers/route-table.ts'
import { startServer } from '../helpers/server.ts'
import { startSmtp } from '../helpers/smtp.ts'
import { authorization, CHATGPT, concrete, fields, isPage, person, send, stranger } from '../helpers/visitors.ts'
import { examples } from './pages/page-examples.ts'
import { serve } from './pages/serve.ts'

const VIEWS = new URL('../../views/', import.meta.url)
const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8"/></svg>'
const FIXED = /MCP OAuth Server/i
const NAME = 'Acme & Söhne <b>Docs</b>'
const ON_PAGE = 'Acme &amp; Söhne &lt;b&gt;Docs&lt;/b&gt;'
const LINKS = { support: 'https://acme.example/help', privacy: 'https://acme.example/privacy/', terms: 'https://acme.example/terms?a=1&b=2' }

const folder = await mkdtemp(join(tmpdir(), 'mcp-logo-'))
const smtp = await startSmtp()
t.teardown(async () => {
  await smtp.stop()
  await rm(folder, { recursive: true, force: true })
})
await writeFile(join(folder, 'logo.svg'), LOGO)
const env = {
  SERVER_NAME: NAME,
  SERVER_LOGO: join(folder, 'logo.svg'),
  SERVER_COLOR: '6b21a8',
  SERVER_INSTRUCTIONS: 'Answer in French.',
  SUPPORT_URL: LINKS.support,
  PRIVACY_URL: LINKS.privacy,
  TERMS_URL: LINKS.terms
}

/**
 * What every page has, whatever else it shows. @returns what is missing or should not be
 * there.
 */
function wrongWith (html: string): string[] {
  const [head = '', foot = ''] = [/<header[\s\S]*<\/header>/.exec(html)?.[0], /<footer[\s\S]*<\/footer>/.exec(html)?.[0]]
  return [
    ...(FIXED.test(html) ? ['still says the fixed words'] : []),
    ...(html.includes(NAME) ? ['the name is not escaped'] : []),
    ...(new RegExp(`<title>(?:[^<]+ – )?${ON_PAGE}</title>`).test(html) ? [] : ['the title has no name']),
    ...(head.includes(`<bdi>${ON_PAGE}</bdi>`) ? [] : ['the header has no name']),
    ...(/<img class="logo" src="[^"]+" alt="">/.test(head) ? [] : ['the header has no logo']),
    ...(html.includes('%230d6354') || html.includes('<svg class="mark"') ? ['shows the built-in mark'] : []),
    ...Object.values(LINKS).filter((link) => !foot.includes(`href="${link.replace('&', '&amp;')}"`)).map((link) => `no link to ${link}`)
  ]
}

t.test('every page that a template makes shows the name, the logo and the links', async (t) => {
  const app = await serve(t, examples, 'https://mcp.example.com', env)
  for (const name of Object.keys(examples)) t.same(wrongWith((await app.inject(`/${name}`)).body), [], name)
  const shown = new Set(Object.values(examples).map(({ view }) => `${view}.eta`))
  for (const file of (await readdir(VIEWS)).filter((name) => name.endsWith('.eta') && !shown.has(name))) {
    t.notMatch(
      await readFile(new URL(file, VIEWS), 'utf8'),
      /layout\('\.\/layout'/,
      `${file} is a part of pages, or lacks an example`
    )
  }
})

t.test('every template speaks of the server by its name or not at all', async (t) => {
  for (const file of await readdir(VIEWS, { recursive: true })) {
    if (file.endsWith('.eta')) t.notMatch(await readFile(new URL(file, VIEWS), 'utf8'), FIXED, file)
  }
})

t.test('a server with a name of its own says it everywhere', async (t) => {
  const { server, routes } = await withRoutes(() =>
    startServer(t, { env: { ...env, SMTP_URL: smtp.url, MAIL_FROM: 'mcp@example.com' } })
  )
  const { url, app } = server

  t.test('every route of the pages, for a stranger and for a person who is signed in', async (t) => {
    const visitors = [await stranger(server), await person(server)]
    let pages = 0
    for (const route of routes.filter((route) => isPage(route) && !/sign-out|delete|logout|switch/.test(route.url))) {
      for (const visitor of visitors) {
        const given = fields(visitor)
        const answer = await send(
          server,
          { ...route, url: concrete(route.url, 'tides.md') },
          {
            cookie: visitor.cookie,
            ...(route.method === 'GET' ? { query: { ...authorization(CHATGPT), ...given } } : { form: given, headers: { origin: server.config.publicUrl } })
          }
        )
        if (!String(answer.headers['content-type']).startsWith('text/html')) continue
        pages++
        t.same(wrongWith(answer.body), [], `${route.method} ${route.url}`)
      }
    }
    t.ok(pages > 30, `${pages} pages`)
    t.same(
      wrongWith((await send(server, { method: 'GET', url: '/nothing-here' })).body), [],
      'the page of an error'
    )
  })

  t.test('the home page begins with whose server it is', async (t) => {
    const page = await send(server, { method: 'GET', url: paths.home })
    t.match(page.body, `<main>\n<h1><bdi>${ON_PAGE}</bdi></h1>`)
    t.match(page.body, 'claude mcp add --transport http <span>acme-s-hne-b-docs-b</span> ')
    const program = await send(server, { method: 'GET', url: paths.home }, { headers: { accept: 'application/json' } })
    t.match(JSON.parse(program.body), { name: 'mcp-oauth-server', title: NAME })
  })

  t.test('every message, in its subject, its sender, its text and its end', async (t) => {
    const templates = [...messagesOf('en').keys()].flatMap((key) => /^mail\.(.+)\.subject$/.exec(key)?.[1] ?? []) as MailName[]
    const about = { name: app.identity.name, server: app.issuer }
    const data = { ...about, link: 'https://x', forgotUrl: 'https://x', title: 'X', titles: 'X', app: 'X', host: 'X', loopback: 'no', organization: 'X', key: 'X', ends: 'X', until: 'X', factor: 'X', rights: '- X' } as const
    for (const [index, template] of templates.entries()) {
      app.mail.send({ to: `ann${index}@example.com`, purpose: 'notice', ...renderMail(english, template, data) })
    }
    while (smtp.messages.length < templates.length) {
      await app.mail.idle()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    for (const { raw, to } of smtp.messages) {
      const template = templates[Number(/\d+/.exec(to)![0])]!
      const { from, subject, text: body = '' } = await PostalMime.parse(raw)
      t.notMatch(`${subject} ${body}`, FIXED, template)
      t.same(from, { name: NAME, address: 'mcp@example.com' }, `${template}: the sender`)
      t.ok(subject!.endsWith(` - ${NAME}`), `${template}: the subject`)
      t.ok(body.slice(0, body.indexOf('\n-- \n')).includes(`${NAME} (${app.issuer})`), `${template}: the text`)
      t.ok(body.trimEnd().endsWith(
        `\n-- \n${NAME}\n${app.issuer}\nSupport: ${LINKS.support}\nPrivacy: ${LINKS.privacy}\nTerms: ${LINKS.terms}`
      ), `${template}: its end`)
    }
  })

  t.test('the documents that clients read', async (t) => {
    for (const route of routes.filter(({ method, url }) => method === 'GET' && url.includes('/.well-known/') && !url.includes('change-password'))) {
      const document = JSON.parse((await send(server, route)).body)
      t.match(document, route.url.includes('protected-resource')
        ? { resource_name: NAME, resource_documentation: LINKS.support, resource_policy_uri: LINKS.privacy, resource_tos_uri: LINKS.terms }
        : { op_policy_uri: LINKS.privacy, op_tos_uri: LINKS.terms }, route.url)
    }
  })

  t.test('the picture is served so that it can run nothing, and the stylesheet has the color', async (t) => {
    const page = (await send(server, { method: 'GET', url: paths.home })).body
    const picture = await send(server, { method: 'GET', url: /src="([^"]+)"/.exec(page)![1]! })
    t.match(picture, {
      statusCode: 200,
      body: LOGO,
      headers: {
        'content-type': 'image/svg+xml',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        'x-content-type-options': 'nosniff'
      }
    })
    t.equal(
      (await send(server, { method: 'GET', url: paths.icon })).statusCode, 404,
      'the built-in picture is nowhere'
    )
    const style = await send(server, { method: 'GET', url: /href="([^"]*style[^"]+)"/.exec(page)![1]! })
    t.match(style.body, '--accent: #6b21a8')
  })
  t.equal(url, app.issuer)
})

t.test('clients learn the name, the picture and the instructions in both eras', async (t) => {
  const { url } = await startServer(t, { env: { ...env, AUTH_BACKEND: 'none' } })
  const { legacy, modern } = mcpClient(url)
  const clientInfo = { name: 'x', version: '1' }
  const old = (await legacy('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo })).json.result
  const discovered = (await modern('server/discover')).json.result
  const serverInfo = { title: NAME, icons: [{ src: new RegExp(`^${url}/icon\\.svg\\?v=`), mimeType: 'image/svg+xml', sizes: ['any'] }] }
  t.match(old.serverInfo, serverInfo)
  t.match(discovered._meta['io.modelcontextprotocol/serverInfo'], serverInfo)
  for (const { instructions } of [old, discovered]) t.match(instructions, /^Answer in French\.\n\nThis server holds a library/)
})

t.test('a name is made safe to show: line breaks, directions and length', async (t) => {
  const name = async (SERVER_NAME: string) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(identity, { identity: identityOf({ SERVER_NAME }) })
    return app.identity.name as string
  }
  t.equal(await name('Acme\r\nBcc: eve@example.com'), 'AcmeBcc: eve@example.com')
  t.equal(await name('\u202EAcme\u0007 \u00A0 Docs\u200B'), 'Acme Docs')
  t.equal([...await name('x'.repeat(5_000))].length, 100)
  t.equal(await name('دانشنامه'), 'دانشنامه')
})
