// Documents that cannot be put to whom the rules
// give them: it is said, and tried again.
import t from 'tap'
import { keepArranged } from '../../../plugins/library/arranging.ts'
import { listen } from '../../helpers/warnings.ts'
import { until } from '../../helpers/until.ts'

t.test('a failure is said and tried again when the rules change, and the end is no failure (AR-21)', async (t) => {
  const { lines, log } = listen()
  const closing = new AbortController()
  let change = () => {}
  let tries = 0
  const store = {
    async arrange () {
      tries++
      if (closing.signal.aborted || tries === 1) throw new Error('disk full')
    }
  }
  const kept = keepArranged(store, { onChange: (told: () => void) => { change = told } } as never, log, closing.signal)
  t.ok(await until(async () => lines.length === 1))
  t.match(lines, [/do not find documents yet .* tried again: disk full/])
  change()
  t.ok(await until(async () => tries === 2))
  closing.abort()
  await kept
  t.equal(lines.length, 1)

  const ends = new AbortController()
  const failing = {
    async arrange () {
      ends.abort()
      throw new Error('closed')
    }
  }
  await keepArranged(failing, { onChange () {} } as never, log, ends.signal)
  t.equal(lines.length, 1, 'the end is none')
})
