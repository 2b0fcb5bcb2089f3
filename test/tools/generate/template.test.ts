// Templates: each placeholder becomes its value, once, and the length of the result is known first.
import t from 'tap'
import { fillTemplate } from '../../../tools/generate/template.ts'

t.test('values are put in, and nothing in them is read again', (t) => {
  t.equal(fillTemplate('{{a}}-{{ b.c }}-{{a}}', { a: '{{b.c}}', 'b.c': 1 }), '{{b.c}}-1-{{b.c}}')
  t.equal(fillTemplate('{a} {{ }} {{a b}}', {}), '{a} {{ }} {{a b}}')
  t.end()
})

t.test('a missing value and a long result are refused', (t) => {
  t.throws(() => fillTemplate('{{a}} {{toString}}', { a: 1 }), { name: 'ToolError', message: /value: toString\./ })
  t.throws(() => fillTemplate('{{a}}'.repeat(100), { a: 'x'.repeat(1_001) }), { name: 'ToolError', message: /100000/ })
  t.end()
})
