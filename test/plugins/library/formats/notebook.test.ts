// Notebooks: their cells, without what these put out.
import t from 'tap'
import { readMarkup as textOf } from '../../../../plugins/library/formats/markup.ts'

t.test('a notebook is its cells, without what they put out', async (t) => {
  const notebook = {
    metadata: { language_info: { name: 'python' } },
    cells: [
      { cell_type: 'markdown', source: ['# Churn\n', 'Why people leave.'] },
      { cell_type: 'code', source: 'churn = 0.042', outputs: [{ data: { 'image/png': 'QUJD', 'text/plain': 'walnut' } }] },
      { cell_type: 'raw', source: '' },
      { odd: true }
    ]
  }
  t.same(textOf('application/x-ipynb+json', JSON.stringify(notebook)), {
    text: '# Churn\nWhy people leave.\n\n```python\nchurn = 0.042\n```',
    title: 'Churn'
  })
  for (const broken of ['', '{', '[]', '{"cells":{}}']) {
    t.match(textOf('application/x-ipynb+json', broken), { kind: 'broken' })
  }
})
