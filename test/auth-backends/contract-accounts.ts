// The part of the contract for backends whose passwords this server stores.
import type { Test } from 'tap'
import { parseEmail, type AuthBackend, type Credentials } from '../../auth-backends/contract.ts'
import { freshAddress, HOSTILE, NEW_PASSWORD, type BackendUnderTest } from './under-test.ts'

export function accountsContract (
  t: Test,
  under: BackendUnderTest,
  backend: AuthBackend,
  { identifier, password }: Credentials
): void {
  const accounts = backend.accounts!
  const other = freshAddress()

  t.test(
    'accounts: a password is changed by who knows it, an address keeps its subject, and both over a restart',
    async (t) => {
      const before = (await accounts.find(parseEmail(identifier)))!
      const { subject, email } = before
      t.match(await accounts.findBySubject(subject), { subject, email })
      for (const wrong of [...HOSTILE, NEW_PASSWORD]) {
        t.equal(await accounts.checkPassword(subject, wrong), false)
        t.equal(await accounts.changePassword(subject, { present: wrong, next: NEW_PASSWORD }), false)
      }
      for (const nobody of ['', '__proto__', 'nobody']) {
        t.equal(await accounts.findBySubject(nobody), undefined)
        t.equal(await accounts.checkPassword(nobody, password), false)
        t.equal(
          await accounts.changeEmail({ ...before, subject: nobody }, { to: parseEmail(other), verified: true }),
          false,
          'another subject'
        )
        t.equal(await accounts.setPassword({ ...before, subject: nobody }, NEW_PASSWORD, { verified: true }), false)
        t.equal(await accounts.confirm({ ...before, subject: nobody }), false)
      }
      for (const wrong of [
        { ...before, email: parseEmail(other) },
        { ...before, generation: before.generation + 1 },
        { ...before, generation: -1 }
      ]) {
        t.equal(
          await accounts.changeEmail(wrong, { to: parseEmail(freshAddress()), verified: true }),
          false,
          'another address or generation'
        )
        t.equal(await accounts.setPassword(wrong, NEW_PASSWORD, { verified: true }), false)
        t.equal(await accounts.confirm(wrong), false)
      }
      t.same(await accounts.find(parseEmail(identifier)), before)
      t.equal(
        await accounts.checkPassword(subject, password), true,
        'nothing of it changed anything'
      )

      t.equal(await accounts.changePassword(subject, { present: password, next: NEW_PASSWORD }), true)
      const changed = (await accounts.find(email))!
      t.ok(changed.generation > before.generation, 'a new password is a new generation')
      t.match(
        await backend.password!.verify({ identifier: email, password: NEW_PASSWORD }),
        { generation: changed.generation },
        'and a sign-in says of which it is'
      )
      t.equal(
        await accounts.changeEmail(before, { to: parseEmail(other), verified: true }),
        false,
        'what was read before it changes nothing'
      )
      t.equal(await accounts.changeEmail(changed, { to: parseEmail(` ${other.toUpperCase()}`), verified: true }), true)
      t.ok(
        (await accounts.find(parseEmail(other)))!.generation > changed.generation,
        'so is a new address'
      )
      const again = await under.open()
      t.match(await again.accounts!.find(parseEmail(other)), { subject, email: other, verified: true })
      t.equal(await again.accounts!.find(email), undefined)
      t.match(await again.password!.verify({ identifier: other, password: NEW_PASSWORD }), { subject, email: other })
      t.equal(await again.password!.verify({ identifier: email, password: NEW_PASSWORD }), null)
      t.equal(await again.password!.verify({ identifier: other, password }), null)
      await again.close?.()

      t.equal(await accounts.changeEmail((await accounts.find(parseEmail(other)))!, { to: email, verified: false }), true)
      t.match(
        await accounts.findBySubject(subject),
        { subject, email, verified: false },
        'what was shown of one mailbox says nothing of another'
      )
      t.equal(await accounts.setPassword((await accounts.find(email))!, NEW_PASSWORD, { verified: false }), true)
      t.match(
        await accounts.find(email), { verified: false },
        'a link that was handed over shows no mailbox'
      )
      const version = (await accounts.find(email))!
      const set = await Promise.all(
        Array.from({ length: 4 }, () => accounts.setPassword(version, NEW_PASSWORD, { verified: true }))
      )
      t.equal(
        set.filter(Boolean).length, 1,
        'of several that start from one version, one counts'
      )
      t.match(await accounts.find(email), { verified: true, generation: version.generation + 1 })
      t.equal(await accounts.changePassword(subject, { present: NEW_PASSWORD, next: password }), true)
    }
  )

  t.test('what is no address or no good password is said to be so (LG-13, LG-16)', async (t) => {
    for (const hostile of HOSTILE.filter((text) => !/^(__proto__|constructor)@/.test(text))) { t.hasOwnProp(accounts.readEmail(hostile), 'problem', JSON.stringify(hostile.slice(0, 40))) }
    t.same(accounts.readEmail(` ${other.toUpperCase()} `), { email: other })
    for (const weak of ['', 'short', 'Password123!', 'x'.repeat(500_000)]) { t.ok(await accounts.passwordProblem(parseEmail(identifier), weak), weak.slice(0, 20)) }
    t.equal(await accounts.passwordProblem(parseEmail(identifier), NEW_PASSWORD), undefined)
  })
}
