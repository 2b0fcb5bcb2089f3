// Questions in the words of the protocol, and answers that are not trusted.
import t from 'tap'
import { z } from 'zod'
import { form, roots } from '../../../../authoring/elicitation.ts'
import { readAnswer, requestFor } from '../../../../plugins/mcp/handlers/questions.ts'

t.test('an answer of the wrong shape is none', async (t) => {
  const question = form('Which city?', z.object({ city: z.string() }))
  t.equal(requestFor(question).method, 'elicitation/create')
  t.match(readAnswer(question, { action: 'accept', content: { city: 'Bern' } }), { content: { city: 'Bern' } })
  t.match(readAnswer(question, { action: 'decline' }), { action: 'decline' })
  t.equal(readAnswer(question, { action: 'accept', content: { city: 7 } }), undefined)
  t.equal(readAnswer(roots(), { roots: 'none' }), undefined)
})
