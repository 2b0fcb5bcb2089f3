// What a tool, a prompt or a resource may ask the client while it runs (MCP "Multi Round-Trip Requests",
// "Elicitation"; sampling and roots, which are deprecated).
import type { CreateMessageRequestParamsBase, Root, SamplingContent } from '@modelcontextprotocol/server'
import type { z, ZodObject } from 'zod'

/**
 * A form the client shows. Its schema is flat: texts, numbers, booleans and choices. Never for passwords or other
 * secrets.
 */
export interface FormQuestion<Schema extends ZodObject = ZodObject> {
  kind: 'form'
  message: string
  schema: Schema
}
/** A URL that the client offers to open. Acceptance does not mean that the person did anything there. */
export interface OpenUrlQuestion {
  kind: 'openUrl'
  message: string
  url: string
}
/** A prompt for the client's own model. */
export interface SampleQuestion {
  kind: 'sample'
  params: CreateMessageRequestParamsBase
}
/** The folders the client works in. */
export interface RootsQuestion {
  kind: 'roots'
}

export type Question = FormQuestion | OpenUrlQuestion | SampleQuestion | RootsQuestion
/** Questions by names that the author chooses. The answers have the same names. */
export type Questions = Readonly<Record<string, Question>>

type Refusal = { action: 'decline' } | { action: 'cancel' }

export type Answer<Q extends Question> =
  Q extends FormQuestion<infer Schema>
    ? { action: 'accept'; content: z.output<Schema> } | Refusal
    : Q extends OpenUrlQuestion
      ? { action: 'accept' } | Refusal
      : Q extends SampleQuestion
        ? { role: 'user' | 'assistant'; content: SamplingContent | SamplingContent[]; model: string }
        : { roots: Root[] }

export type Answers<Q extends Questions> = { [Name in keyof Q]: Answer<Q[Name]> }

export const form = <Schema extends ZodObject>(message: string, schema: Schema): FormQuestion<Schema> => ({
  kind: 'form',
  message,
  schema
})

/** @param url must not contain anything that signs a person in: the page has to identify its visitor itself. */
export const openUrl = (message: string, url: string): OpenUrlQuestion => ({ kind: 'openUrl', message, url })

export const sample = (params: CreateMessageRequestParamsBase): SampleQuestion => ({ kind: 'sample', params })

export const roots = (): RootsQuestion => ({ kind: 'roots' })
