// A connection as a client gets it: registered unless it was before, signed in as the demo user, with the code
// exchanged.
import { newClient, post, walk, type Fields, type TestClient } from '../test/helpers/oauth.ts'

export interface Connection {
  client: TestClient
  access: string
  refresh: string
}

export async function connect (url: string, known?: TestClient, fields: Fields = {}): Promise<Connection> {
  const client = known ?? (await newClient(url))
  const { form } = await walk(url, client, fields)
  const { body } = await post(`${url}/token`, form)
  return { client, access: body['access_token'] as string, refresh: body['refresh_token'] as string }
}
