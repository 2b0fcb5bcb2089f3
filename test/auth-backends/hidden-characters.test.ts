// Names in any script are accepted; what hides in a name is not.
import t from 'tap'
import { isHiding, withoutHidden } from '../../auth-backends/hidden-characters.ts'

t.test('joiners stay where a script or an emoji needs them', async (t) => {
  for (const name of [
    'علی\u200cرضا',
    'क्\u200dष',
    'श्री\u200dमान'.replace('\u200d', ''),
    '👩\u200d💻 Ada',
    '👩🏽\u200d🚀',
    '❤\ufe0f',
    'Nguyễn Thị Ánh',
    'Zoe\u0308'
  ]) t.equal(withoutHidden(name), name, JSON.stringify(name))
})

t.test('what changes nothing that is read, hides or turns a text is taken out', async (t) => {
  for (const name of [
    'pay\u200cpal',
    'pay\u200dpal',
    '\u200dAnn',
    'Ann\u200c',
    'علی\u200c\u200cرضا',
    'علی\u200c',
    'क\u200dष',
    'Ann\ufe0f',
    'A\u202enn',
    'A\u2066nn',
    'A\u{e0041}nn',
    'A\u3164nn',
    'A\u0007nn'
  ]) {
    t.ok(isHiding(name), JSON.stringify(name))
    t.notMatch(withoutHidden(name), /\u202e|\u2066|\u3164|[\u200c\u200d]{2}/)
  }
})
