// What the doctor reports where a discovery document should be.
import t from 'tap'
import { readDocument } from '../../doctor/read-document.ts'
import { createReport } from '../../doctor/report.ts'

const answer = (status: number, type: string, json?: Record<string, unknown>) => ({
  url: 'https://mcp.example.com/x', status, header: () => type, cookies: [], text: '', json
})

t.test('only JSON with status 200 is a document; anything else is reported', async (t) => {
  const { report, tally } = createReport(() => {})
  t.same(readDocument(report, answer(200, 'application/json', { issuer: 'x' }), 'Why.'), { issuer: 'x' })
  t.equal(tally.failed, 0)
  t.equal(readDocument(report, answer(200, 'text/html', { issuer: 'x' }), 'Why.'), undefined)
  t.equal(readDocument(report, answer(404, 'application/json', {}), 'Why.'), undefined)
  t.equal(tally.failed, 2)
})
