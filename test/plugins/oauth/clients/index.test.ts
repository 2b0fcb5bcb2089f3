// What is stored of an app goes with it, when nobody uses it any more.
import { CONNECTED_BOUNDS } from '../../../../plugins/oauth/clients/connected-clients.ts'
import { hashSecret } from '../../../../plugins/secrets.ts'
import { newClient } from '../../../helpers/oauth.ts'
import { person } from '../../../helpers/person.ts'
import { storageTest } from '../../../helpers/storages.ts'

const DOCUMENT = 'https://app.example/client.json'

storageTest('of an app that gives way nothing is left: its document, its keys, its registration (OW-25)', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local' } })
  const { app, url } = server
  const { id } = await person(server, 'ann@example.com')
  const key = hashSecret(DOCUMENT)
  const stored = ['clientDocument', 'clientKeys'].map((kind) => app.storage.collection<object>(kind))
  for (const collection of stored) await collection.put(key, {}, 3_600)
  const { client_id: registered } = await newClient(url)
  await app.clients.remember(DOCUMENT, id)
  await app.clients.keep((await app.clients.recall(registered))!, app.now() + 3_600, id)
  const left = async () => [
    ...(await Promise.all(stored.map(async (collection) => (await collection.find(key)) !== undefined))),
    (await app.clients.recall(registered)) !== undefined
  ]
  for (let more = 2; more < CONNECTED_BOUNDS.perPerson; more++) {
    await app.clients.remember(`https://app${more}.example/client.json`, id)
  }
  t.same(await left(), [true, true, true])
  for (const more of ['x', 'y']) {
    await app.clients.remember(`https://${more}.example/client.json`, id)
  }
  t.same(await left(), [false, false, false])
})
