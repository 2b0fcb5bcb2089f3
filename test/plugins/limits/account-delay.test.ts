// Guesses at one account are slowed down, from whatever address, and its owner is not locked out (threats RL-02, GR-10).
import t from 'tap'
import { waitAfter } from '../../../plugins/limits/account-delay.ts'
import { Browser } from '../../helpers/browser.ts'
import { startDirectory } from '../../helpers/directory.ts'
import { from, limitsTest, tries } from '../../helpers/limits.ts'

t.test('ten failures are free, then the wait doubles up to five seconds', async (t) => {
  t.same([0, 9, 10, 11, 12, 14, 15, 900].map(waitAfter), [0, 0, 250, 500, 1_000, 4_000, 5_000, 5_000])
})

await limitsTest(async (t, { start, server }) => {
  t.test('who named no account, as before a redirect, does not wait for the failures of others (TF-05)', async (t) => {
    const { app } = await start({ DATA_DIR: `${server.dataDir}-7` })
    for (let count = 0; count < 20; count++) await app.limits.noteFailure({} as never, '')
    const waited = await Promise.race([
      app.limits.slowDown({} as never, '').then(() => 'not at all'),
      new Promise((resolve) => setTimeout(resolve, 200, 'for others'))
    ])
    t.equal(waited, 'not at all')
  })

  t.test('codes are slowed down by account, from whatever address and however it is spelled (GR-10, TF-05)', async (t) => {
    const directory = await startDirectory(t)
    const spellings = ['cid@example.com', 'Cid@example.com', 'CID@EXAMPLE.COM', 'ＣＩＤ@example.com']
    for (const spelling of spellings) {
      directory.people.set(spelling, { id: 'e', password: 'Copper kettle on a tram', code: '246810' })
    }
    const slow = await start({ ...directory.env, RATE_LIMITS: 'sign-in=1000' })
    const guess = async (address: string, email: string) => {
      const browser = new Browser()
      const page = await browser.submit(
        await browser.get(`${slow.url}/login`),
        ({ fields }) => 'password' in fields,
        { email, password: 'Copper kettle on a tram' }
      )
      const begun = performance.now()
      const answer = await browser.post(
        `${slow.url}/login/code`,
        { ...page.forms[0]!.fields, code: '000000' },
        from(address)
      )
      return { status: answer.status, ms: performance.now() - begun }
    }
    const guesses = []
    for (let count = 0; count < 12; count++) {
      guesses.push(await guess(`198.51.100.${count}`, spellings[count % spellings.length]!))
    }
    t.same(new Set(guesses.map(({ status }) => status)), new Set([401]))
    t.ok(guesses[11]!.ms >= 250, 'the eleventh and later wait')
  })

  t.test(
    'guesses at one account from many addresses get slower, and its owner is not locked out (RL-02)',
    async (t) => {
      const fresh = await start({ DATA_DIR: `${server.dataDir}-3` })
      const failing = await tries(fresh, 11, (count) => `198.51.100.${count}`)
      t.same(new Set(failing), new Set([401]))
      const delays: number[] = []
      const { slowDown } = fresh.app.limits
      fresh.app.limits.slowDown = async (request, account) => {
        const begun = performance.now()
        await slowDown(request, account)
        delays.push(performance.now() - begun)
      }
      await tries(fresh, 2, (count) => `203.0.113.${count}`)
      t.ok(delays[0]! > 200 && delays[1]! > 400, 'the wait doubles')
    }
  )
})
