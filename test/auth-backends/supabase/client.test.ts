// Supabase that fails, or redirects, or answers with nothing readable signs no one in (threat WB-16).
import t from 'tap'
import { BackendUnavailable } from '../../../auth-backends/contract.ts'
import { tellsASecret } from '../contract.ts'
import { KEY, person, open, session, type Handler, json, text, standIn, settings } from './stand-in.ts'

t.test(
  'every fault is BackendUnavailable at sign-in and sign-up, never an identity, and tells no secret (WB-16)',
  async (t) => {
    const echo = {
      msg: `wrong: ${person.password} ${KEY}`,
      message: `wrong: ${person.password} ${KEY}`,
      error_code: person.password
    }
    const faults: Record<string, { answer: Handler; says: RegExp }> = {
      'HTTP 500': { answer: json(500, echo), says: /HTTP 500/ },
      'HTTP 503 page': { answer: text(503, `<html>${person.password}`), says: /HTTP 503/ },
      'HTTP 429': {
        answer: json(429, { ...echo, error_code: 'over_request_rate_limit' }),
        says: /HTTP 429 over_request_rate_limit/
      },
      'HTTP 401 wrong key': {
        answer: json(401, { message: 'Invalid API key' }),
        says: /HTTP 401: check SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY/
      },
      'HTTP 404 page of another site': { answer: text(404, '<html>not here'), says: /cannot be read/ },
      'HTTP 400 of unknown meaning': {
        answer: json(400, { ...echo, error_code: 'something_new' }),
        says: /HTTP 400 something_new/
      },
      'HTTP 400 with a code that is no code': { answer: json(400, echo), says: /HTTP 400$/ },
      'a captcha is demanded': {
        answer: json(400, { error_code: 'captcha_failed', msg: 'captcha' }),
        says: /captcha_failed/
      },
      'no JSON': { answer: text(200, `<html>${person.password}`), says: /cannot be read/ },
      'JSON that is cut off': { answer: text(200, '{"access_token":"x","user":{"id":"'), says: /cannot be read/ },
      'JSON null': { answer: json(200, null), says: /cannot be read|no user/ },
      'an empty object': { answer: json(200, {}), says: /cannot be read|no user/ },
      'a list': { answer: json(200, [session()]), says: /cannot be read|no user/ },
      'no user': { answer: json(200, { ...session(), user: undefined }), says: /cannot be read|no user/ },
      'a user without id': { answer: json(200, session({ id: undefined })), says: /no user/ },
      'an empty id': { answer: json(200, session({ id: '' })), says: /no user/ },
      'an id of another shape': { answer: json(200, session({ id: { toString: 'x' } })), says: /no user/ },
      'an id that is a path': { answer: json(200, session({ id: '../admin' })), says: /no user/ },
      'another user': { answer: json(200, session({ email: 'mallory@example.com' })), says: /another user/ },
      'no answer': { answer: () => {}, says: /did not answer within 150 ms/ },
      'half an answer': {
        answer: (_request, response) => {
          response.writeHead(200).write('{"access_token"')
        },
        says: /did not answer within/
      },
      'a connection that is cut': {
        answer: (_request, response) => {
          response.destroy()
        },
        says: /could not be reached/
      }
    }
    for (const [fault, { answer, says }] of Object.entries(faults)) {
      const { url } = await standIn(t, { token: answer, signup: answer, settings })
      const backend = open(url, KEY, 150)
      const attempts = {
        'sign-in': () => backend.password!.verify(person),
        'sign-up': () => backend.signUp!.create({ email: person.identifier, password: person.password })
      }
      for (const [name, attempt] of Object.entries(attempts)) {
        const thrown = await attempt().then(
          (identity) => identity,
          (error: unknown) => error
        )
        t.type(thrown, BackendUnavailable, `${name}: ${fault}`)
        t.match(thrown, { message: says }, `${name}: ${fault}`)
        t.equal(
          tellsASecret(thrown, [person.password, KEY, 'the-access-token', 'the-refresh-token']),
          false,
          `${name}: ${fault} tells no secret`
        )
      }
      await backend.close?.()
    }
    await t.rejects(open('http://127.0.0.1:9').password!.verify(person), {
      name: 'BackendUnavailable',
      message: /could not be reached/
    })
  }
)

t.test('the password does not follow a redirect to another host (WB-16)', async (t) => {
  const other = await standIn(t, { token: json(200, session()), signup: json(200, session()) })
  const redirect: Handler = (request, response) => {
    response.writeHead(307, { location: other.url + request.url }).end()
  }
  const backend = open((await standIn(t, { token: redirect, signup: redirect, settings })).url)
  await t.rejects(backend.password!.verify(person), { name: 'BackendUnavailable' })
  await t.rejects(backend.signUp!.create({ email: person.identifier, password: person.password }), {
    name: 'BackendUnavailable'
  })
  t.same(other.asked, [])
})

t.test('without an answer about "Confirm email" nobody is signed in (WB-16)', async (t) => {
  for (const answer of [json(500, {}), json(200, {}), text(200, 'x'), () => {}]) {
    const { url } = await standIn(t, { token: json(200, session()), settings: answer })
    await t.rejects(open(url, KEY, 150).password!.verify(person), { name: 'BackendUnavailable' })
  }
})

t.test('hostile and empty credentials are answered without asking Supabase', async (t) => {
  const { url, asked } = await standIn(t, {})
  const backend = open(url)
  for (const identifier of ['', '@', 'ann', "' OR '1'='1", 'a\0@example.com', `${'x'.repeat(500_000)}@example.com`]) {
    t.equal(await backend.password!.verify({ identifier, password: 'x' }), null)
  }
  t.equal(await backend.password!.verify({ ...person, password: 'x'.repeat(500_000) }), null)
  t.same(asked, [])
})
