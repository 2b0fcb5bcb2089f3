// Questions to the person, the model and the client, as the server reads them.
import t from 'tap'
import { z } from 'zod'
import { form, openUrl, roots, sample } from '../../authoring/elicitation.ts'

t.test('each helper makes a question of its kind', (t) => {
  const schema = z.object({ name: z.string() })
  t.same(form('Who?', schema), { kind: 'form', message: 'Who?', schema })
  t.match(openUrl('Look', 'https://example.com/'), { message: 'Look', url: 'https://example.com/' })
  t.match(sample({ messages: [], maxTokens: 5 }), { kind: 'sample', params: { maxTokens: 5 } })
  t.same(roots(), { kind: 'roots' })
  t.end()
})
