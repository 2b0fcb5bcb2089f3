// What every storage does with journals and counters, and with its data as a whole: export, migrations, restarts.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { encodeRecord, JOURNAL_BOUNDS, type Entry } from '../../../plugins/storage/contract.ts'
import { migrate, type Migration } from '../../../plugins/storage/migrations.ts'
import { until } from '../../helpers/until.ts'
import { type StorageUnderTest } from './storage-under-test.ts'

/** One of the suites that SQLite, Redis and Redis Cluster pass. */
export async function journalsContract (t: Test, { place, storage }: StorageUnderTest): Promise<void> {
  const things = storage.collection<{ n: number }>('thing')

  t.test('a topic of a journal keeps its newest entries, and no more than its bound (SG-11)', async (t) => {
    const journal = storage.journal<{ n: number }>('bounded')
    const more = JOURNAL_BOUNDS.perTopic + 300
    await journal.append(Array.from({ length: more }, (_, n) => ({ topic: 'ann', entry: { n } })))
    const found = await journal.newest('ann', 10 * more)
    // Redis drops entries a hundred at a time.
    t.ok(
      found.length >= JOURNAL_BOUNDS.perTopic && found.length < JOURNAL_BOUNDS.perTopic + 200,
      `${found.length} are kept`
    )
    t.same(found[0], { n: more - 1 })
    t.equal((await Array.fromAsync(journal.all())).length, more)
    const all = await Array.fromAsync(journal.all('ann'))
    t.same(all, found.toReversed(), 'also where they are read from the oldest on')
    t.same(await Array.fromAsync(journal.all('bob')), [])
  })

  t.test('a topic that leaves the journal leaves no key, and one that is still in it stays (SG-17)', async (t) => {
    const journal = storage.journal<string | number>('left')
    await journal.append([{ topic: 'leaver', entry: 'first' }])
    await place.fillJournal('left', JOURNAL_BOUNDS.entries - 1)
    await journal.append([{ topic: 'stayer', entry: 'last' }])
    // SQLite deletes what is beyond the bound when it sweeps, as it does when it is opened.
    const again = await place.open()
    t.ok(await until(async () => (await place.countTopics('leaver')) === 0))
    await again.close()
    t.same(await journal.newest('leaver', 10), [])
    t.same(await journal.newest('stayer', 10), ['last'])
    t.equal((await Array.fromAsync(journal.all())).length, JOURNAL_BOUNDS.entries)
  })

  t.test('a journal: in order, by topic, forgotten by topic', async (t) => {
    const journal = storage.journal<{ n: number }>('deeds')
    await journal.append([
      { topic: 'ann', entry: { n: 1 } },
      { entry: { n: 2 } }
    ])
    await journal.append([
      { topic: 'bob', entry: { n: 3 } },
      { topic: 'ann', entry: { n: 4 } }
    ])
    t.same(await Array.fromAsync(journal.all()), [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }])
    t.same(await journal.newest('ann', 10), [{ n: 4 }, { n: 1 }])
    t.same(await journal.newest('ann', 1), [{ n: 4 }])
    t.same(await journal.newest('bob', 9), [{ n: 3 }])
    t.same(await journal.latest(3), [{ n: 2 }, { n: 3 }, { n: 4 }])
    await journal.forget('ann')
    t.same(await Array.fromAsync(journal.all()), [{ n: 2 }, { n: 3 }])
    t.same(await journal.newest('ann', 10), [])
    t.same(await Array.fromAsync(storage.journal('others').all()), [])
  })

  t.test('a clock of this machine that leaps ahead for a moment deletes no entries (SG-12)', async (t) => {
    await place.fillJournal('leap', 300)
    const { now } = Date
    t.teardown(() => { Date.now = now })
    Date.now = () => now() + 400 * 86_400_000
    await storage.journal('leap').append([{ entry: 'meanwhile' }])
    Date.now = now
    t.equal((await storage.journal('leap').latest(1_000)).length, 301)
  })

  t.test('counters: every increment counts, between callers too, and each is forgotten at its time', async (t) => {
    const sums = await Promise.all(
      Array.from({ length: 20 }, () =>
        storage.count([
          { key: 'a', by: 2, ttl: 60 },
          { key: 'b', by: 1, ttl: 60 }
        ])
      )
    )
    t.equal(Math.max(...sums.map(([a]) => a!)), 40)
    t.same(await storage.counts(['a', 'nobody', 'b']), [40, 0, 20])
    t.same(await storage.count([{ key: 'short', by: 5, ttl: 0.05 }]), [5])
    await sleep(120)
    t.same(await storage.counts(['short']), [0])
    t.same(await storage.count([{ key: 'short', by: 3, ttl: 60 }]), [3])
  })

  t.test('the whole of it goes out and comes in again, with lifetimes, counters and journals', async (t) => {
    const collect = async () => {
      const found: Entry[] = []
      for await (const entry of storage.entries()) found.push(entry)
      return found
    }
    await storage.clear()
    t.same(await collect(), [])
    await things.put('for ever: with a colon', { n: 1 }, null)
    await things.put('an hour', { n: 2 }, 3600)
    await things.put('over soon', { n: 3 }, 0.05)
    await storage.count([{ key: 'calls today', by: 7, ttl: 3600 }])
    await storage.journal('moves').append([
      { topic: 'a: b', entry: { what: 'first' } },
      { topic: 'ann', entry: { what: 'second' } }
    ])
    await sleep(100)
    const entries = await collect()
    t.equal(entries.length, 5, 'what is over is left out')
    await storage.clear()
    t.equal(await things.find('for ever: with a colon'), undefined)

    const gone: Entry = {
      record: { kind: 'thing', id: 'gone', value: encodeRecord('thing', { n: 4 }) },
      expires: Date.now() / 1000 - 1
    }
    await storage.load(
      (async function * () {
        yield * [gone, ...entries]
      })()
    )
    t.same(await things.find('for ever: with a colon'), { n: 1 })
    t.equal(await things.find('gone'), undefined)
    t.same(await storage.counts(['calls today']), [7])
    t.same(await storage.journal('moves').newest('a: b', 5), [{ what: 'first' }])
    t.same(await storage.journal('moves').newest('ann', 5), [{ what: 'second' }])
    const lifetimes = (list: Entry[]) =>
      list.flatMap((entry) => ('record' in entry ? [[entry.record.id, entry.expires]] : [])) as Array<
        [string, number | null]
      >
    const again = new Map(lifetimes(await collect()))
    for (const [id, expires] of lifetimes(entries)) { t.ok(again.get(id) === expires || Math.abs(again.get(id)! - expires!) < 1, `${id} keeps its lifetime`) }
  })

  t.test('a damaged entry of a journal is left out of a backup, with a warning (SG-10)', async (t) => {
    const warnings: string[] = []
    const again = await place.open({ warn: (line) => { warnings.push(line) } })
    t.teardown(() => again.close())
    await place.fillJournal('torn', 1, '{"half')
    await again.journal('torn').append([{ entry: 'whole' }])
    const found: Entry[] = []
    for await (const entry of again.entries()) if ('journal' in entry && entry.journal === 'torn') found.push(entry)
    t.same(found, [{ journal: 'torn', entry: 'whole' }])
    t.match(warnings, [/entry of the journal torn is damaged/])
    await storage.clear()
  })

  t.test(
    'versions: each step is taken once, by one of many, in order; a step that fails is taken again',
    async (t) => {
      await storage.clear()
      const log = { info () {} }
      const taken: string[] = []
      const step = (name: string, run = async () => {}): Migration => ({
        name,
        async run () {
          taken.push(name)
          await sleep(20)
          await run()
        }
      })
      await migrate(storage, [], log)
      await things.put('old', { n: 1 }, null)
      let isBroken = true
      const steps = [
        step('double', () =>
          things.update('old', (found) => ({ write: { record: { n: found!.n * 2 }, ttl: null }, result: undefined }))
        ),
        step('fails once', async () => {
          if (isBroken) throw new Error('the disk is full')
        })
      ]
      await t.rejects(migrate(storage, steps, log), { message: 'the disk is full' })
      isBroken = false
      await Promise.all(Array.from({ length: 4 }, () => migrate(storage, steps, log)))
      t.same(taken, ['double', 'fails once', 'fails once'])
      t.same(await things.find('old'), { n: 2 })
      await t.rejects(migrate(storage, steps.slice(1), log), {
        name: 'StorageTooNew',
        message: /newer version of this server \(3; this one knows up to 2\)/
      })
      t.same(await things.find('old'), { n: 2 }, 'and an older server changes nothing')
      await storage.clear()
    }
  )

  t.test('what was written is there after a restart', async (t) => {
    await things.put('kept', { n: 7 }, null)
    const again = await place.open()
    t.same(await again.collection('thing').find('kept'), { n: 7 })
    await again.close()
  })
}
