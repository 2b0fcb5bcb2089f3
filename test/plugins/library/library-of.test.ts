// Documents of sources are cut into parts as those of the folder are, once for all parts that are read.
import t from 'tap'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import { createLibraryOf } from '../../../plugins/library/library-of.ts'

t.test('many parts of a long document of a source are read with one cut (BW-22)', async (t) => {
  const text = 'walnut and hazelnut\n'.repeat(30_000)
  const nothing = async () => undefined
  const of = createLibraryOf({
    documents: { search: async () => [], fetch: nothing },
    list: async () => ({ documents: [], more: false }),
    notes: { of: () => ({ find: nothing }) as never },
    sources: [{ name: 'wiki', search: async () => [], fetch: async () => ({ title: 'Wiki', text }) }],
    unread: () => undefined,
    pageUrl: (id) => `https://mcp.example/${id}`
  })
  const { encodeInto } = TextEncoder.prototype
  let encoded = 0
  TextEncoder.prototype.encodeInto = function (...given) {
    encoded++
    return encodeInto.apply(this, given)
  }
  t.teardown(() => { TextEncoder.prototype.encodeInto = encodeInto })
  const library = of(null, ALL_RIGHTS.documents)
  const read = await library.read('wiki:1', { maxCharacters: 500_000 })
  t.match(read, { id: 'wiki:1', parts: 10, next: 9 })
  t.equal(read!.text, text.slice(0, read!.text.length))
  t.ok(encoded < 2 * 10 + 2, `${encoded} pieces are measured`)
  const last = await library.fetch('wiki:1', { part: 10 })
  t.ok(text.endsWith(last!.text))
})
