// Well-known services are recognized by the host of their issuer, and each has a name and a drawing.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'
import t from 'tap'
import { markOfHost, nameOfMark } from '../../auth-backends/marks.ts'
import { marks } from '../../auth-backends/methods.ts'

const VIEWS = new URL('../../views/marks/', import.meta.url)

t.test('each mark has a name and one small drawing, which screen readers leave out', async (t) => {
  t.same(readdirSync(VIEWS).sort(), marks.map((mark) => `${mark}.eta`))
  for (const mark of marks) {
    const drawing = readFileSync(new URL(`${mark}.eta`, VIEWS), 'utf8')
    t.match(drawing, /^<svg class="provider" viewBox="0 0 24 24" aria-hidden="true" focusable="false">[^%]*<\/svg>\n$/, mark)
    t.ok(drawing.length < 2_000, mark)
    t.equal(nameOfMark(mark).toLowerCase(), mark)
  }
})

t.test('the page draws each mark, and nothing for a name that is none', async (t) => {
  const eta = new Eta({ views: fileURLToPath(new URL('../', VIEWS)) })
  const drawn = (mark: unknown) => eta.render('./provider-mark', { mark }).trim()
  for (const mark of marks) t.match(drawn(mark), /^<svg .*<\/svg>$/, mark)
  for (const mark of [undefined, 'none', '../layout', '<b>']) t.equal(drawn(mark), '')
})

t.test('a provider is known by its whole host, and by no other that looks like it', async (t) => {
  const known = {
    'accounts.google.com': 'google',
    'appleid.apple.com': 'apple',
    'login.microsoftonline.com': 'microsoft',
    'login.microsoftonline.us': 'microsoft',
    'gitlab.com': 'gitlab',
    'slack.com': 'slack',
    'www.linkedin.com': 'linkedin',
    'www.facebook.com': 'facebook',
    'discord.com': 'discord',
    'acme.okta.com': 'okta',
    'acme.oktapreview.com': 'okta'
  }
  for (const [host, mark] of Object.entries(known)) {
    t.equal(markOfHost(host), mark, host)
    t.equal(markOfHost(`${host}.example`), undefined)
    t.equal(markOfHost(`x${host.replaceAll('.', '-')}`), undefined)
  }
  for (const host of ['gitlab.example.com', 'okta.com', 'a.b.okta.com', 'accounts-google.com']) t.equal(markOfHost(host), undefined, host)
})
