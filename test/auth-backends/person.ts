// A local backend that one person has signed up at, for tests.
import { openLocal } from '../../auth-backends/local.ts'
import { createTestHost } from './host.ts'

export const person = { identifier: 'ann@example.com', password: 'Copper kettle on a tram' }

export async function houseWithPerson () {
  const house = createTestHost()
  const backend = await openLocal(house)
  await backend.signUp!.create({ email: person.identifier, password: person.password, name: 'Ann' })
  return { house, backend }
}
