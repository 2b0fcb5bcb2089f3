// A question that an authenticator or a person has to answer: sealed and carried by the browser, so asking writes nothing;
// answered once on any instance, and within minutes (Web Authentication §13.4.3).
import type { FastifyInstance } from 'fastify'
import { randomSecret } from '../secrets.ts'

/** What it is for: a new passkey, one that is shown, a new authenticator app. */
export type Purpose = 'make passkey' | 'show passkey' | 'set up app'

const MAX_STATE_CHARS = 2_000
/**
 * How far the clocks of two instances may differ without a spent question counting again.
 */
const CLOCK_SKEW_SECONDS = 60

export type Question<T> = T & { id: string; endsAt: number }

export interface Questions {
  /**
   * @param content what only this server may say. @param seconds how long it can be answered.
   */
  ask(purpose: Purpose, content: object, seconds: number): string
  /**
   * @returns undefined for one that is not ours, is for something else, or is too old. Writes
   * nothing.
   */
  read<T extends object>(purpose: Purpose, state: string): Question<T> | undefined
  /** Of any number of callers, on any instance, one gets `true`. */
  spend(question: Question<object>): Promise<boolean>
}

export function createQuestions ({ storage, sealing, now }: Pick<FastifyInstance, 'storage' | 'sealing' | 'now'>): Questions {
  const spent = storage.collection<object>('spentQuestion')
  return {
    ask: (purpose, content, seconds) =>
      sealing.seal(purpose, Buffer.from(JSON.stringify({ ...content, id: randomSecret(16), endsAt: now() + seconds }))),
    read<T extends object> (purpose: Purpose, state: string) {
      const opened = state.length <= MAX_STATE_CHARS ? sealing.unseal(purpose, state) : undefined
      const question = opened && (JSON.parse(opened.toString()) as Question<T>)
      return question && question.endsAt > now() ? question : undefined
    },
    spend: ({ id, endsAt }) => spent.create(id, {}, endsAt - now() + CLOCK_SKEW_SECONDS)
  }
}
