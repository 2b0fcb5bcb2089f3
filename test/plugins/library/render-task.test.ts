// Markdown as HTML for a page: how much of it there may be.
import t from 'tap'
import render, { MAX_HTML } from '../../../plugins/library/render-task.ts'

/** An address that is written once, and where it is referred to. */
const referring = (characters: number, times: number) => `[a]: ${'x'.repeat(characters)}\n\n${'[a] '.repeat(times)}`

t.test('an address that is written once and referred to a thousand times does not fill a page (BW-31)', async (t) => {
  const page = (source: string) => render({ source, title: 'A title' })
  t.match(page(referring(10, 2)), /href="x{10}"[^]*href="x{10}"/)
  t.ok(page(referring(1_000, 500)).length < MAX_HTML)
  t.throws(
    () => page(referring(20_000, 60)), { name: 'ToolError' }, 'of a text of 20 KB more than a megabyte'
  )
})
