// The cases of calculate, analyze and generate: real work, and the mistakes a model makes.
import { textMistakes, type Case, type Mistake } from './contract.ts'

export const textCases: Record<string, Case> = {
  calculate: {
    right: { expression: '1' },
    async use (t, use) {
      t.match(await use('calculate', { expression: '2 + 3 * 4' }), { result: '14', exact: true })
      t.match(await use('calculate', { expression: '0.1 + 0.2' }), { result: '0.3', exact: true })
      t.match(await use('calculate', { expression: '100 km/h to m/s' }), { unit: 'm/s', value: /^27\.77/ })
      t.match(await use('calculate', { expression: '15% of 80' }), { result: '12' })
      t.match(await use('calculate', { expression: '2^200' }), { result: String(2n ** 200n) })
    },
    mistakes: [
      ...textMistakes('expression', 1_000),
      ...[
        'process.exit()',
        'constructor.constructor("return 1")()',
        'require("fs")',
        '`x`',
        'x = 1',
        '[].map',
        '\\u0065val(1)',
        'this',
        'import("os")',
        '=>',
        '__proto__'
      ].map((expression): Mistake => [
        { expression },
        /cannot be read|is not known|no function|Put a|operator|variables/
      ]),
      [{ expression: '1 / 0' }, /divides by zero/],
      [{ expression: '2 +' }, /ends where a number should follow/],
      [{ expression: '(1' }, /\)/],
      [{ expression: '3 km + 2 kg' }, /measure different things/],
      [{ expression: '9^9^9^9' }, /too large|too much work/],
      [{ expression: '('.repeat(500) }, /nested deeper/],
      [{ expression: 'sqrt(1, 2)' }, /sqrt\(x\).*2 arguments/],
      [{ expression: '5 EUR to USD' }, /EUR/]
    ]
  },
  analyze: {
    right: { text: 'One. Two.' },
    async use (t, use) {
      t.match(await use('analyze', { text: 'a,b\n1,2\n3,4\n5,9' }), {
        columns: [
          { name: 'a', mean: 3, median: 3 },
          { name: 'b', sum: 15 }
        ]
      })
      t.match(await use('analyze', { text: 'Tides follow the moon. The moon pulls the sea, and the sea rises to it.' }), {
        text: { sentences: 2, readingEase: Number }
      })
    },
    mistakes: [
      ...textMistakes('text', 100_000),
      [{ kind: 'mood', text: 'x' }, /"kind"[\s\S]*text \(string, required\)/],
      [{ text: ['a', '1'].map((cell) => Array(101).fill(cell).join(', ')).join('\n') }, /has 101 columns/]
    ]
  },
  generate: {
    right: { kind: 'json', example: '1' },
    async use (t, use) {
      const schema = JSON.stringify({
        type: 'object',
        properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0, maximum: 120 } },
        required: ['name', 'age']
      })
      const made = await use('generate', { kind: 'json', schema, count: 3, seed: 5 })
      t.match(made['data'], [{ name: String, age: Number }, {}, {}])
      t.same(
        (await use('generate', { kind: 'json', schema, count: 3, seed: 5 }))['data'],
        made['data'],
        'the same seed, the same data'
      )
      t.match(
        await use('generate', {
          kind: 'code',
          example: '{"id": 1, "name": "Ann"}',
          language: 'typescript',
          name: 'Person'
        }),
        { text: /interface Person[\s\S]*name: +string/ }
      )
    },
    mistakes: [
      [{}, /- kind: .*"json"\|"code"\|"text"/],
      [{ kind: 'poem' }, /- kind: .*"json"\|"code"\|"text"/],
      [{ kind: 'json' }, /either a schema or an example/],
      [{ kind: 'json', schema: '{}', example: '{}' }, /either a schema or an example/],
      [{ kind: 'json', schema: '{' }, /schema is no JSON/],
      [{ kind: 'json', schema: { type: 'object' } }, /- schema: .*expected string/],
      [{ kind: 'json', schema: '"x"' }, /A JSON Schema is an object/],
      [{ kind: 'json', schema: '{"$ref": "http://127.0.0.1:1/x"}' }, /\$ref may point inside/],
      [{ kind: 'json', schema: '{"type": "string", "minLength": 9, "maxLength": 1}' }, /simpler|contradict/],
      [{ kind: 'json', example: 'x'.repeat(50_001) }, /- example: .*50000/],
      ...[0, 101, 1.5, '3'].map((count): Mistake => [{ kind: 'json', example: '{}', count }, /- count: /]),
      [{ kind: 'json', example: '{}', seed: -1 }, /- seed: /],
      [{ kind: 'code', example: '{}', language: 'klingon' }, /- language: .*"typescript"/],
      [{ kind: 'code', example: '{}', name: '1; rm -rf' }, /- name: write a name of letters/],
      [{ kind: 'text' }, /pass a prompt/],
      [{ kind: 'text', prompt: 'A poem about tides' }, /has no language model, so leave the prompt out/],
      [{ kind: 'text', prompt: 7 }, /- prompt: .*expected string/],
      [{ kind: 'text', text: 'x' }, /"text"[\s\S]*Its arguments are/]
    ]
  }
}
