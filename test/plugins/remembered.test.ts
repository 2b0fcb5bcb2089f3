// What is made of a text is made once, and takes a bounded part of the memory.
import t from 'tap'
import { remembered } from '../../plugins/remembered.ts'

t.test('a text is remembered unless it is long, and all are forgotten where there are too many', async (t) => {
  const asked: string[] = []
  const shout = remembered((text) => {
    asked.push(text)
    return text.toUpperCase()
  }, { most: 2, length: 3 })
  t.same(['a', 'a', 'long', 'long'].map(shout), ['A', 'A', 'LONG', 'LONG'])
  t.same(asked.splice(0), ['a', 'long', 'long'], 'nothing long is kept')
  t.same(['b', 'a', 'b', 'c', 'a'].map(shout), ['B', 'A', 'B', 'C', 'A'])
  t.same(asked, ['b', 'c', 'a'])
})
