// What one connection is asked to tell of without being asked again: changes of lists, and of resources (MCP "List Changed
// Notification", "Subscriptions").
import type { Client, McpSubscription, SubscriptionFilter } from '@modelcontextprotocol/client'
import { Listening } from './listening.ts'

interface FollowingOptions {
  client: Client
  /** Milliseconds. */
  timeoutMs: number
  ask(method: string, params: Record<string, unknown>): Promise<unknown>
  say(line: string): void
  /** Maps what the client or its transport throws. */
  toError(error: unknown): Error
}

export class Following {
  readonly #options: FollowingOptions
  readonly #listening: Listening
  #onListsChanged: (() => void) | undefined

  constructor (options: FollowingOptions) {
    this.#options = options
    this.#listening = new Listening((filter) => this.#listen(filter), () => this.#onListsChanged?.())
  }

  /** @throws as any other request. */
  async #listen (filter: SubscriptionFilter): Promise<McpSubscription | undefined> {
    const { client, timeoutMs: timeout, toError } = this.#options
    if (!this.#isModern) return undefined
    try {
      return await client.listen(filter, { timeout })
    } catch (error) {
      throw toError(error)
    }
  }

  get #isModern () {
    return this.#options.client.getProtocolEra() === 'modern'
  }

  async subscribe (uri: string): Promise<void> {
    if (this.#listening.follows(uri)) return
    if (!this.#isModern) await this.#options.ask('resources/subscribe', { uri })
    await this.#change([uri], [])
  }

  async unsubscribe (uris: readonly string[]): Promise<void> {
    const followed = uris.filter((uri) => this.#listening.follows(uri))
    if (followed.length === 0) return
    await this.#change([], followed)
    if (this.#isModern) return
    for (const uri of followed) await this.#options.ask('resources/unsubscribe', { uri })
  }

  /** Nobody waits for the upstream to agree. @param onChanged also where a change may have been missed. */
  lists (onChanged: () => void): void {
    const { client, say } = this.#options
    this.#onListsChanged = onChanged
    for (const list of ['tools', 'prompts', 'resources'] as const) {
      client.setNotificationHandler(`notifications/${list}/list_changed`, onChanged)
    }
    const { tools, prompts, resources } = client.getServerCapabilities() ?? {}
    const filter = {
      ...(tools?.listChanged && { toolsListChanged: true }),
      ...(prompts?.listChanged && { promptsListChanged: true }),
      ...(resources?.listChanged && { resourcesListChanged: true })
    }
    if (Object.keys(filter).length === 0) return
    this.#listening.change((before) => ({ ...before, ...filter })).catch((error: Error) => say(`upstream does not tell of changes: ${error.message}`))
  }

  /** The connection has ended. */
  close (): void {
    this.#listening.close()
  }

  async #change (added: readonly string[], ended: readonly string[]): Promise<void> {
    await this.#listening.change(({ resourceSubscriptions = [], ...lists }) => ({
      ...lists,
      resourceSubscriptions: [...new Set([...resourceSubscriptions, ...added])].filter((uri) => !ended.includes(uri))
    }))
  }
}
