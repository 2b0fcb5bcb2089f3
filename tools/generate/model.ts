// The language model that the operator has named: any endpoint that speaks OpenAI's chat completions, asked with a
// timeout and a budget.
import { setTimeout } from 'node:timers/promises'
import { ToolError, type ToolContext, type ToolHost } from '../../authoring/tool.ts'
import { connect, EndpointError, type Completion, type Message } from './endpoint.ts'

export type { Message } from './endpoint.ts'

export interface ModelSettings {
  /** The part before /chat/completions. */
  baseUrl: string
  model: string
  apiKey: string | undefined
  /** Most tokens, of questions and answers together, in a day (UTC) and by this process. */
  dailyTokens: number
}

export type Caller = Pick<ToolContext, 'caller' | 'signal'>

export interface Model {
  /**
   * @param caller who is asking, whose share of the day's tokens it takes.
   * @returns the answer's text.
   * @throws ToolError in words for the model that called.
   */
  ask(messages: Message[], caller: Caller): Promise<string>
}

/** Below the 25 seconds that a tool has, so that its own words arrive. */
const TIMEOUT_MS = 20_000
const RETRY_MS = 300
const MAX_ANSWER_TOKENS = 4_000
const BYTES_PER_TOKEN = 3

export function createModel (
  { baseUrl, model, apiKey, dailyTokens }: ModelSettings,
  { log }: Pick<ToolHost, 'log'>,
  now = Date.now
): Model {
  const budget = createBudget(dailyTokens, now)
  let limit: 'max_tokens' | 'max_completion_tokens' = 'max_tokens'
  const post = connect(baseUrl, apiKey)

  /** One request, charged for unless the endpoint says that it generated nothing. */
  async function complete (
    messages: Message[],
    caller: string,
    signal: AbortSignal
  ): Promise<Completion> {
    signal.throwIfAborted()
    const most = MAX_ANSWER_TOKENS + Math.ceil(Buffer.byteLength(JSON.stringify(messages)) / BYTES_PER_TOKEN)
    const settle = budget.reserve(most, caller)
    // What was sent may cost all of it: the endpoint works on after its caller has left, and after it has failed.
    let used = most
    try {
      const answer = await post({ model, messages, [limit]: MAX_ANSWER_TOKENS }, signal)
      const { total_tokens: total } = answer.usage ?? {}
      used = typeof total === 'number' && total >= 0 ? total : most
      return answer
    } catch (error) {
      if (isUncharged(error)) used = 0
      throw error
    } finally {
      settle(used)
    }
  }

  /** With one more try where the first was refused for the name of the limit, or may succeed a moment later. */
  async function retry (...args: Parameters<typeof complete>): Promise<Completion> {
    try {
      return await complete(...args)
    } catch (error) {
      if (limit === 'max_tokens' && namesNewerLimit(error)) limit = 'max_completion_tokens'
      else if (isTemporary(error)) await setTimeout(RETRY_MS, undefined, { signal: args[2] })
      else throw error
      return complete(...args)
    }
  }

  return {
    async ask (messages, { caller, signal }) {
      try {
        const stop = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
        return read(await retry(messages, caller, stop))
      } catch (error) {
        throw error instanceof ToolError || signal.aborted ? error : readError(error as Error, log, apiKey)
      }
    }
  }
}

const statusOf = (error: unknown): number | undefined => (error instanceof EndpointError ? error.status : undefined)

/** Codes of a connection that was never made. */
const UNSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Whether the endpoint certainly generated nothing: it refused the request (RFC 9110 §15.5), or never received it. */
function isUncharged (error: unknown): boolean {
  const status = statusOf(error)
  if (status !== undefined) return status >= 400 && status < 500 && status !== 408
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (UNSENT.has(String((cause as NodeJS.ErrnoException).code))) return true
  }
  return false
}

const isTemporary = (error: unknown): boolean => statusOf(error) === 429 || (statusOf(error) ?? 0) >= 500

/** Newer models know the limit by its newer name alone, and most other servers by the older one. */
const namesNewerLimit = (error: unknown): boolean =>
  statusOf(error) === 400 && /max_completion_tokens/.test((error as Error).message)

function read ({ choices }: Completion): string {
  const choice = Array.isArray(choices) ? choices[0] : undefined
  const text = choice?.message?.content
  if (typeof text !== 'string' || text.trim() === '') {
    throw new ToolError('The model gave no answer to this prompt. Word it differently.')
  }
  if (choice?.finish_reason === 'length') {
    throw new ToolError('The answer would be too long. Ask for less, or for a part of it.')
  }
  return text
}

/**
 * The reason goes to the log; a caller learns nothing about the endpoint.
 * @param apiKey which some endpoints repeat where they refuse it.
 */
function readError (error: Error, log: ToolHost['log'], apiKey: string | undefined): ToolError {
  const status = statusOf(error)
  // Where the connection failed, fetch has the reason as the cause.
  const reason = error.cause instanceof Error ? error.cause : error
  const words = apiKey ? reason.message.replaceAll(apiKey, '[secret]') : reason.message
  log.warn(`generate: the model did not answer: ${status ?? reason.name} ${words.slice(0, 200)}`)
  if (error.name === 'TimeoutError') {
    return new ToolError('The model took too long. Ask for less, or try again in a minute.')
  }
  if (status === 429) return new ToolError('The model is asked too often right now. Try again in a minute.')
  return new ToolError(
    'The model cannot be asked right now. Try again later; the operator finds the reason in the log of the server.'
  )
}

/** Of the day's tokens, one person may take one in so many; where a single call needs more than that, one call. */
const SHARES = 4
const DAY_MS = 86_400_000
const OTHERWISE = 'Begin again after midnight UTC, or use a schema or an example: these need no model.'

/**
 * Takes the most that a call can cost before it is made, so that calls at the same moment cannot spend the same tokens.
 */
function createBudget (tokens: number, now: () => number) {
  let day = -1
  let spent = 0
  let spentBy = new Map<string, number>()
  return {
    /**
     * @param caller a person, or the address of one who has not signed in.
     * @returns gives back what was not used.
     * @throws ToolError when the day's tokens, or this caller's share, would not do.
     */
    reserve (most: number, caller: string): (used: number) => void {
      const today = Math.floor(now() / DAY_MS)
      if (today !== day) [day, spent, spentBy] = [today, 0, new Map()]
      const own = spentBy.get(caller) ?? 0
      if (own > 0 && own + most > tokens / SHARES) {
        throw new ToolError(`Your share of the tokens for prompts is used up for today. ${OTHERWISE}`)
      }
      if (spent + most > tokens) throw new ToolError(`The tokens for prompts are used up for today. ${OTHERWISE}`)
      const take = (count: number): void => {
        spent += count
        const own = (spentBy.get(caller) ?? 0) + count
        // Whose call was not charged is not remembered: while the endpoint refuses, addresses have no end.
        if (own > 0) spentBy.set(caller, own)
        else spentBy.delete(caller)
      }
      take(most)
      return (used) => {
        if (day === today) take(Math.min(used, most) - most)
      }
    }
  }
}
