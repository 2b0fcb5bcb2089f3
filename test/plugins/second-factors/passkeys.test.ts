// Passkeys that are made or shown wrongly: on SQLite and on Redis, with an authenticator in software.
import { Authenticator, type Wrong } from '../../helpers/authenticator.ts'
import { BROWSER, passkeyOf, refuses, userOf } from '../../helpers/second-factors.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('a passkey that is made wrongly is not taken (SF-02, SF-09, SF-11)', async (t, start) => {
  const server = await start()
  const { secondFactors } = server.app
  const ann = await userOf(server, 'ann@example.com')
  const { authenticator: taken } = await passkeyOf(server, await userOf(server, 'bob@example.com'))
  const certificate = new Map([['x5c', [new Uint8Array(300)]]])
  const wrongs: Record<string, Wrong> = {
    'another origin': { origin: 'https://mcp.example.net' },
    'a page inside another': { clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } },
    'a page that names the one around it': { clientData: { topOrigin: 'https://evil.example' } },
    'another host': { rpId: 'example.net' },
    'another question': { challenge: 'AAAA' },
    'an answer to another kind of question': { type: 'webauthn.get' },
    'a person who was not verified': { isUnverified: true },
    'a person who was not there': { isAbsent: true },
    'a credential of somebody else': { credentialId: taken.credentialId },
    'a certificate': { format: 'packed', statement: certificate },
    'an unknown format': { format: 'tpm', statement: certificate }
  }
  for (const [what, wrong] of Object.entries(wrongs)) {
    const { options, state } = await secondFactors.beginPasskey(ann, BROWSER)
    const response = new Authenticator(server.config.publicUrl).create(options, wrong)
    const before = await Array.fromAsync(server.app.storage.collection('secondFactors').all())
    t.equal(
      await secondFactors.addPasskey(ann, BROWSER, { state, response, name: 'x' }),
      undefined,
      what
    )
    t.strictSame(
      await Array.fromAsync(server.app.storage.collection('secondFactors').all()),
      before,
      what
    )
  }
  t.strictSame(await secondFactors.list(ann.id), [])
})

storageTest('a passkey that is shown wrongly opens nothing (SF-02, SF-03, SF-09)', async (t, start) => {
  const server = await start()
  const { secondFactors } = server.app
  const [ann, bob] = [await userOf(server, 'ann@example.com'), await userOf(server, 'bob@example.com')]
  const [{ authenticator: anns }, { authenticator: bobs }] = [await passkeyOf(server, ann), await passkeyOf(server, bob)]
  const wrongs: Record<string, Wrong> = {
    'another origin': { origin: 'https://mcp.example.net' },
    'a page inside another': { clientData: { crossOrigin: true } },
    'a page that names the one around it': { clientData: { topOrigin: 'https://evil.example' } },
    'another host': { rpId: 'example.net' },
    'another question': { challenge: 'AAAA' },
    'an answer to another kind of question': { type: 'webauthn.create' },
    'a person who was not verified': { isUnverified: true },
    'the handle of another person': { userHandle: bobs.handle },
    'no handle, where it says who signs in': { userHandle: null },
    'the key of another passkey': { signedBy: bobs },
    'the id of another passkey': { credentialId: bobs.credentialId },
    'an unknown passkey': { credentialId: 'AAAA' }
  }
  for (const [what, wrong] of Object.entries(wrongs)) {
    const { options, state } = await secondFactors.askForPasskey(BROWSER)
    await refuses(
      t,
      server,
      what,
      () => secondFactors.verifyPasskey(BROWSER, { state, response: anns.get(options, wrong) })
    )
  }
  const { options, state } = await secondFactors.askForPasskey(BROWSER, ann.id)
  await refuses(t, server, 'the passkey of another person, as a second factor', () =>
    secondFactors.verifyPasskey(BROWSER, { state, response: bobs.get(options) }, ann.id))
  const answer = { state, response: anns.get(options, { userHandle: null }) }
  t.equal(
    await secondFactors.verifyPasskey(BROWSER, answer, ann.id),
    ann.id,
    'a key that keeps no handle is a second factor'
  )
})
