// The languages of generated types, by their quicktype names: those whose files compile without changes (Rust with serde).
export const languages = ['typescript', 'python', 'go', 'rust', 'java', 'csharp', 'elixir'] as const
export type Language = (typeof languages)[number]
