// What leads to a person: identities and verified addresses, freed by that person alone.
// Who may not come in, or not as whom, when everything else is right: the allow-list, domains and groups, addresses
// nobody vouches for, invitations, SIGNUP; and how long what lets somebody in lasts (threats AC-10, AC-11, LG-12).
import { createIdentityPointers } from '../../../plugins/accounts/identities.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('what leads to a person is freed by that person alone', async (t, start) => {
  const pointers = createIdentityPointers((await start()).app.storage)
  const identity = { backend: 'local', subject: 's' }
  t.equal(await pointers.claim(identity, 'new'), 'new')
  await pointers.free(identity, 'former')
  t.equal(await pointers.find(identity), 'new')
  await pointers.free(identity, 'new')
  t.equal(await pointers.find(identity), undefined)
})
