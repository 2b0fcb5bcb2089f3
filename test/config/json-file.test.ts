// Files in JSON: everything in them has its line, and what is misspelled the nearest name.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { nearest, readJsonFile } from '../../config/json-file.ts'
import { folder } from '../helpers/tool-context.ts'

t.test('what is in a file has a line, and what is not there that of what is around it', async (t) => {
  const path = join(await folder(t), 'x.json')
  await writeFile(path, '{"a": [\n1,\n{"b": "http://x, // no comment"}\n],}')
  const file = readJsonFile(path)
  if ('problems' in file) throw new Error(file.problems.join())
  t.same(file.value, { a: [1, { b: 'http://x, // no comment' }] })
  t.equal(file.lineOf(['a', 0]), 2)
  t.equal(file.lineOf(['a', 1, 'b']), 3)
  t.equal(file.lineOf(['a', 1, 'nothing']), 3)
  t.equal(file.at(['a', 0], 'wrong'), `${path} line 2: wrong`)
})

t.test('a comment is one also where a name is expected', async (t) => {
  const path = join(await folder(t), 'x.json')
  await writeFile(path, '{\n// mine\n}')
  t.match(readJsonFile(path), { problems: [/line 2: JSON has no comments/] })
})

t.test('nothing in it stands for something else in it: that could be ever so much', async (t) => {
  const path = join(await folder(t), 'x.json')
  await writeFile(path, '{"a": &x {"b": 1}, "c": *x}')
  t.throws(() => readJsonFile(path), { message: /alias/i })
})

t.test('the nearest name is the one that was probably meant', async (t) => {
  t.equal(nearest('comand', ['args', 'command']), 'command')
  t.equal(nearest('comand', ['commands', 'command']), 'command', 'of several the nearest')
  t.equal(nearest('something', ['args', 'command']), undefined)
})
