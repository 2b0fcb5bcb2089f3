// The current password is checked as carefully as at a sign-in (threats RL-02, AC-14).
import t from 'tap'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest } from '../../helpers/storages.ts'
import { address, form, PASSWORD, startWithMail } from '../../helpers/with-mail.ts'

const NEXT = 'seven loud badgers 17'

const smtp = await startSmtp()

t.teardown(() => smtp.stop())

storageTest(
  'wrong present passwords slow down the account as wrong sign-ins do, in any spelling of it, and lock nobody out (RL-02)',
  async (t, start) => {
    const { url, app, person, signIn } = await startWithMail(smtp, start, {
      env: { RATE_LIMITS: 'sign-in=1000,sign-up=1000' }
    })
    const ann = address(t, 'slow')
    const browser = await person(ann)
    const waits: number[] = []
    const { slowDown } = app.limits
    app.limits.slowDown = async (request, account) => {
      const begun = performance.now()
      await slowDown(request, account)
      waits.push(performance.now() - begun)
    }
    const page = await browser.get(`${url}/account/email`)
    for (let count = 0; count < 5; count++) { t.equal((await form(browser, page, { email: 'new@example.net', password: 'a wrong password' })).status, 401) }
    for (const spelling of [` ${ann}`, ann.toUpperCase(), ann.replace('slow', 'ｓｌｏｗ'), ann, ann]) { t.equal((await signIn(spelling, 'a wrong password')).status, 401) }
    t.equal(
      (await form(browser, await browser.get(`${url}/account/password`), { present: PASSWORD, next: NEXT })).status,
      200
    )
    t.ok(
      waits.at(-1)! > 200,
      'ten failures, whichever the form and the spelling: the next try waits'
    )
    t.match(
      (await signIn(ann, NEXT)).url, /\/$/,
      'and the right password still lets its owner in'
    )
  }
)

storageTest(
  'a stolen session guesses the present password one try after the other, each slower, whatever the form (AC-14)',
  async (t, start) => {
    const { url, app, person, isIn } = await startWithMail(smtp, start, {
      env: { RATE_LIMITS: 'sign-in=1000,sign-up=1000' }
    })
    const browser = await person(address(t, 'stolen'))
    const { accounts } = app.signIn.backends.get('local')!
    const { checkPassword } = accounts!
    const { slowDown } = app.limits
    let [running, mostAtOnce, guesses] = [0, 0, 0]
    const waits: number[] = []
    app.limits.slowDown = async (request, account) => {
      const begun = performance.now()
      await slowDown(request, account)
      waits.push(performance.now() - begun)
    }
    accounts!.checkPassword = async (subject, password) => {
      guesses++
      mostAtOnce = Math.max(mostAtOnce, ++running)
      return checkPassword(subject, password).finally(() => {
        running--
      })
    }
    const [password, email] = [await browser.get(`${url}/account/password`), await browser.get(`${url}/account/email`)]
    const guess = (number: number) =>
      number % 2
        ? form(browser, password, { present: `wrong ${number}`, next: NEXT })
        : form(browser, email, { email: 'new@example.net', password: `wrong ${number}` })
    const answers = await Promise.all(Array.from({ length: 20 }, (_, number) => guess(number)))
    t.equal(mostAtOnce, 1)
    t.equal(
      answers.filter(({ status }) => status === 401).length, guesses,
      'each that was looked at was wrong'
    )
    const refused = answers.filter(({ status }) => status === 429)
    t.equal(refused.length + guesses, 20, 'and the rest was not looked at')
    for (const { headers } of refused) t.equal(headers.get('retry-after'), '5')
    for (let left = 10 - guesses; left > 0; left--) t.equal((await guess(left)).status, 401)
    t.equal((await guess(1)).status, 401)
    t.ok(waits.at(-1)! > 200, 'as slow as a sign-in after as many failures')
    t.match(
      await form(browser, password, { present: PASSWORD, next: NEXT }),
      { status: 200, text: /was changed/ },
      'its owner is not locked out'
    )
    t.equal(await isIn(browser), true)
  }
)
