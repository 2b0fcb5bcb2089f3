// Arguments that are repeated in headers: which, and how they are written.
import t from 'tap'
import { customHeaders } from '../../../plugins/upstreams/custom-headers.ts'

const schemaOf = (header: unknown) => ({
  properties: { region: { type: 'string', 'x-mcp-header': header }, plain: { type: 'string' } }
})

t.test('an argument with x-mcp-header is repeated, and no other', async (t) => {
  const args = { region: 'eu-1', plain: 'x', unknown: 'y' }
  t.same(customHeaders(schemaOf('Region'), args), { 'mcp-param-Region': 'eu-1' })
  t.equal(customHeaders(schemaOf(undefined), args), undefined)
  t.equal(customHeaders({}, args), undefined)
})

t.test('what is no visible ASCII cannot become a header of its own', async (t) => {
  for (const region of ['é', 'a\r\nauthorization: x', ' a', '=?base64?YQ==?=', '']) {
    const value = customHeaders(schemaOf('Region'), { region })!['mcp-param-Region']!
    const [, encoded] = /^=\?base64\?([A-Za-z0-9+/=]*)\?=$/.exec(value) ?? []
    t.equal(Buffer.from(encoded!, 'base64').toString(), region)
  }
})

t.test('a name that is none, and values that are no texts, are left out', async (t) => {
  for (const name of ['a b', 'a:b', '', 'a\n', 7]) {
    t.equal(customHeaders(schemaOf(name), { region: 'eu' }), undefined)
  }
  for (const region of [null, undefined, {}, ['a']]) {
    t.equal(customHeaders(schemaOf('Region'), { region }), undefined)
  }
  t.same(customHeaders(schemaOf('Region'), { region: 7 }), { 'mcp-param-Region': '7' })
  t.same(customHeaders(schemaOf('Region'), { region: true }), { 'mcp-param-Region': 'true' })
})
