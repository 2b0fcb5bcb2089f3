// What is recorded of a call, and of whom: nobody is named whose access has ended meanwhile.
import t from 'tap'
import { createMeter, noteFirstUse } from '../../../plugins/mcp/metering.ts'

const access = { grantId: 'g', clientId: 'c', clientName: 'App', user: { id: 'ann' }, isAccessKey: false, attempt: 'story' }

t.test('a call is recorded as that of its person unless their access has ended; a fault of storage does not say so', async (t) => {
  const away = new Error('storage is away')
  for (const [what, stillAllows, isNamed] of [
    ['it is allowed', () => true, true],
    ['it has ended', () => false, false],
    ['storage says that it is allowed', async () => true, true],
    ['storage says that it has ended', async () => false, false],
    ['storage fails at once', () => { throw away }, true],
    ['storage fails later', () => Promise.reject(away), true]
  ] as const) {
    const [counted, noted]: [unknown[], unknown[][]] = [[], []]
    const app = {
      usage: { called: (by: unknown) => counted.push(by) },
      audit: { note: (...entry: unknown[]) => noted.push(entry) }
    }
    const meter = createMeter(app as never, stillAllows)
    meter.called({ access, requestId: 'r' } as never, { tool: 'search', outcome: 'ok', ms: 1 })
    await new Promise(setImmediate)
    t.equal(counted.length, isNamed ? 1 : 0, what)
    t.match(noted, [['tool_call', { tool: 'search', outcome: 'ok', user: isNamed ? 'ann' : undefined }, 'r']], what)
  }
})

t.test('where nobody signs in a call is recorded without a person', async (t) => {
  const noted: unknown[] = []
  const app = { usage: { called: () => t.fail('nobody is counted') }, audit: { note: (...entry: unknown[]) => noted.push(entry) } }
  createMeter(app as never, () => false).called({ access: null, requestId: 'r' } as never, { tool: 'search', outcome: 'ok', ms: 1 })
  t.match(noted, [['tool_call', { tool: 'search', user: undefined }, 'r']])
})

t.test('that a first use cannot be recorded is logged, and nobody waits for it', async (t) => {
  const away = async () => { throw new Error('storage is away') }
  const app = { usage: { isFirstUse: away, isUnused: away }, audit: { note: () => t.fail('nothing is noted') } }
  for (const method of ['tools/list', 'initialize']) {
    const lines: unknown[][] = []
    const log = { warn: (...line: unknown[]) => lines.push(line) }
    noteFirstUse(app as never, { access, body: { method }, requestId: 'r', log } as never)
    await new Promise(setImmediate)
    t.match(lines, [[{ err: { message: 'storage is away' } }, 'the first use could not be recorded']], method)
  }
})
