// What a browser sends instead of an answer: nothing is written, and nothing fails.
import { Authenticator } from '../../helpers/authenticator.ts'
import { BROWSER, passkeyOf, refuses, userOf } from '../../helpers/second-factors.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('what is no answer costs nothing (SF-10)', async (t, start) => {
  const server = await start()
  const { secondFactors } = server.app
  const ann = await userOf(server, 'ann@example.com')
  const { authenticator } = await passkeyOf(server, ann)
  const { options, state } = await secondFactors.askForPasskey(BROWSER)
  const right = JSON.parse(authenticator.get(options))
  const withResponse = (change: object) => JSON.stringify({ ...right, response: { ...right.response, ...change } })
  const nested = Buffer.alloc(6_000, 0x81).toString('base64url')
  const odd = ['', '{', 'null', '[]', '"x"', '{}', JSON.stringify(right).padEnd(20_000), withResponse({ signature: 'A'.repeat(5_000) }),
    withResponse({ signature: null }), withResponse({ clientDataJSON: 'AAAA' }), withResponse({ authenticatorData: '' }),
    withResponse({ authenticatorData: 'AAAA' }), JSON.stringify({ ...right, id: ['x'] }), JSON.stringify({ ...right, rawId: 'AAAA' })]
  for (const response of odd) {
    await refuses(
      t,
      server,
      response.slice(0, 40),
      () => secondFactors.verifyPasskey(BROWSER, { state, response })
    )
  }
  for (const wrong of ['', 'x', state.slice(1), `x${state}`, 'A'.repeat(100_000)]) {
    await refuses(t, server, `state ${wrong.slice(0, 10)}`, () =>
      secondFactors.verifyPasskey(BROWSER, { state: wrong, response: JSON.stringify(right) }))
  }
  const made = await secondFactors.beginPasskey(ann, BROWSER)
  const answer = JSON.parse(new Authenticator(server.config.publicUrl).create(made.options))
  for (const attestationObject of ['AAAA', nested, 'A'.repeat(9_000)]) {
    const response = JSON.stringify({ ...answer, response: { ...answer.response, attestationObject } })
    await refuses(
      t,
      server,
      'an odd attestation',
      () => secondFactors.addPasskey(ann, BROWSER, { state: made.state, response, name: 'x' })
    )
  }
})
