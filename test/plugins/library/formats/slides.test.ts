// Presentations, slide by slide in the order of the show.
import t from 'tap'
import { pptx, read } from './packed.ts'

t.test('PowerPoint: the slides in the order of the show, with what the speaker noted', async (t) => {
  t.same(await read('a.pptx', pptx(['Roadmap\nfourth quarter', 'Thanks'], 'Say hello')), {
    text: '[Slide 1]\nRoadmap\n\nfourth quarter\n\nNotes: Say hello\n\n[Slide 2]\nThanks',
    title: 'Roadmap'
  })
})

t.test('slides without words are no text, and a title is not one that a program wrote', async (t) => {
  t.match(await read('a.pptx', pptx([''])), { kind: 'no text' })
  t.match(await read('a.pptx', pptx([''], 'Say hello')), {
    text: /Notes: Say hello/
  })
  for (const [title, shown] of [
    ['The plan', 'The plan'],
    ['PowerPoint Presentation', 'Roadmap'],
    ['', 'Roadmap']
  ]) {
    const core = `<c><dc:title>${title}</dc:title></c>`
    const file = pptx(['Roadmap'], '', { 'docProps/core.xml': core })
    t.match(await read('a.pptx', file), { title: shown })
  }
})
