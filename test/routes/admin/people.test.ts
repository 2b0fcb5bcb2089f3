// The list of people: found by address, name or id, a part at a time; and the counts where an owner begins.
import { person } from '../../helpers/person.ts'
import { signedUpOwner } from '../../helpers/owners.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('people are found by any part of an address or a name, and by id, and lead to their page', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local' } })
  const { url } = server
  const { browser, id } = await signedUpOwner(server)
  const ann = await person(server, 'ann@example.com')
  const search = async (q: string) => {
    const { status, text } = await browser.get(`${url}/admin/people?q=${encodeURIComponent(q)}`)
    t.equal(status, 200)
    return [...text.matchAll(/admin\/person\?person=([\w-]+)/g)].map(([, found]) => found)
  }
  t.same((await search('')).sort(), [id, ann.id].sort())
  t.same(await search('ANN@'), [ann.id])
  t.same(await search(ann.id), [ann.id])
  t.same(await search('nobody'), [])
  t.same(await search(`<script>${'x'.repeat(500)}`), [])
  t.match(
    (await browser.get(`${url}/account`)).text, 'href="/admin"',
    'the account of an owner leads there'
  )
  const overview = await browser.get(`${url}/admin`)
  t.match(overview.text, /<a href="\/admin\/people">People<\/a><\/dt><dd>2</)
})
