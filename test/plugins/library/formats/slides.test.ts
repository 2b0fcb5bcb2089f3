// Presentations, slide by slide in the order of the show.
import t from 'tap'
import { pptx, read } from './packed.ts'

t.test('PowerPoint: the slides in the order of the show, with what the speaker noted', async (t) => {
  t.same(await read('a.pptx', pptx(['Roadmap\nfourth quarter', 'Thanks'], 'Say hello')), {
    text: '[Slide 1]\nRoadmap\n\nfourth quarter\n\nNotes: Say hello\n\n[Slide 2]\nThanks',
    title: 'Roadmap'
  })
})
