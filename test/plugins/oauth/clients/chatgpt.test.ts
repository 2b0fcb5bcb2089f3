// ChatGPT set up by hand: a bare id means nothing, its own redirect URIs are what identifies it.
import t from 'tap'
import { findChatGptClient } from '../../../../plugins/oauth/clients/chatgpt.ts'

const UUID = '0a1b2c3d-0000-4000-8000-000000000001'

t.test('only a bare UUID or its name is such an id', async (t) => {
  for (const id of [UUID, UUID.toUpperCase(), 'chatgpt', 'ChatGPT']) {
    t.match(findChatGptClient(id), { id, name: 'ChatGPT', kind: 'chatgpt' })
    t.equal(findChatGptClient(id)!.onlyRedirectUri(), undefined)
  }
  for (const id of ['', `${UUID}0`, `x${UUID}`, `{${UUID}}`, UUID.replaceAll('-', ''), 'chatgpt2', `${UUID}\n`]) {
    t.equal(findChatGptClient(id), undefined, JSON.stringify(id))
  }
})

t.test('it is a public client: it has no secret and no keys, so nothing but its redirect URI shows who it is', async (t) => {
  const client = findChatGptClient(UUID)!
  t.equal(client.secretHash, undefined)
  t.equal(client.assertion, undefined)
  t.same(client.grantTypes, ['authorization_code', 'refresh_token'])
})

t.test('codes go to its own addresses, to the letter', async (t) => {
  const { redirectUriProblem } = findChatGptClient(UUID)!
  const ownsRedirectUri = (uri: string) => redirectUriProblem(uri) === undefined
  const callback = 'https://chatgpt.com/connector/oauth/'
  for (const uri of [
    'https://chatgpt.com/connector_platform_oauth_redirect',
    'https://chat.openai.com/connector_platform_oauth_redirect',
    'https://platform.openai.com/apps-manage/oauth',
    `${callback}a`,
    `${callback}${'a'.repeat(128)}`
  ]) {
    t.equal(ownsRedirectUri(uri), true, uri)
  }
  for (const uri of [
    'https://chatgpt.com/connector_platform_oauth_redirect/',
    'https://chatgpt.com/connector_platform_oauth_redirect?a',
    'http://chatgpt.com/connector_platform_oauth_redirect',
    'https://chatgpt.com.evil.example/connector_platform_oauth_redirect',
    'https://chatgpt.com/',
    callback,
    `${callback}${'a'.repeat(129)}`,
    `${callback}a/b`,
    `${callback}..`,
    `${callback}a?next=https://evil.example`,
    `${callback}a#b`,
    `https://evil.example/?${callback}a`
  ]) {
    t.equal(ownsRedirectUri(uri), false, uri)
  }
})
