// Books in EPUB, chapter by chapter.
import t from 'tap'
import { epub, read, zip } from './packed.ts'

t.test('books: chapters in their order', async (t) => {
  t.same(await read('a.epub', epub(['<h1>One</h1><p>First', '<p>Second'], 'The book')), { text: 'One\n\nFirst\n\nSecond', title: 'The book' })
  t.match(await read('a.epub', zip({ 'META-INF/encryption.xml': 'x', 'META-INF/container.xml': '<x/>' })), { kind: 'password' })
})
